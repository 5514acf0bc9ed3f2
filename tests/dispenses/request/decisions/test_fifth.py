"""A fifth decision, which exists only here: its module and its transition are all that the portal needs."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dispenses.enums import Pending, PhraseKind
from dispenses.models import BulkRun, Dispense, PendingDecision, StandardPhrase
from dispenses.request import bulk, undo
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.content import Content, labelled
from dispenses.request.decisions.form import DecisionForm
from dispenses.request.decisions.registry import DECISIONS
from dispenses.workflow import TRANSITIONS, Role, Status, Transition
from tests.factories import DispenseFactory, LeadFactory

pytestmark = pytest.mark.django_db
LOT = "/gestion/dispenses/dispense/lot/"


@dataclass(frozen=True, kw_only=True)
class FileAwayContent(Content):
    why: str = field(default="", metadata=labelled("Pourquoi classer"))


class FileAwayForm(DecisionForm):
    why = forms.CharField(label="Raison du classement", max_length=200)
    text_field = "why"
    content_class = FileAwayContent


class FileAwayMany(forms.Form):
    why = forms.CharField(label="Raison du classement", max_length=200)


class FileAway(Decision[FileAwayContent]):
    name = "file_away"
    label = "Classer"
    button = "Classer la demande"
    done = "demande classée"
    phrase_kind = PhraseKind.REOPEN
    text = "why"
    many = FileAwayMany
    content = FileAwayContent
    form_class = FileAwayForm

    def apply(self, dispense: Dispense, user: User, content: FileAwayContent, at: datetime) -> None:
        self.move(dispense, user, at, comment=content.why)


@pytest.fixture(autouse=True)
def fifth(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    move = Transition("file_away", (Status.IN_PROGRESS,), Status.WITHDRAWN, Role.STAFF, True, "Demande classée")
    monkeypatch.setitem(TRANSITIONS, "file_away", move)
    monkeypatch.setitem(DECISIONS, "file_away", FileAway())


def test_it_is_shown_taken_undone_and_settled(client: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    client.force_login(LeadFactory())
    page = reverse("admin:dispenses_dispense_change", args=[dispense.number])
    text = client.get(page).content.decode()
    for words in ("Classer", "Classer la demande", "Raison du classement"):
        assert words in text

    address = reverse("admin:dispenses_dispense_decision", args=[dispense.number, "file_away"])
    posted = {"file_away-seen": dispense.status_at.isoformat(), "file_away-why": "Déposée deux fois."}
    assert client.post(address, {**posted, "file_away-why": ""}).status_code == 422
    assert client.post(address, posted).status_code == 302
    text = client.get(page).content.decode()
    for words in ("demande classée", "Pourquoi classer", "Déposée deux fois."):
        assert words in text

    taken = PendingDecision.objects.get()
    back = client.post(reverse("admin:dispenses_dispense_annuler", args=[dispense.number, taken.pk]), follow=True)
    assert back.context["opened"] == "file_away"
    assert "Déposée deux fois." in back.content.decode()
    assert Dispense.objects.get(pk=dispense.pk).status == Status.IN_PROGRESS

    assert client.post(address, posted).status_code == 302
    assert undo.settle_due(timezone.now() + timedelta(minutes=6)) == 1
    assert Dispense.objects.get(pk=dispense.pk).status == Status.WITHDRAWN
    event = dispense.events.get(transition="file_away")
    assert (event.label, event.comment) == ("Demande classée", "Déposée deux fois.")


def test_it_is_taken_on_many(client: Client) -> None:
    phrase = StandardPhrase.objects.create(kind=PhraseKind.REOPEN, title="Double", text="{prenom}, c’est un double.")
    dispense = DispenseFactory(in_progress=True)
    client.force_login(LeadFactory())
    line = f"{dispense.number}|{dispense.status_at.isoformat()}"
    data = {"ligne": line, "key": uuid.uuid4(), "name": "file_away"}
    assert client.post(LOT, data).status_code == 422
    answer = client.post(LOT, {**data, "why": "Déposée deux fois.", "phrases_why": phrase.pk})
    bulk.sweep(timezone.now())
    assert "Classer en lot" in client.get(answer.url).content.decode()
    assert BulkRun.objects.get().lines.get().done
    taken = PendingDecision.objects.get(state=Pending.WAITING)
    assert taken.data == {"why": f"Déposée deux fois.\n{dispense.employee.first_name}, c’est un double."}

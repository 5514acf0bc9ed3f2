"""The demonstration shows something true on every page that a visitor opens, and is loaded once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.imports import runs
from accounts.models import Acte, ApiToken, Employee, Employer, ImportRun, Invitation, User
from dispenses.enums import MotifFamily
from dispenses.law.catalogue import OPENED_BY_ACTE
from dispenses.models import ActeText, Dispense, EvidencePack, PendingDecision, PieceVerdict, SavedView
from dispenses.packs import preparation
from dispenses.queue import rows, standing
from portal.dev import demo, demo_lives
from tests.portal.dev import turns
from tests.shared import made_for_all

pytestmark = pytest.mark.django_db
NADIA, LEAD = "nadia.roche@levant.exemple", "responsable@mutuelle.exemple"


def text_of(client: Client, name: str, *args: Any) -> str:
    return client.get(reverse(name, args=args)).content.decode()


@pytest.fixture(scope="module")
def loaded(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], dict[str, Any]]]:
    def load() -> dict[str, Any]:
        with override_settings(PORTAL_UNDO_SECONDS=300):
            return {"at first": demo.load()}

    with made_for_all(django_db_blocker, tmp_path_factory.mktemp("demonstration"), load) as given:
        yield given


@pytest.fixture(autouse=True)
def _loaded(loaded: Callable[[Path], dict[str, Any]], tmp_path: Path) -> None:
    assert loaded(tmp_path) == {"at first": True}


def test_the_demonstration_shows_each_thing_once_loaded(client: Client) -> None:
    count = Dispense.objects.count()
    assert not demo.load()
    assert Dispense.objects.count() == count
    assert rows.differences() == []
    assert standing.differences() == []

    client.force_login(User.objects.get(email=LEAD))
    closable = Dispense.objects.get(employee__last_name="Ly")
    page = text_of(client, "admin:dispenses_dispense_change", closable.number)
    assert "Rappels automatiques du complément" in page
    judged = PieceVerdict.objects.get(verdict="rejected")
    assert "Elle ne cite pas votre nom." in text_of(client, "admin:dispenses_dispense_change", judged.dispense_id)
    undone = PendingDecision.objects.get()
    page = text_of(client, "admin:dispenses_dispense_change", undone.dispense_id)
    assert "Décisions restées sans effet" in page
    assert SavedView.objects.get().name in text_of(client, "admin:dispenses_dispense_changelist")
    assert Invitation.objects.get(employee__professional_email="").is_letter
    reopened = Dispense.objects.get(employee__last_name="Perrot")
    assert [event.transition for event in reopened.events.order_by("at")][-3:] == ["refuse", "reopen", "accept"]
    shorter = Dispense.objects.get(employee__last_name="Cordier")
    assert shorter.ends_on is not None
    assert "ne vaut que jusqu’à cette date" in text_of(client, "admin:dispenses_dispense_change", shorter.number)

    sent = Dispense.objects.exclude(status="draft")
    assert set(sent.values_list("motif__family", flat=True)) == set(MotifFamily.values)
    opened = set(Acte.objects.get(employer__name="Transports Belair").opened_motifs)
    assert opened == {entry.code.value for entry in OPENED_BY_ACTE}
    assert opened & set(sent.values_list("motif__code", flat=True)) >= {
        "acte_1_present",
        "acte_d_c2s",
        "acte_e_individuelle",
        "acte_f_couverture_collective",
    }
    closed, current = Acte.objects.filter(employer__name="Clinique des Tilleuls").order_by("in_force_from")
    assert closed.in_force_until is not None
    page = text_of(client, "admin:accounts_employer_ferme", current.employer_id, current.pk)
    assert all(name in page for name in ("Lila Moreau", "Bernard Colin"))

    runs.sweep()
    preparation.sweep(timezone.now())
    levant = Employer.objects.get(name="Ateliers du Levant")
    brought = ImportRun.objects.get(employer=levant)
    assert (brought.status, brought.ready, brought.to_correct) == ("ready", 2, 1)
    company = ImportRun.objects.get(name=demo_lives.FILE)
    assert (company.status, company.ready, company.to_correct, company.absent) == ("ready", 0, 0, 1)
    assert EvidencePack.objects.get().status == "ready"
    assert ApiToken.objects.filter(revoked_at=None).count() == 1
    assert ActeText.objects.get().acte.employer == levant
    client.force_login(User.objects.get(email=NADIA))
    assert "salaries-novembre.csv" in text_of(client, "importer", levant.pk)
    assert "Ancien SIRH" in text_of(client, "api_acces", levant.pk)
    assert Employee.objects.filter(employer=levant).count() == 8  # nothing is written before the correspondent says so


def test_each_turn_of_a_dispense_s_life_has_somebody(client: Client) -> None:
    assert turns.turns_on(timezone.localdate()) == turns.TURNS
    assert turns.replaced() == ["Rolland"]
    assert turns.prolonged() == ["Morvan"]
    assert turns.dated_today(timezone.localdate()) == 0
    call_command("verify_history")

    client.force_login(User.objects.get(email="anais.quere@perso.exemple"))
    home = text_of(client, "accueil")
    assert "Votre emploi terminé" in home
    assert home.count('name="employee"') == 1  # the door of the employment that goes on
    client.force_login(User.objects.get(email="yasmine.haddou@perso.exemple"))
    to_confirm = Dispense.objects.get(employee__last_name="Haddou")
    assert "Un nouveau document est demandé cette année" in text_of(client, "demande_confirmer", to_confirm.number)


def test_everybody_signs_in_with_the_password_that_is_told(client: Client) -> None:
    for _, email in demo.ACCOUNTS:
        assert client.login(username=email, password=demo.PASSWORD), email

"""The first page: what is true today, one thing to do first, what comes of doing nothing."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Employee
from dispenses.enums import Yearly
from dispenses.models import Dispense
from dispenses.workflow import Status
from tests.dispenses.member.test_life import SOON, changed, on_that_day, read
from tests.dispenses.member.test_wizard import signed_in, url
from tests.factories import DispenseFactory, EmployeeFactory, UserFactory

pytestmark = pytest.mark.django_db
__all__ = ["on_that_day"]  # the day is stopped here too
MAIN = re.compile(r'<(?:a|button) class="ea-btn"[^>]*>([^<]+)')


def home(dispense: Dispense) -> str:
    return read(signed_in(dispense).get("/")).partition("<main")[2]


def main_actions(page: str) -> list[str]:
    return [" ".join(words.split()) for words in MAIN.findall(page)]


@pytest.mark.parametrize(
    ("stage", "action", "nothing"),
    [
        (
            Status.DRAFT,
            "Reprendre ma demande de dispense",
            "cette demande ne compte pas tant qu’elle n’est pas envoyée",
        ),
        (Status.IN_PROGRESS, "Suivre ma demande de dispense", "D’ici à la décision, votre cotisation reste due."),
        (Status.AWAITING_COMPLEMENT, "Compléter ma demande de dispense", "ne peut pas accepter votre demande"),
        (Status.ACCEPTED, "Ma situation change", "votre dispense continue"),
        (Status.REFUSED, "Lire la décision et la suite", "Votre employeur vous y affilie"),
        (Status.WITHDRAWN, "Commencer", "Votre employeur vous y affilie"),
    ],
)
def test_one_thing_comes_first_and_doing_nothing_is_said(stage: Status, action: str, nothing: str) -> None:
    page = home(DispenseFactory(stage=stage))
    assert main_actions(page) == [action]
    assert page.count("ea-door--main") == 1
    assert page.count("Si vous ne faites rien :") == 1
    assert nothing in page


def test_nothing_asked_yet_speaks_in_the_words_of_the_guide() -> None:
    employee = EmployeeFactory(activated=True)
    client = Client()
    client.force_login(employee.user)
    page = " ".join(read(client.get("/")).split())
    assert "Votre contrat a été mis en place par votre employeur." in page
    assert (
        "Vous souhaitez être dispensé de la couverture complémentaire santé mise en place à titre collectif et "
        "obligatoire dans votre entreprise ;"
    ) in page
    assert "vérifiez votre éligibilité</a> et formalisez votre demande" in page


def test_a_refusal_is_no_more_said_once_something_came_after_it() -> None:
    refused = DispenseFactory(refused=True)
    assert f"Votre demande N°{refused.number} n’a pas été acceptée." in home(refused)
    DispenseFactory(employee=refused.employee)
    assert "n’a pas été acceptée" not in home(refused)


def test_a_confirmation_to_give_comes_before_a_draft_and_a_complement_before_it() -> None:
    dispense = changed(DispenseFactory(accepted=True), confirm_by=SOON)
    other = DispenseFactory(employee=dispense.employee)
    assert main_actions(home(dispense)) == ["Confirmer ma situation"]
    assert "votre dispense continue, mais elle n’est plus prouvée" in home(dispense)
    changed(other, status=Status.AWAITING_COMPLEMENT.value, submitted_at=dispense.submitted_at)
    assert main_actions(home(dispense))[0] == "Compléter ma demande de dispense"


def test_silence_ends_a_dispense_whose_proof_the_law_asks() -> None:
    dispense = changed(DispenseFactory(accepted=True), confirm_by=SOON)
    type(dispense.motif).objects.filter(pk=dispense.motif_id).update(yearly=Yearly.LAW)
    assert "votre dispense prend fin ce jour-là, et vous devez adhérer dès le lendemain" in home(dispense)


def test_a_request_begins_from_the_empty_follow_up_too() -> None:
    employee: Employee = EmployeeFactory(activated=True)
    client = Client()
    client.force_login(employee.user)
    assert f'name="employee" value="{employee.pk}"' in read(client.get("/demandes/"))


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({"motif": None, "answers": {}}, "situation"),
        ({"matricule": ""}, "situation"),
        ({"answers": {}}, "justificatifs"),
        ({}, "verification"),
    ],
)
def test_reprendre_leads_to_the_first_unfinished_step(fields: dict[str, Any], step: str) -> None:
    draft = DispenseFactory(**fields)
    client = signed_in(draft)
    expected = url(step, draft)
    assert client.get(url("reprendre", draft)).url == expected
    assert client.get(reverse("demande_nouvelle")).url == expected
    assert client.post(reverse("demande_nouvelle"), {"employee": draft.employee_id}).url == expected
    assert f'href="{url("reprendre", draft)}"' in read(client.get("/demandes/"))


def test_reprendre_is_for_one_s_own_draft() -> None:
    sent = DispenseFactory(in_progress=True)
    assert signed_in(sent).get(url("reprendre", sent)).url == "/demandes/"
    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.get(url("reprendre", sent)).status_code == 404

"""Somebody whose employment ended, or who was hired again: pages speak of the one that goes on, the others are read."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Employee, User
from accounts.services import departures
from dispenses.enums import EndCause
from dispenses.request.ending import end
from tests.dispenses.member.test_life import granted
from tests.dispenses.member.test_wizard import text
from tests.factories import CorrespondentFactory, EmployeeFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
LEFT, HIRED_AGAIN = date(2026, 6, 30), date(2026, 10, 1)


@pytest.fixture(autouse=True)
def on_that_day() -> Iterator[None]:
    with time_machine.travel("2026-11-30 10:00 +0100", tick=False):
        yield


@pytest.fixture
def user() -> User:
    return UserFactory()


def employment(user: User, employer: str, **fields: object) -> Employee:
    """`employer`: its name, which sorts them."""
    return EmployeeFactory(activated=True, user=user, employer__name=employer, **fields)


def page_of(user: User, address: str, **query: str) -> str:
    client = Client()
    client.force_login(user)
    return text(client.get(address, query)).replace("\xa0", " ")


def test_home_has_no_door_to_an_employment_that_ended(user: User) -> None:
    employment(user, "Aciéries du Lac", left_on=LEFT)
    current = employment(user, "Zinguerie")
    page = page_of(user, "/")
    assert page.count("Demander une dispense") == 1
    assert f'value="{current.pk}"' in page
    assert "Aciéries du Lac, du" in page
    assert "au 30 juin 2026" in page


def test_home_of_who_has_left_leads_to_what_was_sent(user: User) -> None:
    employment(user, "Aciéries du Lac", left_on=LEFT)
    page = page_of(user, "/")
    assert "Votre emploi terminé" in page
    assert reverse("demandes") in page.partition("<main")[2]
    assert "Demander une dispense" not in page
    assert "10 min pour vous assurer" not in page
    assert "Aucune entreprise" not in page


def test_a_last_day_at_work_is_still_one(user: User) -> None:
    employment(user, "Zinguerie", left_on=TODAY)
    assert "Demander une dispense" in page_of(user, "/")


def test_the_guide_speaks_of_the_employment_that_goes_on(user: User) -> None:
    gone = employment(user, "Aciéries du Lac", left_on=LEFT)
    employment(user, "Zinguerie")
    for query in ({}, {"salarie": str(gone.pk)}):
        page = page_of(user, reverse("puis_je"), **query)
        assert "Zinguerie vous a déclaré" in page
        assert "Aciéries du Lac" not in page


def test_the_guide_is_that_of_everybody_for_who_has_left(user: User) -> None:
    gone = employment(user, "Aciéries du Lac", left_on=LEFT)
    assert "Aciéries du Lac" not in page_of(user, reverse("puis_je"))
    here = page_of(user, reverse("puis_je_entreprise", args=[gone.employer.guide_key]))
    assert "vous a déclaré" not in here


def test_letters_are_signed_at_the_employment_that_goes_on_unless_told_otherwise(user: User) -> None:
    gone = employment(user, "Fonderie", left_on=LEFT)
    employment(user, "Zinguerie")
    letter = reverse("lettre_texte", args=["attestation_conjoint"])
    client = Client()
    client.force_login(user)
    assert "Zinguerie" in client.get(letter).content.decode()
    assert "Fonderie" in client.get(letter, {"salarie": gone.pk}).content.decode()


def test_one_s_information_begins_with_the_employment_that_goes_on(user: User) -> None:
    employment(user, "Aciéries du Lac", left_on=LEFT)
    employment(user, "Zinguerie")
    page = page_of(user, reverse("mes_informations"))
    assert page.index("Zinguerie") < page.index("Aciéries du Lac")
    assert page.count("Dernier jour de travail") == 1
    assert "30 juin 2026" in page


def test_who_was_hired_again_reads_the_employer_once_among_who_corrects(user: User) -> None:
    gone = employment(user, "Zinguerie", left_on=LEFT)
    EmployeeFactory(activated=True, user=user, employer=gone.employer, hired_on=HIRED_AGAIN, rehired_from=gone)
    assert page_of(user, reverse("mes_donnees")).count("adresse professionnelle chez Zinguerie") == 1


def test_home_says_what_follows_a_dispense_that_ended_until_the_affiliation() -> None:
    dispense = granted(ends_on=TODAY - timedelta(days=2))
    end(dispense=dispense, reason="La date de fin de la dispense est passée.")
    employee = dispense.employee
    assert employee.user
    page = page_of(employee.user, "/")
    assert "Votre dispense a pris fin le 28 novembre 2026." in page
    assert "Vous devez adhérer à partir du 29 novembre 2026" in page
    assert "Demander une dispense" in page

    by = CorrespondentFactory(employer=employee.employer).user
    departures.declare_affiliation(employee=employee, by=by, affiliated_on=TODAY)
    page = page_of(employee.user, "/")
    assert "a pris fin" not in page
    assert "vous a affilié à son contrat à compter du 30 novembre 2026" in page
    assert "10 min pour vous assurer" not in page


def test_home_says_nothing_of_a_dispense_that_another_replaced() -> None:
    dispense = granted(ends_on=TODAY - timedelta(days=2), end_cause=EndCause.REPLACED)
    end(dispense=dispense, reason="Une autre dispense prend le relais.")
    assert dispense.employee.user
    assert "a pris fin" not in page_of(dispense.employee.user, "/")

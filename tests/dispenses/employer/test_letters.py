"""Letters as a correspondent prints them: from a page, all in one file, for who waits."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import Correspondent, Employee, Invitation
from accounts.states import Standing
from dispenses.employer import letters
from tests.dispenses.employer.test_declared_fields import TYPED
from tests.dispenses.member.test_promised_answer import words_of
from tests.factories import CorrespondentFactory, EmployeeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory(employer__name="Levant & Fils")


@pytest.fixture
def signed_in(client: Client, role: Correspondent) -> Client:
    client.force_login(role.user)
    return client


def test_somebody_is_declared_without_an_address_and_their_letter_opens(signed_in: Client, role: Correspondent) -> None:
    declared = signed_in.post(
        reverse("pre_affilier", args=[role.employer_id]), {**TYPED, "professional_email": ""}, follow=True
    ).content.decode()
    assert "Sans adresse e-mail, imprimez sa lettre" in declared
    assert "Lettre à imprimer" in declared
    employee = Employee.objects.get()
    answer = signed_in.post(reverse("lettre_imprimer", args=[employee.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    said = words_of(answer.content)
    assert "Bonjour Virginie Durand" in said
    assert "Levant & Fils" in said
    assert "/code/" in said
    code = next(word for word in said.split() if word.count("-") == 3 and len(word) == 19)
    assert services.open_letter(code=code, address="192.0.2.1")
    page = signed_in.get(reverse("salarie", args=[employee.pk])).content.decode()
    assert "Lettre imprimée" in page
    assert "Renvoyer le lien" not in page
    assert code not in page


def test_those_who_wait_are_printed_once_in_one_file(signed_in: Client, role: Correspondent) -> None:
    names = ["Anne", "Bela", "Cléo"]
    for name in names:
        EmployeeFactory(employer=role.employer, first_name=name, professional_email="")
    EmployeeFactory(employer=role.employer, first_name="Dora")
    EmployeeFactory(employer=role.employer, first_name="Elie", professional_email="", activated=True)
    EmployeeFactory(first_name="Fanny", professional_email="")
    url = reverse("lettres", args=[role.employer_id])
    assert "Télécharger les 3 lettres" in signed_in.get(url).content.decode()
    said = words_of(signed_in.post(url).content)
    assert [name for name in [*names, "Dora", "Elie", "Fanny"] if f"Bonjour {name}" in said] == names
    assert Invitation.objects.count() == 3
    page = signed_in.get(url).content.decode()
    assert "3 lettres déjà imprimées" in page
    again = signed_in.post(url, follow=True).content.decode()
    assert "Aucune lettre n’attend" in again
    assert Invitation.objects.count() == 3


def test_no_link_is_sent_to_who_has_no_address(signed_in: Client, role: Correspondent) -> None:
    employee = EmployeeFactory(employer=role.employer, professional_email="")
    said = signed_in.post(reverse("renvoyer", args=[employee.pk]), follow=True).content.decode()
    assert "imprimez une lettre depuis sa fiche" in said


def test_the_letter_of_another_employer_s_is_not_printed(signed_in: Client, role: Correspondent) -> None:
    other = EmployeeFactory(professional_email="")
    assert signed_in.post(reverse("lettre_imprimer", args=[other.pk])).status_code == 404
    assert services.print_letters(employer=role.employer, employees=[other], by=role.user) == []
    assert not Invitation.objects.exists()


def test_a_dead_letter_waits_for_another(signed_in: Client, role: Correspondent) -> None:
    employee = EmployeeFactory(employer=role.employer, professional_email="")
    services.print_letters(employer=role.employer, employees=[employee], by=role.user)
    assert not services.waiting_for_letter(role.employer, timezone.now()).exists()
    signed_in.post(reverse("revoquer", args=[employee.pk]))
    assert services.waiting_for_letter(role.employer, timezone.now()).exists()
    assert "Lettre à imprimer" in signed_in.get(reverse("salaries")).content.decode()


def test_letters_not_used_yet_are_printed_again_in_one_file(signed_in: Client, role: Correspondent) -> None:
    used, left = (EmployeeFactory(employer=role.employer, first_name=name, professional_email="") for name in "AB")
    url = reverse("lettres", args=[role.employer_id])
    signed_in.post(url)
    used.user, used.activated_at = UserFactory(), timezone.now()
    used.save()
    assert "Réimprimer la lettre" in signed_in.get(url).content.decode()
    said = words_of(signed_in.post(url, {"encore": "1"}).content)
    assert f"Bonjour {left.full_name}" in said
    assert f"Bonjour {used.full_name}" not in said
    assert Invitation.objects.filter(employee=left).count() == 2


def test_no_code_dies_for_a_paper_that_was_not_made(
    signed_in: Client, role: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    employee = EmployeeFactory(employer=role.employer, professional_email="")
    (before,) = services.print_letters(employer=role.employer, employees=[employee], by=role.user)

    def broken(*_: object) -> bytes:
        raise RuntimeError("typst")

    monkeypatch.setattr(letters, "pdf", broken)
    with pytest.raises(RuntimeError):
        signed_in.post(reverse("lettre_imprimer", args=[employee.pk]))
    assert services.open_letter(code=before.code, address="192.0.2.1")


def test_somebody_affiliated_without_an_address_gets_a_letter(signed_in: Client, role: Correspondent) -> None:
    today = timezone.localdate()
    employee = EmployeeFactory(employer=role.employer, professional_email="", affiliated_on=today)
    assert employee.standing == Standing.AFFILIATED
    EmployeeFactory(employer=role.employer, affiliated_on=today)
    page = signed_in.get(reverse("salaries")).content.decode()
    assert page.count("Lettre (PDF)") == 1
    page = signed_in.get(reverse("salarie", args=[employee.pk])).content.decode()
    assert "Lettre avec un code (PDF)" in page
    assert "Renvoyer le lien" not in page
    assert "Révoquer" not in page
    said = words_of(signed_in.post(reverse("lettres", args=[role.employer_id])).content)
    assert f"Bonjour {employee.full_name}" in said


def test_the_code_of_somebody_affiliated_may_be_revoked(signed_in: Client, role: Correspondent) -> None:
    employee = EmployeeFactory(employer=role.employer, professional_email="", affiliated_on=timezone.localdate())
    services.print_letters(employer=role.employer, employees=[employee], by=role.user)
    assert "Révoquer" in signed_in.get(reverse("salaries")).content.decode()
    assert re.search(r"Révoquer\s+le code", signed_in.get(reverse("salarie", args=[employee.pk])).content.decode())
    url = reverse("revoquer", args=[employee.pk])
    assert "Révoquer le code" in signed_in.get(url).content.decode()
    assert "Le code" in signed_in.post(url, follow=True).content.decode()
    assert services.waiting_for_letter(role.employer, timezone.now()).exists()
    assert "Révoquer" not in signed_in.get(reverse("salarie", args=[employee.pk])).content.decode()

"""An invitation used by the wrong account: the centre undoes it, as long as nothing was signed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.enums import CompanyAct
from accounts.models import CompanyEvent, Employee, User
from dispenses.enums import Reading
from dispenses.models import Consultation, Dispense
from notifications.messages import load
from notifications.models import OutgoingEmail
from tests.factories import (
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    InvitationFactory,
    LeadFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db


def page(employee: Employee) -> str:
    return reverse("admin:accounts_employee_detacher", args=[employee.pk])


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(LeadFactory())
    return client


def test_the_centre_undoes_an_attaching_and_tells_both(lead: Client) -> None:
    employee = EmployeeFactory(activated=True, professional_email="camille@exemple.fr")
    account = employee.user
    shown = lead.get(page(employee)).content.decode()
    assert account.email in shown
    assert Employee.objects.get(pk=employee.pk).user == account  # a GET changes nothing
    answer = lead.post(page(employee), follow=True).content.decode()
    assert "n’est plus rattaché au compte" in answer
    employee.refresh_from_db()
    assert (employee.user, employee.activated_at) == (None, None)
    told = OutgoingEmail.objects.filter(kind="employer_detached").values_list("to", flat=True)
    assert set(told) == {account.email, "camille@exemple.fr"}
    assert LogEntry.objects.get().change_message == f"Détaché du compte de {account}"


def test_the_employee_may_be_invited_again(lead: Client) -> None:
    employee = EmployeeFactory(activated=True)
    nadia = CorrespondentFactory(employer=employee.employer)
    lead.post(page(employee))
    assert services.resend(employee=Employee.objects.get(pk=employee.pk), by=nadia.user)


def test_the_draft_of_the_other_person_goes_with_them(lead: Client) -> None:
    draft = DispenseFactory()
    lead.post(page(draft.employee))
    assert not Dispense.objects.filter(pk=draft.pk).exists()
    assert Employee.objects.get(pk=draft.employee_id).user is None


def test_what_was_signed_stays_with_who_signed(lead: Client) -> None:
    sent = DispenseFactory(in_progress=True)
    assert f"N°{sent.number}" in lead.get(page(sent.employee)).content.decode()
    lead.post(page(sent.employee))
    assert Employee.objects.get(pk=sent.employee_id).user == sent.employee.user


def test_nobody_else_undoes_it(client: Client) -> None:
    employee = EmployeeFactory(activated=True)
    client.force_login(StaffFactory())
    assert client.post(page(employee)).status_code == 403
    assert Employee.objects.get(pk=employee.pk).user is not None
    listed = client.get(reverse("admin:accounts_employee_change", args=[employee.pk])).content.decode()
    assert "Détacher" not in listed


def again(employee: Employee) -> str:
    return reverse("admin:accounts_employee_renvoyer", args=[employee.pk])


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def test_the_centre_sends_an_invitation_again(staff: Client) -> None:
    invitation = InvitationFactory(sent_at=timezone.now() - timedelta(days=3))
    employee = invitation.employee
    page = staff.get(reverse("admin:accounts_employee_change", args=[employee.pk])).content.decode()
    assert f'action="{again(employee)}"' in page
    assert staff.get(again(employee)).status_code == 302
    assert not CompanyEvent.objects.exists()  # a GET sends nothing
    said = staff.post(again(employee), follow=True).content.decode()
    assert f"Un nouveau lien part à {employee.professional_email}" in said
    event = CompanyEvent.objects.get()
    assert (event.act, event.actor_label) == (CompanyAct.RESENT, "le centre de gestion")
    assert LogEntry.objects.get().change_message == f"Invitation renvoyée à {employee.professional_email}"
    for _ in range(3):
        said = staff.post(again(employee), follow=True).content.decode()
    assert "Plusieurs liens ont déjà été envoyés" in said  # not as often as one likes
    assert CompanyEvent.objects.count() == 3


def test_nobody_is_invited_who_has_an_account_or_has_left(staff: Client) -> None:
    active = EmployeeFactory(activated=True)
    page = staff.get(reverse("admin:accounts_employee_change", args=[active.pk])).content.decode()
    assert "Renvoyer l’invitation" not in page
    assert "a déjà activé son compte" in staff.post(again(active), follow=True).content.decode()
    gone = EmployeeFactory(left_on=timezone.localdate() - timedelta(days=1))
    assert "a quitté l’entreprise" in staff.post(again(gone), follow=True).content.decode()
    unreachable = EmployeeFactory(professional_email="")
    assert "n’a pas d’adresse e-mail" in staff.post(again(unreachable), follow=True).content.decode()


def as_employee(dispense: Dispense) -> str:
    return reverse("admin:dispenses_dispense_comme_le_salarie", args=[dispense.number])


def test_the_centre_reads_the_employee_s_page_and_it_is_written_down(staff: Client) -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    request = reverse("admin:dispenses_dispense_change", args=[dispense.number])
    assert as_employee(dispense) in staff.get(request).content.decode()
    assert not Consultation.objects.exists()
    page = staff.get(as_employee(dispense)).content.decode()
    assert "Il manque la carte de mutuelle." in page
    assert "Compléter ma demande" in page
    assert reverse("demande_completer", args=[dispense.number]) not in page
    line = Consultation.objects.get()
    assert (line.kind, line.dispense_id, line.by_centre) == (Reading.PAGE, dispense.number, True)
    journal = staff.get(reverse("admin:dispenses_dispense_consultations", args=[dispense.number])).content.decode()
    assert "Page du salarié" in journal
    assert "n°0" not in journal


def test_a_draft_and_a_request_of_one_s_own_show_no_page(staff: Client) -> None:
    assert staff.get(as_employee(DispenseFactory())).status_code == 404
    own = DispenseFactory(in_progress=True)
    own.employee.user = User.objects.get(pk=staff.session["_auth_user_id"])
    own.employee.save()
    assert staff.get(as_employee(own)).status_code == 403
    assert not Consultation.objects.exists()


def corrected(employee: Employee) -> str:
    return reverse("admin:accounts_employee_corriger", args=[employee.pk])


def test_the_centre_corrects_an_employee_as_a_correspondent_does(staff: Client) -> None:
    employee = EmployeeFactory(first_name="Amel", last_name="Hadou")
    shown = staff.get(corrected(employee))
    page = shown.content.decode()
    assert "Corriger la fiche d’Amel Hadou" in page
    assert (
        corrected(employee) in staff.get(reverse("admin:accounts_employee_change", args=[employee.pk])).content.decode()
    )
    day = employee.hired_on
    typed = {
        "first_name": "Amel",
        "last_name": "Haddou",
        "professional_email": employee.professional_email,
        "matricule": employee.matricule,
        "contract_type": employee.contract_type,
        "hired_on_0": day.day,
        "hired_on_1": day.month,
        "hired_on_2": day.year,
    }
    wrong = staff.post(corrected(employee), {**typed, "hired_on_1": "13"})
    assert wrong.status_code == 422
    assert 'value="Haddou"' in wrong.content.decode()
    said = staff.post(corrected(employee), typed, follow=True).content.decode()
    assert "Corrigé" in said
    employee.refresh_from_db()
    assert employee.last_name == "Haddou"
    event = CompanyEvent.objects.get()
    assert (event.act, event.actor_label) == (CompanyAct.CORRECTED, "le centre de gestion")
    assert LogEntry.objects.get().change_message == "Corrigé\xa0: nom"
    assert "Rien n’a changé." in staff.post(corrected(employee), typed, follow=True).content.decode()


@pytest.mark.parametrize("address", [corrected, again])
def test_a_party_assists_nobody(staff: Client, address: Callable[[Employee], str]) -> None:
    employee = EmployeeFactory()
    CorrespondentFactory(employer=employee.employer, user=User.objects.get(pk=staff.session["_auth_user_id"]))
    assert staff.post(address(employee)).status_code == 403
    assert not CompanyEvent.objects.exists()


def typed_of(employee: Employee, **other: object) -> dict[str, object]:
    day = employee.hired_on
    return {
        "first_name": employee.first_name,
        "last_name": employee.last_name,
        "professional_email": employee.professional_email,
        "matricule": employee.matricule,
        "contract_type": employee.contract_type,
        "hired_on_0": day.day,
        "hired_on_1": day.month,
        "hired_on_2": day.year,
        **other,
    }


@pytest.mark.parametrize("address", ["camille@exemple.fr", ""])
def test_who_examines_sends_no_invitation_to_an_address_of_theirs(staff: Client, address: str) -> None:
    employee = EmployeeFactory(professional_email=address, last_name="Hadou")
    page = staff.get(corrected(employee)).content.decode()
    assert 'name="professional_email"' not in page
    assert "seuls un responsable du" in page
    staff.post(corrected(employee), typed_of(employee, professional_email="moi@exemple.fr", last_name="Haddou"))
    employee.refresh_from_db()
    assert (employee.professional_email, employee.last_name) == (address, "Haddou")
    assert not OutgoingEmail.objects.filter(to="moi@exemple.fr").exists()


def test_a_lead_changes_the_address_and_the_company_is_told_from_what_to_what(lead: Client) -> None:
    employee = EmployeeFactory(professional_email="camile@exemple.fr")
    nadia = CorrespondentFactory(employer=employee.employer).user
    lead.post(corrected(employee), typed_of(employee, professional_email="camille@exemple.fr"))
    assert OutgoingEmail.objects.get(kind="invitation").to == "camille@exemple.fr"
    mail = OutgoingEmail.objects.get(kind="address_changed", to=nadia.email)
    told: Any = load(mail.kind, mail.context)
    assert (told.before, told.after, told.by) == ("camile@exemple.fr", "camille@exemple.fr", services.CENTRE)
    assert "camile@exemple.fr → camille@exemple.fr" in CompanyEvent.objects.get().detail


def test_the_account_opened_the_address_is_corrected_by_who_examines(staff: Client) -> None:
    employee = EmployeeFactory(activated=True)
    staff.post(corrected(employee), typed_of(employee, professional_email="camille@exemple.fr"))
    employee.refresh_from_db()
    assert employee.professional_email == "camille@exemple.fr"


def test_the_centre_reads_words_of_the_centre(staff: Client) -> None:
    page = staff.get(corrected(EmployeeFactory())).content.decode()
    assert "Comme l’acte de l’entreprise la nomme" in page
    for words in ("votre acte", "Vos fichiers", "chez eux"):
        assert words not in page

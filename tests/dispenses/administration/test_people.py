"""An invitation used by the wrong account: the centre undoes it, as long as nothing was signed."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Employee
from dispenses.models import Dispense
from notifications.models import OutgoingEmail
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, LeadFactory, StaffFactory

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

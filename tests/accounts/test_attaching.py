"""An invitation opened where another person is signed in: both are named, nothing is attached without proof."""

import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.exceptions import ActivationRefused, Code
from accounts.models import Employee, Invitation, User
from notifications.models import OutgoingEmail
from portal.lib.sealing import unseal
from tests.factories import EmployeeFactory, InvitationFactory, UserFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation() -> Invitation:
    """That of Camille Roux, in a shared office."""
    employee = EmployeeFactory(first_name="Camille", last_name="Roux", professional_email="camille.roux@exemple.fr")
    return InvitationFactory(employee=employee)


def signed_in(first_name: str, last_name: str) -> tuple[Client, User]:
    user = UserFactory(first_name=first_name, last_name=last_name)
    client = Client()
    client.force_login(user)
    return client, user


def url(name: str, invitation: Invitation) -> str:
    return reverse(name, args=[invitation.token])  # type: ignore[attr-defined]


def attached_to(invitation: Invitation) -> User | None:
    return Employee.objects.get(pk=invitation.employee_id).user


def code_sent(invitation: Invitation) -> str:
    mail = OutgoingEmail.objects.filter(kind="attaching_code").order_by("pk").last()
    assert mail is not None
    assert mail.to == invitation.employee.professional_email
    found = re.search(r"\b\d{6}\b", unseal(mail.text_body))
    assert found
    return found[0]


def test_the_page_names_both_people(invitation: Invitation) -> None:
    client, paul = signed_in("Paul", "Durand")
    page = client.get(url("activation", invitation)).content.decode()
    assert "Camille Roux" in page
    assert f"Paul Durand ({paul.email})" in page
    assert "Recevoir un code" in page
    assert "Rattacher" not in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_one_click_attaches_nobody_of_another_name(method: str, invitation: Invitation) -> None:
    client, _ = signed_in("Paul", "Durand")
    getattr(client, method)(url("activation_rattacher", invitation))
    assert attached_to(invitation) is None
    assert not OutgoingEmail.objects.filter(kind="employer_attached").exists()


@pytest.mark.parametrize(
    ("first", "last"), [("Camille", "Roux"), ("ROUX", "camille"), ("Camílle", "Roux")], ids=["same", "turned", "accent"]
)
def test_the_same_names_attach_at_once_and_both_addresses_are_told(
    first: str, last: str, invitation: Invitation
) -> None:
    client, user = signed_in(first, last)
    client.post(url("activation_rattacher", invitation))
    assert attached_to(invitation) == user
    told = OutgoingEmail.objects.filter(kind="employer_attached").values_list("to", flat=True)
    assert set(told) == {user.email, "camille.roux@exemple.fr"}


def test_other_names_are_confirmed_by_the_code_of_the_professional_address(invitation: Invitation) -> None:
    client, user = signed_in("Camille", "Durand")
    page = client.post(url("activation_rattacher_code", invitation), follow=True).content.decode()
    assert "camille.roux@exemple.fr" in page
    wrong = client.post(url("activation_rattacher", invitation), {"code": "000000"})
    assert "Ce code est incorrect" in wrong.content.decode()
    assert attached_to(invitation) is None
    client.post(url("activation_rattacher", invitation), {"code": code_sent(invitation)})
    assert attached_to(invitation) == user


def test_the_code_of_one_account_opens_no_other(invitation: Invitation) -> None:
    client, _ = signed_in("Paul", "Durand")
    client.post(url("activation_rattacher_code", invitation))
    other, _ = signed_in("Anne", "Petit")
    answer = other.post(url("activation_rattacher", invitation), {"code": code_sent(invitation)})
    assert "Ce code est incorrect" in answer.content.decode()
    assert attached_to(invitation) is None


def test_the_code_that_confirms_a_personal_address_attaches_nobody(invitation: Invitation) -> None:
    services.register(invitation=invitation, personal_email="camille@perso.exemple", marketing_consent=False)
    mail = OutgoingEmail.objects.get(kind="activation_code")
    found = re.search(r"\b\d{6}\b", unseal(mail.text_body))
    assert found
    _, paul = signed_in("Paul", "Durand")
    with refused(ActivationRefused, Code.WRONG_CODE, field="code"):
        services.attach(invitation=invitation, user=paul, code=found[0])
    assert attached_to(invitation) is None


def test_the_fifth_wrong_code_is_the_last(invitation: Invitation) -> None:
    client, _ = signed_in("Paul", "Durand")
    client.post(url("activation_rattacher_code", invitation))
    code = code_sent(invitation)
    for _ in range(5):
        client.post(url("activation_rattacher", invitation), {"code": "abcdef"})
    answer = client.post(url("activation_rattacher", invitation), {"code": code})
    assert "Trop d’essais" in answer.content.decode()
    assert attached_to(invitation) is None


def test_a_code_dies_after_15_minutes(invitation: Invitation) -> None:
    _, user = signed_in("Paul", "Durand")
    with time_machine.travel("2027-03-01T10:00:00+00:00", tick=False) as clock:
        live = InvitationFactory(employee=EmployeeFactory(professional_email="lea@exemple.fr"))
        services.send_attaching_code(invitation=live, user=user)
        code = code_sent(live)
        clock.shift(900)
        with refused(ActivationRefused, Code.CODE_EXPIRED, field="code"):
            services.attach(invitation=live, user=user, code=code)


def test_a_second_employment_at_the_same_employer_is_refused(invitation: Invitation) -> None:
    colleague = EmployeeFactory(employer=invitation.employee.employer, activated=True)
    client = Client()
    client.force_login(colleague.user)
    page = client.get(url("activation", invitation)).content.decode()
    assert "est déjà rattaché à" in page
    assert "Camille Roux" in page
    for name in ("activation_rattacher", "activation_rattacher_code"):
        client.post(url(name, invitation), {"code": "000000"})
    assert attached_to(invitation) is None
    assert not OutgoingEmail.objects.filter(kind="attaching_code").exists()

"""Two browsers, two beats, two correspondents at the same instant. On a real PostgreSQL."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import services
from accounts.employee.fields import Declared
from accounts.exceptions import ActivationRefused, AlreadyPreAffiliated, Code
from accounts.models import Correspondent, Employee, Invitation, User
from tests.accounts.mails import kinds, last_code
from tests.dispenses.request.test_races import together
from tests.factories import (
    PASSWORD,
    AdministratorFactory,
    CorrespondentFactory,
    EmployerFactory,
    InvitationFactory,
    UserFactory,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

PERSONAL = "virginie@maison.exemple"


def ready(email: str = "") -> Invitation:
    invitation: Invitation = InvitationFactory()
    services.register(invitation=invitation, personal_email=email, marketing_consent=False)
    return invitation


def test_four_activations_open_one_account():
    invitation = ready()
    results = together(*[lambda: services.activate(invitation=invitation, password=PASSWORD, code="")] * 4)
    assert sum(isinstance(result, User) for result in results) == 1
    refused = [result.code for result in results if isinstance(result, ActivationRefused)]
    assert refused == [Code.LINK_USED] * 3
    assert User.objects.count() == 1
    assert kinds() == ["account_opened"]


def test_activating_and_attaching_at_once():
    invitation = ready()
    signed_in = UserFactory()
    results = together(
        lambda: services.activate(invitation=invitation, password=PASSWORD, code=""),
        lambda: services.attach(invitation=invitation, user=signed_in),
    )
    assert sum(isinstance(result, ActivationRefused) for result in results) == 1
    assert Employee.objects.get().user is not None


def test_parallel_guesses_do_not_get_more_than_five_attempts():
    invitation = ready(PERSONAL)
    wrong = f"{(int(last_code(PERSONAL)) + 1) % 10**6:06d}"
    results = together(*[lambda: services.activate(invitation=invitation, password=PASSWORD, code=wrong)] * 8)
    messages = [str(result) for result in results]
    assert sum("incorrect" in message for message in messages) == 5
    assert sum("Trop d’essais" in message for message in messages) == 3


def test_code_proves_the_address_that_is_kept():
    """The address changed while its former code is used: never an account with an unproven address."""
    for _ in range(5):
        invitation = ready(PERSONAL)
        code = last_code(PERSONAL)
        together(
            lambda i=invitation, c=code: services.activate(invitation=i, password=PASSWORD, code=c),
            lambda i=invitation: services.register(
                invitation=i, personal_email="autre@maison.exemple", marketing_consent=False
            ),
        )
        assert not User.objects.filter(email="autre@maison.exemple").exists()
        Employee.objects.update(user=None, activated_at=None)
        User.objects.all().delete()


def test_sending_again_while_activating_does_not_lock_up():
    for _ in range(5):
        invitation = ready()
        employee, by = invitation.employee, UserFactory()
        activated, resent = together(
            lambda i=invitation: services.activate(invitation=i, password=PASSWORD, code=""),
            lambda e=employee, u=by: services.resend(employee=e, by=u),
        )
        if isinstance(activated, User):
            assert resent is None
        else:
            assert isinstance(activated, ActivationRefused)
            assert isinstance(resent, Invitation)


def test_sending_again_twice_leaves_one_live_link():
    invitation = InvitationFactory()
    by = UserFactory()
    together(*[lambda: services.resend(employee=invitation.employee, by=by)] * 3)
    assert Invitation.objects.filter(revoked_at__isnull=True).count() == 1


def test_same_person_declared_twice_at_once():
    correspondent = CorrespondentFactory()
    answers: dict[str, Any] = {
        "by": correspondent.user,
        "employer": correspondent.employer,
        "declared": Declared(
            first_name="Camille",
            last_name="Martin",
            professional_email="camille@levant.exemple",
            matricule="L-1",
            hired_on=date(2018, 9, 3),
            contract_type="cdi",
        ),
    }
    results = together(*[lambda: services.pre_affiliate(**answers)] * 4)
    assert sum(isinstance(result, Employee) for result in results) == 1
    assert sum(isinstance(result, AlreadyPreAffiliated) for result in results) == 3
    assert kinds() == ["invitation"]


def test_two_beats_remind_once():
    for _ in range(6):
        InvitationFactory(sent_at=timezone.now() - timedelta(days=8))
    now = timezone.now()
    results = together(*[lambda: services.remind_invitations(now)] * 3)
    assert sum(result for result in results if isinstance(result, int)) == 6
    assert kinds() == ["invitation_reminder"] * 6


def test_two_workers_answer_a_reset_once():
    user = UserFactory()
    services.request_password_reset(email=user.email)
    together(*[services.answer_password_resets] * 3)
    assert kinds() == ["password_reset"]


def test_same_correspondent_appointed_twice_at_once():
    employer, by = EmployerFactory(), AdministratorFactory()
    together(
        *[
            lambda: services.appoint_correspondent(
                email="nadia@levant.exemple", first_name="Nadia", last_name="B", employer=employer, by=by
            )
        ]
        * 3
    )
    assert User.objects.exclude(pk=by.pk).count() == Correspondent.objects.count() == 1
    assert kinds() == ["correspondent_welcome"]

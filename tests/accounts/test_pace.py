"""« Renvoyer », twenty times in a row: a few mails leave, and the person reads when the next one may."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.exceptions import Code, CompanyRefused, SentTooOften
from accounts.models import ColleagueInvitation, Correspondent, Invitation, PasswordResetRequest
from accounts.services.pace import Pace, refuse_early
from notifications.models import OutgoingEmail
from tests.factories import CorrespondentFactory, EmployeeFactory, InvitationFactory, UserFactory
from tests.refusals import refused

NOW = datetime(2026, 11, 23, 9, 30, 20, tzinfo=UTC)  # 10:30:20 in Paris
HOUR = timedelta(hours=1)
AT_11_31 = "Prochain envoi possible à\xa011\xa0h\xa031"
PACE = Pace(((3, HOUR), (5, 24 * HOUR)))


def ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=one) for one in minutes]


@pytest.mark.parametrize(
    ("sent", "wait"),
    [
        ([], None),
        (ago(0, 0), None),
        (ago(0, 0, 0), HOUR),
        (ago(5, 59, 30), timedelta(minutes=1)),
        (ago(5, 60, 30), None),
        (ago(61, 120, 180, 240, 300), timedelta(hours=19)),
        (ago(1, 2, 3, 240, 300), timedelta(hours=19)),
        (ago(1, 2, 3, 1440, 1500), timedelta(minutes=57)),
    ],
)
def test_the_longest_wait_of_the_limits_counts(sent: list[datetime], wait: timedelta | None) -> None:
    assert PACE.next_at(sent, NOW) == (None if wait is None else NOW + wait)


@pytest.mark.parametrize(
    ("hours", "said"),
    [(1, "à\xa011\xa0h\xa031."), (20, "le 24\xa0novembre 2026 à 6\xa0h\xa031.")],
)
def test_the_next_time_is_said_in_words_of_paris(hours: int, said: str) -> None:
    pace = Pace(((1, hours * HOUR),))
    with refused(SentTooOften, Code.SENT_TOO_OFTEN, words=f"Trop. Prochain envoi possible {said}"):
        refuse_early(pace, [NOW], what="Trop", now=NOW)


def mails(kind: str) -> int:
    return OutgoingEmail.objects.filter(kind=kind).count()


def page(client: Client, name: str, *arguments: Any, **data: Any) -> str:
    return client.post(reverse(name, args=arguments), data, follow=True).content.decode()


@pytest.fixture
def role(client: Client, db: None) -> Correspondent:
    found: Correspondent = CorrespondentFactory()
    client.force_login(found.user, backend="django.contrib.auth.backends.ModelBackend")
    return found


@pytest.mark.time_machine(NOW, tick=False)
def test_twenty_links_in_a_row_are_three_and_the_last_one_lives(
    client: Client, role: Correspondent, time_machine: Any
) -> None:
    employee = EmployeeFactory(employer=role.employer)
    said = [page(client, "renvoyer", employee.pk) for _ in range(20)]

    assert mails("invitation") == 3
    assert all("Un nouveau lien part" in one for one in said[:3])
    assert all(AT_11_31 in one for one in said[3:])
    assert Invitation.objects.filter(revoked_at__isnull=True).count() == 1
    other = EmployeeFactory(employer=role.employer)
    assert "Un nouveau lien part" in page(client, "renvoyer", other.pk)
    time_machine.shift(HOUR - timedelta(seconds=1))
    with refused(SentTooOften, Code.SENT_TOO_OFTEN):
        services.resend(employee=employee, by=role.user)
    time_machine.shift(1)
    assert services.resend(employee=employee, by=role.user)


@pytest.mark.time_machine(NOW, tick=False)
def test_a_day_of_links_has_an_end(role: Correspondent, time_machine: Any) -> None:
    employee = EmployeeFactory(employer=role.employer)
    for _ in range(20):
        with suppress(SentTooOften):
            services.resend(employee=employee, by=role.user)
        time_machine.shift(timedelta(minutes=40))
    assert mails("invitation") == 6


@pytest.mark.time_machine(NOW, tick=False)
def test_twenty_invitations_of_a_colleague_are_few_even_when_they_are_cancelled(
    role: Correspondent, time_machine: Any
) -> None:
    asked = {"employer": role.employer, "by": role.user, "email": "paul@levant.exemple"}
    for _ in range(20):
        with suppress(CompanyRefused):
            services.invite_colleague(first_name="Paul", last_name="Roy", **asked)
        for invitation in ColleagueInvitation.objects.filter(cancelled_at=None):
            services.cancel_colleague(invitation=invitation, by=role.user)
        time_machine.shift(timedelta(minutes=11))

    assert mails("colleague_invitation") == 6
    time_machine.shift(timedelta(minutes=-11))
    with refused(CompanyRefused, Code.JUST_SENT, field="email", words="Prochain envoi possible"):
        services.invite_colleague(first_name="Paul", last_name="Roy", **asked)


@pytest.mark.time_machine(NOW, tick=False)
def test_twenty_codes_in_a_row_are_six(client: Client, db: None) -> None:
    invitation = InvitationFactory()
    services.register(invitation=invitation, personal_email="a@maison.exemple", marketing_consent=False)
    said = [page(client, "activation_code", invitation.token) for _ in range(20)]

    assert Invitation.objects.get().codes_sent == 6
    assert f"Trop de codes envoyés. {AT_11_31}" in said[-1]


@pytest.mark.time_machine(NOW, tick=False)
def test_twenty_attaching_codes_in_a_row_are_six(client: Client, db: None) -> None:
    invitation = InvitationFactory()
    client.force_login(UserFactory(first_name="Ana"), backend="django.contrib.auth.backends.ModelBackend")
    said = [page(client, "activation_rattacher_code", invitation.token) for _ in range(20)]

    assert Invitation.objects.get().codes_sent == 6
    assert AT_11_31 in said[-1]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.time_machine(NOW, tick=False)
def test_twenty_forgotten_passwords_in_a_row_are_five_whoever_has_an_account(
    client: Client, db: None, known: bool, time_machine: Any
) -> None:
    email = UserFactory().email if known else "inconnu@exemple.fr"
    said = [page(client, "mot_de_passe_oublie", email=email) for _ in range(20)]
    services.answer_password_resets()

    assert mails("password_reset") == (5 if known else 0)
    assert PasswordResetRequest.objects.count() == 5
    assert "Si un compte correspond" in said[4]
    assert AT_11_31 in said[5]
    assert email in said[5]
    time_machine.shift(HOUR)
    assert "Si un compte correspond" in page(client, "mot_de_passe_oublie", email=email)


@pytest.mark.django_db
def test_another_address_each_time_gets_no_more_links(client: Client) -> None:
    role = CorrespondentFactory()
    employee = EmployeeFactory(employer=role.employer)
    InvitationFactory(employee=employee)
    for number in range(20):
        employee.refresh_from_db()
        with suppress(SentTooOften):
            services.correct_employee(
                employee=employee, by=role.user, values={"professional_email": f"v+{number}@exemple.fr"}
            )
    employee.refresh_from_db()
    assert (mails("invitation"), mails("address_changed")) == (2, 2)
    assert employee.professional_email == "v+1@exemple.fr"
    client.force_login(role.user)
    day = {"hired_on_0": "3", "hired_on_1": "9", "hired_on_2": "2018"}
    said = page(
        client,
        "corriger",
        employee.pk,
        first_name="Ana",
        last_name="Roy",
        professional_email="v+9@exemple.fr",
        contract_type="cdi",
        matricule=employee.matricule,
        **day,
    )
    assert "Plusieurs liens ont déjà été envoyés" in said
    assert 'value="v+9@exemple.fr"' in said


@pytest.mark.django_db
def test_a_stranger_does_not_fill_a_mailbox_with_links_all_day() -> None:
    user = UserFactory()
    day = datetime(2026, 11, 23, tzinfo=UTC)
    for hour in range(24):
        with time_machine.travel(day + hour * HOUR, tick=False):
            for _ in range(5):
                with suppress(SentTooOften):
                    services.request_password_reset(email=user.email)
            services.answer_password_resets()
    assert mails("password_reset") == 15
    with time_machine.travel(day + 25 * HOUR, tick=False):
        services.request_password_reset(email=user.email)

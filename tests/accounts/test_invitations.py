"""Pre-affiliation, the link's 60 × 24 hours, reminders."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.employee.fields import Declared
from accounts.enums import InvitationState
from accounts.exceptions import AlreadyPreAffiliated
from accounts.models import Employee, Employer, Invitation, InvitationLink, User
from notifications.models import OutgoingEmail
from portal.lib.sealing import unseal
from tests.factories import CorrespondentFactory, EmployeeFactory, InvitationFactory, UserFactory

pytestmark = pytest.mark.django_db

# Sent before, and still alive after, each change of clocks in Europe/Paris.
AUTUMN = datetime(2026, 9, 20, 22, 30, 15, tzinfo=UTC)
SPRING = datetime(2026, 2, 15, 22, 30, 15, tzinfo=UTC)
SIXTY_DAYS = timedelta(hours=60 * 24)


def declare(by: User, employer: Employer, **changes: object) -> Employee:
    values: dict[str, object] = {
        "first_name": "Camille",
        "last_name": "Martin",
        "professional_email": "Camille.Martin@levant.exemple",
        "matricule": "L-1",
        "hired_on": date(2018, 9, 3),
        "contract_type": "cdi",
    }
    declared = Declared(**(values | changes))  # type: ignore[arg-type]
    return services.pre_affiliate(by=by, employer=employer, declared=declared)


def token_in(mail: OutgoingEmail) -> str:
    return unseal(mail.text_body).split("/activation/")[1].split("/")[0]


@pytest.mark.parametrize("sent", [AUTUMN, SPRING])
def test_the_link_dies_60_times_24_hours_after_sending_to_the_second(client: Client, sent: datetime) -> None:
    with time_machine.travel(sent, tick=False):
        token = InvitationFactory().token  # type: ignore[attr-defined]
    url = reverse("activation", args=[token])
    with time_machine.travel(sent + SIXTY_DAYS - timedelta(seconds=1), tick=False):
        assert client.get(url).status_code == 200
    with time_machine.travel(sent + SIXTY_DAYS, tick=False):
        response = client.get(url)
        assert response.status_code == 410
        assert "Ce lien a expiré" in response.content.decode()
        assert Invitation.objects.get().expired_at is None  # time decides, before any sweep
        assert services.expire_invitations(sent + SIXTY_DAYS) == 1
        assert services.expire_invitations(sent + SIXTY_DAYS) == 0


def test_pre_affiliation_sends_one_unique_link_kept_as_a_hash() -> None:
    nadia = CorrespondentFactory()
    employee = declare(nadia.user, nadia.employer)
    assert employee.professional_email == "camille.martin@levant.exemple"
    mail = OutgoingEmail.objects.get()
    assert "camille" not in mail.text_body.lower()
    text = unseal(mail.text_body)
    assert "60 jours" in text
    assert "unique et personnel" in text
    assert reverse("connexion") in text
    token = token_in(mail)
    assert len(token) >= 43
    assert not InvitationLink.objects.filter(token_hash=token).exists()
    assert services.find_invitation(token) == Invitation.objects.get(employee=employee)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"matricule": "L-2"}, "professional_email"),
        ({"matricule": "L-2", "professional_email": "CAMILLE.MARTIN@LEVANT.EXEMPLE"}, "professional_email"),
        ({"professional_email": "autre@levant.exemple"}, "matricule"),
    ],
)
def test_a_duplicate_is_told_and_makes_no_second_person(changes: dict[str, object], field: str) -> None:
    nadia = CorrespondentFactory()
    declare(nadia.user, nadia.employer)
    with pytest.raises(AlreadyPreAffiliated, match=r"Camille Martin \(matricule L-1\)\.$") as caught:
        declare(nadia.user, nadia.employer, **changes)
    assert caught.value.field == field
    assert Employee.objects.count() == OutgoingEmail.objects.count() == 1
    other = CorrespondentFactory()
    declare(other.user, other.employer)  # the same person at another employer
    assert Employee.objects.count() == 2


def test_resending_kills_the_former_links() -> None:
    nadia = CorrespondentFactory()
    employee = declare(nadia.user, nadia.employer)
    first = token_in(OutgoingEmail.objects.get())
    services.resend(employee=employee, by=nadia.user)
    second = token_in(OutgoingEmail.objects.order_by("pk").last())  # type: ignore[arg-type]
    now = datetime.now(UTC)
    assert services.find_invitation(first).state(now) is InvitationState.REVOKED  # type: ignore[union-attr]
    assert services.find_invitation(second).state(now) is InvitationState.LIVE  # type: ignore[union-attr]
    assert services.revoke(employee=employee, by=nadia.user)
    assert not services.revoke(employee=employee, by=nadia.user)
    assert services.find_invitation(second).state(now) is InvitationState.REVOKED  # type: ignore[union-attr]


def test_reminders_at_7_30_and_53_days_once_each_and_the_first_link_lives() -> None:
    with time_machine.travel(AUTUMN, tick=False):
        nadia = CorrespondentFactory()
        declare(nadia.user, nadia.employer)
        first = token_in(OutgoingEmail.objects.get())
    sent = {}
    for day in range(62):
        now = AUTUMN + timedelta(days=day, seconds=1)
        with time_machine.travel(now, tick=False):
            count = services.remind_invitations(now) + services.remind_invitations(now)
            if count:
                sent[day] = count
    assert sent == {7: 1, 30: 1, 53: 1}
    reminder = OutgoingEmail.objects.filter(kind="invitation_reminder").order_by("pk").last()
    assert reminder is not None
    assert "Il vous reste 6" in unseal(reminder.text_body)
    assert services.find_invitation(token_in(reminder)) == services.find_invitation(first)


def test_an_activated_account_is_never_reminded() -> None:
    employee = EmployeeFactory(activated=True)
    now = datetime.now(UTC)
    InvitationFactory(employee=employee, sent_at=now - timedelta(days=8))
    assert services.remind_invitations(now) == 0
    assert services.resend(employee=employee, by=employee.user) is None


def test_a_late_sweep_sends_one_reminder_not_three() -> None:
    now = datetime.now(UTC)
    InvitationFactory(sent_at=now - timedelta(days=54))
    assert services.remind_invitations(now) == 1


def test_never_activated_are_forgotten_a_year_after_their_last_link() -> None:
    now = timezone.now()
    ended = now - timedelta(days=365)
    employees = {name: EmployeeFactory(created_at=now - timedelta(days=900)) for name in ("due", "recent", "activated")}
    for name, end in (("due", ended), ("recent", ended + timedelta(seconds=1)), ("activated", ended)):
        InvitationFactory(employee=employees[name], sent_at=end - timedelta(days=60), expires_at=end, expired_at=now)
    account = UserFactory()
    Employee.objects.filter(pk=employees["activated"].pk).update(user=account, activated_at=now)
    new = EmployeeFactory()

    assert services.purge_never_activated(now) == 1
    assert services.purge_never_activated(now) == 0
    left = {employees["recent"].pk, employees["activated"].pk, new.pk}
    assert set(Employee.objects.values_list("pk", flat=True)) == left

"""Who leaves: the dispense ends with the employment, without a mail; links and open requests do not outlive it."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import CompanyEvent, Employee, Invitation
from accounts.states import Standing
from dispenses.enums import EndCause
from dispenses.exceptions import Code, TransitionRefused
from dispenses.life import contracts, ends
from dispenses.models import Dispense, TimelineEvent
from dispenses.queue import rows, standing
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reopen import ReopenContent
from dispenses.request.drafts import get_or_create_draft
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.dispenses.queue.test_speaking import granted
from tests.factories import (
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    InvitationFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TODAY = date(2027, 3, 10)
SOON = TODAY + timedelta(days=20)
PAST = TODAY - timedelta(days=5)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2027-03-10T10:00:00+01:00", tick=False) as travelled:
        yield travelled


def leave(employee: Employee, day: date | None) -> bool:
    employee.refresh_from_db()
    return services.declare_departure(employee=employee, by=UserFactory(), left_on=day)


def again(dispense: Dispense) -> Dispense:
    dispense.refresh_from_db()
    return dispense


def end_of(dispense: Dispense) -> tuple[str, date | None, str]:
    again(dispense)
    return dispense.status, dispense.ends_on, dispense.end_cause


@pytest.fixture
def dispense() -> Dispense:
    return granted(EmployeeFactory(activated=True), TODAY - timedelta(days=100))


def test_a_departure_that_is_past_ends_the_dispense_at_once_and_says_it_to_nobody(dispense: Dispense) -> None:
    mails = OutgoingEmail.objects.count()
    assert leave(dispense.employee, PAST)
    assert end_of(dispense) == ("ended", PAST, EndCause.DEPARTURE)
    assert OutgoingEmail.objects.count() == mails
    assert again(dispense).employee.standing == Standing.LEFT
    assert "05/03/2027" in TimelineEvent.objects.filter(dispense=dispense).latest("pk").comment
    assert (rows.differences(), standing.differences()) == ([], [])


def test_a_departure_to_come_moves_the_end_which_then_comes_by_itself(
    dispense: Dispense, clock: time_machine.Traveller
) -> None:
    leave(dispense.employee, SOON)
    assert end_of(dispense) == ("accepted", SOON, EndCause.DEPARTURE)
    assert again(dispense).employee.standing == Standing.DISPENSED
    mails = OutgoingEmail.objects.count()
    assert (ends.end_dispenses(SOON), contracts.record_departures(SOON)) == (0, 0)
    clock.move_to("2027-03-31T01:00:00+02:00")
    assert (ends.end_dispenses(), contracts.record_departures()) == (1, 0)
    assert end_of(dispense) == ("ended", SOON, EndCause.DEPARTURE)
    assert again(dispense).employee.standing == Standing.LEFT
    assert OutgoingEmail.objects.count() == mails


@pytest.mark.parametrize(("own", "left", "ends"), [(30, 20, 20), (20, 30, 20), (20, 20, 20), (None, 20, 20)])
def test_a_dispense_ends_on_the_first_of_its_own_end_and_the_departure(own: int | None, left: int, ends: int) -> None:
    own_end = TODAY + timedelta(days=own) if own else None
    one = granted(EmployeeFactory(activated=True), PAST, own_end)
    leave(one.employee, TODAY + timedelta(days=left))
    cause = EndCause.DEPARTURE if own is None or left <= own else EndCause.RULE
    assert end_of(one) == ("accepted", TODAY + timedelta(days=ends), cause)


@pytest.mark.parametrize("own", [None, TODAY + timedelta(days=200)])
@pytest.mark.parametrize("first", [PAST, SOON])
def test_a_departure_moved_then_cancelled_gives_the_dispense_its_own_end_back(own: date | None, first: date) -> None:
    cause = EndCause.RULE.value if own else ""
    one = granted(EmployeeFactory(activated=True), TODAY - timedelta(days=100), own)
    leave(one.employee, first)
    leave(one.employee, SOON + timedelta(days=7))
    assert end_of(one) == ("accepted", SOON + timedelta(days=7), EndCause.DEPARTURE)
    leave(one.employee, None)
    assert end_of(one) == ("accepted", own, cause)
    assert one.employee.standing == Standing.DISPENSED
    assert (rows.differences(), standing.differences()) == ([], [])
    assert [event.get_act_display() for event in CompanyEvent.objects.order_by("pk")] == [
        *("Départ déclaré", "Départ déclaré", "Départ annulé"),
    ]


def test_a_past_departure_that_is_corrected_to_another_past_day_moves_the_end(dispense: Dispense) -> None:
    leave(dispense.employee, PAST)
    leave(dispense.employee, PAST - timedelta(days=3))
    assert end_of(dispense) == ("ended", PAST - timedelta(days=3), EndCause.DEPARTURE)
    moves = list(TimelineEvent.objects.filter(dispense=dispense).order_by("pk").values_list("transition", flat=True))
    assert moves[-3:] == ["end", "restore", "end"]


def test_the_same_departure_said_again_changes_nothing(dispense: Dispense) -> None:
    leave(dispense.employee, SOON)
    events = TimelineEvent.objects.count()
    assert leave(dispense.employee, SOON) is False
    assert TimelineEvent.objects.count() == events


def test_a_dispense_granted_after_the_departure_was_declared_ends_with_it() -> None:
    one = DispenseFactory(in_progress=True)
    leave(one.employee, SOON)
    assert again(one).status == Status.IN_PROGRESS
    decide(AcceptContent(), dispense=one, user=StaffFactory())
    assert end_of(one) == ("accepted", SOON, EndCause.DEPARTURE)


def test_a_dispense_given_back_by_a_reopening_still_ends_with_the_departure() -> None:
    employee = EmployeeFactory(activated=True)
    first = granted(employee, TODAY - timedelta(days=100))
    leave(employee, SOON)
    second = DispenseFactory(employee=employee, accepted=True)
    assert end_of(second) == ("accepted", SOON, EndCause.DEPARTURE)
    decide(ReopenContent(reason="Erreur."), dispense=second, user=StaffFactory())
    assert end_of(first) == ("accepted", SOON, EndCause.DEPARTURE)
    leave(employee, None)
    assert end_of(first) == ("accepted", None, "")


def test_what_another_dispense_replaces_keeps_its_eve_once_the_departure_is_cancelled() -> None:
    employee = EmployeeFactory(activated=True)
    first = granted(employee, TODAY - timedelta(days=100))
    second = DispenseFactory(employee=employee, in_progress=True)
    start = SOON + timedelta(days=30)
    decide(AcceptContent(effective_on=start, effective_reason="Début réel."), dispense=second, user=StaffFactory())
    eve = start - timedelta(days=1)
    assert end_of(first) == ("accepted", eve, EndCause.REPLACED)
    leave(employee, SOON)
    assert end_of(first) == ("accepted", SOON, EndCause.DEPARTURE)
    leave(employee, None)
    assert end_of(first) == ("accepted", eve, EndCause.REPLACED)


@pytest.mark.parametrize("stage", [Status.IN_PROGRESS, Status.AWAITING_COMPLEMENT])
def test_an_open_request_of_somebody_gone_is_closed_with_words(stage: Status) -> None:
    one = DispenseFactory(stage=stage)
    mails = OutgoingEmail.objects.count()
    leave(one.employee, PAST)
    assert again(one).status == Status.WITHDRAWN
    event = TimelineEvent.objects.filter(dispense=one).latest("pk")
    assert (event.transition, event.actor_label) == ("lapse", "le portail")
    assert "05/03/2027" in event.comment
    assert not one.complements.filter(answered_at__isnull=True, closed_at__isnull=True).exists()
    assert OutgoingEmail.objects.count() == mails


def test_links_and_open_requests_outlive_the_last_day_by_no_night(clock: time_machine.Traveller) -> None:
    invitation = InvitationFactory()
    asked = DispenseFactory(in_progress=True)
    alone = EmployeeFactory(activated=True)
    for employee in (invitation.employee, asked.employee, alone):
        leave(employee, TODAY)
    assert contracts.record_departures() == 0
    clock.move_to("2027-03-11T00:10:00+01:00")
    assert contracts.record_departures() == 3
    assert contracts.record_departures() == 0
    invitation.refresh_from_db()
    assert invitation.get_revocation_reason_display() == "Salarié parti"
    assert again(asked).status == Status.WITHDRAWN
    assert set(Employee.objects.values_list("standing", flat=True)) == {Standing.LEFT}


def test_a_departure_is_put_on_record_whatever_wrote_the_state_before(
    dispense: Dispense, clock: time_machine.Traveller
) -> None:
    asked = DispenseFactory(employee=dispense.employee, in_progress=True)
    invited = InvitationFactory()
    for employee in (dispense.employee, invited.employee):
        leave(employee, TODAY)
    clock.move_to("2027-03-11T00:10:00+01:00")
    assert ends.end_dispenses() == 1
    standing.record(Employee.objects.all())
    assert contracts.record_departures() == 2
    assert contracts.record_departures() == 0
    invited.refresh_from_db()
    assert (again(asked).status, invited.revoked_at is None) == (Status.WITHDRAWN, False)


def test_somebody_gone_is_neither_invited_nor_reminded_nor_let_ask(clock: time_machine.Traveller) -> None:
    invitation = InvitationFactory()
    leave(invitation.employee, PAST)
    clock.move_to("2027-03-20T10:00:00+01:00")
    assert services.remind_invitations() == 0
    assert services.resend(employee=invitation.employee, by=UserFactory()) is None
    assert Invitation.objects.count() == 1
    active = EmployeeFactory(activated=True)
    draft = get_or_create_draft(employee=active)
    leave(active, PAST)
    active.refresh_from_db()
    with pytest.raises(TransitionRefused) as refusal:
        get_or_create_draft(employee=active)
    assert refusal.value.code == Code.LEFT
    assert again(draft).status == Status.DRAFT


def test_the_page_declares_corrects_and_cancels_a_departure(client: Client) -> None:
    role = CorrespondentFactory()
    employee = EmployeeFactory(employer=role.employer, activated=True)
    client.force_login(role.user)
    page = reverse("depart", args=[employee.pk])
    client.post(page, {"day_0": "31", "day_1": "3", "day_2": "2027"})
    employee.refresh_from_db()
    assert employee.left_on == date(2027, 3, 31)
    shown = client.get(reverse("salarie", args=[employee.pk])).content.decode()
    assert "Dernier jour de travail" in shown
    assert "Départ déclaré" in shown
    assert "Annuler le départ" in client.get(page).content.decode()
    client.post(page, {"annuler": "1"})
    employee.refresh_from_db()
    assert employee.left_on is None


@pytest.mark.parametrize("typed", [("10", "3", "2029"), ("1", "1", "2001"), ("", "", ""), ("31", "2", "2027")])
def test_a_departure_before_the_hire_or_too_far_is_not_taken(client: Client, typed: tuple[str, str, str]) -> None:
    role = CorrespondentFactory()
    employee = EmployeeFactory(employer=role.employer)
    client.force_login(role.user)
    sent = {f"day_{rank}": text for rank, text in enumerate(typed)}
    answer = client.post(reverse("depart", args=[employee.pk]), sent)
    assert answer.status_code == 200
    assert "ea-error" in answer.content.decode()
    employee.refresh_from_db()
    assert employee.left_on is None


def test_who_is_declared_affiliated_is_no_more_to_choose(client: Client) -> None:
    role = CorrespondentFactory()
    employee = EmployeeFactory(employer=role.employer, activated=True)
    client.force_login(role.user)
    page = reverse("affiliation", args=[employee.pk])
    client.post(page, {"day_0": "1", "day_1": "3", "day_2": "2027"})
    employee.refresh_from_db()
    assert (employee.affiliated_on, employee.standing) == (date(2027, 3, 1), Standing.AFFILIATED)
    client.post(page, {"annuler": "1"})
    employee.refresh_from_db()
    assert (employee.affiliated_on, employee.standing) == (None, Standing.ACTIVE)


def test_an_affiliation_of_before_a_dispense_says_nothing_once_it_has_ended() -> None:
    one = granted(EmployeeFactory(activated=True, affiliated_on=date(2020, 1, 1)), PAST, TODAY - timedelta(days=1))
    ends.end_dispenses()
    assert again(one).employee.standing == Standing.TO_AFFILIATE
    services.declare_affiliation(employee=one.employee, by=UserFactory(), affiliated_on=TODAY)
    assert Employee.objects.get().standing == Standing.AFFILIATED
    assert standing.differences() == []

"""Which request speaks for an employee, and the rule of one dispense in force at a time."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Employee
from accounts.states import BY_KEY, Standing
from dispenses.enums import EndCause
from dispenses.exceptions import TransitionRefused
from dispenses.life import ends
from dispenses.models import Dispense, QueueEntry
from dispenses.queue import standing
from dispenses.queue.speaking import speaking
from dispenses.request import endings, sending
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reopen import ReopenContent
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.ending import ending
from tests.factories import DispenseFactory, EmployeeFactory, StaffFactory

pytestmark = pytest.mark.django_db

DAY = date(2027, 3, 10)


@pytest.fixture(autouse=True)
def _ten_march(request):
    with time_machine.travel("2027-03-10T10:00:00+01:00", tick=False) as clock:
        request.node.clock = clock
        yield


def granted(employee: Employee, since: date, until: date | None = None, **fields: object) -> Dispense:
    """A dispense accepted, from and until these days."""
    dispense = DispenseFactory(employee=employee, accepted=True)
    Dispense.objects.filter(pk=dispense.pk).update(effective_on=since, **ending(until), **fields)
    dispense.refresh_from_db()
    return dispense


def speaker(employee: Employee, day: date = DAY) -> int | None:
    found = Employee.objects.filter(pk=employee.pk).annotate(number=speaking(day).values("number")[:1])
    return found.values_list("number", flat=True).get()


def refuse(dispense: Dispense) -> Dispense:
    return decide(
        RefuseContent(reason="Illisible.", rule="D911-2", de_droit=True), dispense=dispense, user=StaffFactory()
    )


@pytest.mark.parametrize("became", [Status.IN_PROGRESS, Status.AWAITING_COMPLEMENT, Status.REFUSED, Status.WITHDRAWN])
def test_a_second_request_leaves_the_dispense_in_force_to_speak(became: Status) -> None:
    employee = EmployeeFactory(activated=True)
    first = granted(employee, DAY - timedelta(days=30))
    DispenseFactory(employee=employee, stage=became)
    assert speaker(employee) == first.number
    employee.refresh_from_db()
    assert employee.standing == Standing.DISPENSED
    assert standing.differences() == []


def test_without_a_dispense_the_open_request_speaks_then_the_latest() -> None:
    employee = EmployeeFactory(activated=True)
    assert speaker(employee) is None
    refused = DispenseFactory(employee=employee, refused=True)
    assert speaker(employee) == refused.number
    asked = DispenseFactory(employee=employee, in_progress=True)
    assert speaker(employee) == asked.number
    refuse(asked)
    DispenseFactory(employee=employee)  # a draft says nothing
    assert speaker(employee) == asked.number


def test_a_dispense_granted_for_later_speaks_before_an_open_request() -> None:
    employee = EmployeeFactory(activated=True)
    later = granted(employee, DAY + timedelta(days=20))
    DispenseFactory(employee=employee, in_progress=True)
    assert speaker(employee) == later.number


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (DAY - timedelta(days=90), None, DAY - timedelta(days=1)),
        (DAY - timedelta(days=90), DAY + timedelta(days=90), DAY - timedelta(days=1)),
        (DAY - timedelta(days=90), DAY - timedelta(days=1), DAY - timedelta(days=1)),
        (DAY - timedelta(days=90), DAY - timedelta(days=5), DAY - timedelta(days=5)),
    ],
)
def test_a_new_dispense_ends_the_former_on_its_eve(since: date, until: date | None, expected: date) -> None:
    employee = EmployeeFactory(activated=True)
    former = granted(employee, since, until)
    asked = DispenseFactory(employee=employee, in_progress=True)
    latter = decide(AcceptContent(effective_on=DAY, effective_reason="Le jour."), dispense=asked, user=StaffFactory())
    former.refresh_from_db()
    assert (former.status, former.ends_on, former.superseded_by) == (Status.ACCEPTED, expected, latter)
    assert endings.of(former).get(EndCause.RULE) == until
    assert former.events.first().label == "Remplacée par une autre dispense"
    assert speaker(employee) == latter.number


def test_the_one_that_gave_way_ends_without_a_mail_and_on_its_day() -> None:
    employee = EmployeeFactory(activated=True)
    former = granted(employee, DAY - timedelta(days=90))
    asked = DispenseFactory(employee=employee, in_progress=True)
    decide(AcceptContent(effective_on=DAY, effective_reason="Le jour."), dispense=asked, user=StaffFactory())
    mails = OutgoingEmail.objects.count()
    assert ends.end_dispenses() == 1
    former.refresh_from_db()
    assert (former.status, former.ends_on) == (Status.ENDED, DAY - timedelta(days=1))
    assert former.end_cause == EndCause.REPLACED
    assert OutgoingEmail.objects.count() == mails


def test_until_the_new_one_begins_the_former_speaks() -> None:
    employee = EmployeeFactory(activated=True)
    former = granted(employee, DAY - timedelta(days=90))
    asked = DispenseFactory(employee=employee, in_progress=True)
    begins = DAY + timedelta(days=15)
    latter = decide(
        AcceptContent(effective_on=begins, effective_reason="Plus tard."), dispense=asked, user=StaffFactory()
    )
    assert speaker(employee, begins - timedelta(days=1)) == former.number
    assert speaker(employee, begins) == latter.number


def test_a_new_dispense_reopened_gives_the_former_its_end_back() -> None:
    employee = EmployeeFactory(activated=True)
    former = granted(employee, DAY - timedelta(days=90), DAY + timedelta(days=300))
    asked = DispenseFactory(employee=employee, in_progress=True)
    begins = AcceptContent(effective_on=DAY + timedelta(days=9), effective_reason="Plus tard.")
    latter = decide(begins, dispense=asked, user=StaffFactory())
    decide(ReopenContent(reason="Erreur de lecture."), dispense=latter, user=StaffFactory())
    former.refresh_from_db()
    assert (former.status, former.ends_on) == (Status.ACCEPTED, DAY + timedelta(days=300))
    assert (former.superseded_by, former.end_cause) == (None, EndCause.RULE)
    assert former.events.first().label == "Reprend son cours"
    assert speaker(employee) == former.number
    refuse(Dispense.objects.get(pk=latter.pk))
    assert speaker(employee) == former.number
    assert QueueEntry.objects.get(pk=former.pk).status == Status.ACCEPTED


def test_the_one_that_gave_way_is_not_reopened_beside_the_other() -> None:
    """Reopened, it would be examined while the other goes on, and could be granted twice."""
    employee = EmployeeFactory(activated=True)
    former = granted(employee, DAY - timedelta(days=90))
    asked = DispenseFactory(employee=employee, in_progress=True)
    latter = decide(AcceptContent(effective_on=DAY, effective_reason="Le jour."), dispense=asked, user=StaffFactory())
    with pytest.raises(TransitionRefused, match=f"N°{latter.number}"):
        decide(ReopenContent(reason="Erreur."), dispense=former, user=StaffFactory())


def test_the_database_refuses_two_in_force() -> None:
    employee = EmployeeFactory(activated=True)
    granted(employee, DAY)
    second = DispenseFactory(employee=employee, in_progress=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispense.objects.filter(pk=second.pk).update(
            status=Status.ACCEPTED.value, decided_at=timezone.now(), decided_by=StaffFactory()
        )


def test_who_left_or_is_affiliated_stands_so() -> None:
    gone, going, affiliated = (EmployeeFactory(activated=True) for _ in range(3))
    everyone = Employee.objects.filter(pk__in=[gone.pk, going.pk, affiliated.pk])
    Employee.objects.filter(pk=gone.pk).update(left_on=DAY - timedelta(days=1))
    Employee.objects.filter(pk=going.pk).update(left_on=DAY)
    Employee.objects.filter(pk=affiliated.pk).update(affiliated_on=DAY)
    standing.record(everyone)
    found = dict(everyone.values_list("pk", "standing"))
    assert found == {gone.pk: Standing.LEFT, going.pk: Standing.ACTIVE, affiliated.pk: Standing.AFFILIATED}
    asked = DispenseFactory(employee=affiliated)
    sending.submit(dispense=asked, user=affiliated.user)
    affiliated.refresh_from_db()
    assert affiliated.standing == Standing.IN_PROGRESS
    assert {BY_KEY["parti"].standing, BY_KEY["affilie"].standing} == {Standing.LEFT, Standing.AFFILIATED}


@pytest.mark.parametrize(
    ("stage", "ends_on", "affiliated_on", "expected"),
    [
        ("refused", None, None, Standing.TO_AFFILIATE),
        ("withdrawn", None, None, Standing.TO_AFFILIATE),
        ("ended", DAY, None, Standing.TO_AFFILIATE),
        ("refused", None, DAY, Standing.AFFILIATED),
        ("refused", None, DAY - timedelta(days=900), Standing.AFFILIATED),
        ("ended", DAY, DAY + timedelta(days=1), Standing.AFFILIATED),
        ("ended", DAY, DAY, Standing.TO_AFFILIATE),  # affiliated before: it says nothing of what is due since
        ("draft", None, None, Standing.ACTIVE),
    ],
)
def test_what_came_to_nothing_leaves_somebody_to_be_affiliated(
    stage: str, ends_on: date | None, affiliated_on: date | None, expected: Standing
) -> None:
    employee = EmployeeFactory(activated=True)
    dispense = DispenseFactory(employee=employee, **({} if stage == "draft" else {stage: True}))
    Dispense.objects.filter(pk=dispense.pk).update(ends_on=ends_on)
    Employee.objects.filter(pk=employee.pk).update(affiliated_on=affiliated_on)
    standing.record(Employee.objects.filter(pk=employee.pk))
    assert Employee.objects.get(pk=employee.pk).standing == expected
    assert standing.differences() == []


def test_who_lost_their_account_is_invited_whatever_they_asked() -> None:
    employee = DispenseFactory(refused=True).employee
    Employee.objects.filter(pk=employee.pk).update(user=None, activated_at=None)
    standing.record(Employee.objects.filter(pk=employee.pk))
    assert Employee.objects.get(pk=employee.pk).standing == Standing.INVITED

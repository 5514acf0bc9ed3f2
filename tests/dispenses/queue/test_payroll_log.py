"""The log of what changed for payroll: one line a change, no hole, nothing for what payroll does not read."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Employee, Employer
from accounts.services import employee_events
from accounts.services.updating import update_employee
from dispenses.models import Dispense, PayrollBook, PayrollChange
from dispenses.queue import payroll_log
from dispenses.queue.payroll_log import changes, follow, follow_all
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.registry import decide
from tests.factories import DispenseFactory, EmployeeFactory, EmployerFactory, StaffFactory

pytestmark = pytest.mark.django_db
DAY = date(2027, 3, 10)


def since(employer: Employer, rank: int) -> list[int]:
    return [line.employee_id for line in changes(employer.pk, rank)]


def test_everybody_once_then_who_changed() -> None:
    employer = EmployerFactory()
    first, second = EmployeeFactory.create_batch(2, employer=employer, activated=True)
    EmployeeFactory()
    head = follow(employer.pk)
    assert since(employer, 0) == [first.pk, second.pk]
    assert follow(employer.pk) == head
    granted = DispenseFactory(employee=second, in_progress=True)
    assert follow(employer.pk) == head  # asked is not granted
    decide(AcceptContent(), dispense=granted, user=StaffFactory())
    assert follow(employer.pk) == head + 1
    assert since(employer, head) == [second.pk]
    assert since(employer, 0) == [first.pk, second.pk]
    former, latter = PayrollChange.objects.filter(employee=second).order_by("rank")
    assert (former.dispensed, former.until_rank, latter.dispensed, latter.until_rank) == (False, head + 1, True, None)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("matricule", "N-1", True), ("establishment_siret", "12345678200010", True), ("last_name", "Autre", False)],
)
def test_a_correction_is_told_when_payroll_reads_it(name: str, value: str, told: bool) -> None:
    employee = EmployeeFactory()
    head = follow(employee.employer_id)
    update_employee(employee=employee, values={name: value}, by="le correspondant")
    assert follow(employee.employer_id) == head + told


def test_time_alone_changes_what_is_told() -> None:
    """Granted, begun, over: three lines, each on its day, though nobody writes anything on the last two."""
    with time_machine.travel("2027-03-10T10:00:00+01:00", tick=False) as clock:
        dispense = DispenseFactory(accepted=True)
        Dispense.objects.filter(pk=dispense.pk).update(
            effective_on=DAY + timedelta(days=10), ends_on=DAY + timedelta(days=20)
        )
        employer_id = dispense.employee.employer_id
        seen = []
        for days in (0, 9, 10, 19, 20, 21, 30):
            clock.move_to("2027-03-10T10:00:00+01:00")
            clock.shift(timedelta(days=days))
            head = follow(employer_id)
            line = PayrollChange.objects.get(rank=head)
            seen.append((days, head, line.dispensed))
    assert seen == [
        (0, 1, False),
        (9, 1, False),
        (10, 2, True),
        (19, 2, True),
        (20, 2, True),
        (21, 3, False),
        (30, 3, False),
    ]


def test_a_departure_is_told() -> None:
    employee = EmployeeFactory()
    head = follow(employee.employer_id)
    Employee.objects.filter(pk=employee.pk).update(left_on=timezone.localdate())
    employee_events.note_change([employee.pk], timezone.now())
    assert follow(employee.employer_id) == head + 1


def test_an_affiliation_declared_is_due_no_more() -> None:
    with time_machine.travel("2027-03-10T10:00:00+01:00", tick=False) as clock:
        ended = DispenseFactory(ended=True)
        Dispense.objects.filter(pk=ended.pk).update(effective_on=DAY - timedelta(days=90))
        head = follow(ended.employee.employer_id)
        clock.move_to("2027-03-11T10:00:00+01:00")
        update_employee(employee=ended.employee, values={"affiliated_on": DAY}, by="le correspondant")
        assert follow(ended.employee.employer_id) == head + 1
    former, latter = PayrollChange.objects.order_by("rank")
    assert (former.affiliation_due_on, latter.affiliation_due_on) == (DAY, None)


def test_the_night_finds_what_nobody_dated() -> None:
    employee = EmployeeFactory()
    old = timezone.now() - timedelta(days=2)
    head = follow(employee.employer_id)
    Employee.objects.update(matricule="N-2", changed_at=old)
    assert follow(employee.employer_id) == head
    assert follow_all() == 1
    assert follow(employee.employer_id) == head + 1


def test_a_change_dated_before_and_committed_after_a_reading_is_found() -> None:
    employee = EmployeeFactory()
    began = timezone.now()
    with time_machine.travel(began + timedelta(minutes=10), tick=False):
        head = follow(employee.employer_id)
        Employee.objects.update(matricule="N-3", changed_at=began)
        assert follow(employee.employer_id) == head + 1


def test_who_went_to_another_employer_is_told_there_alone() -> None:
    employee, other = EmployeeFactory(), EmployerFactory()
    follow(employee.employer_id)
    Employee.objects.update(employer=other)
    follow(other.pk)
    assert since(employee.employer, 0) == []
    assert since(other, 0) == [employee.pk]


def test_little_is_asked_when_nothing_changed(django_assert_max_num_queries: object) -> None:
    employer = EmployerFactory()
    EmployeeFactory.create_batch(3, employer=employer)
    Employee.objects.update(changed_at=timezone.now() - timedelta(days=1))
    follow(employer.pk)
    with django_assert_max_num_queries(3):  # type: ignore[operator]  # the book, the suspects, the head
        follow(employer.pk)


def test_lines_of_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payroll_log, "BATCH", 2)
    employer = EmployerFactory()
    found = EmployeeFactory.create_batch(5, employer=employer)
    assert follow(employer.pk) == 5
    assert since(employer, 0) == [employee.pk for employee in found]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_readings_at_once_give_each_change_one_rank() -> None:
    employer = EmployerFactory()
    EmployeeFactory.create_batch(20, employer=employer)
    start = threading.Barrier(4)

    def read(_: int) -> int:
        start.wait()
        try:
            return follow(employer.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(read, range(4))) == {20}
    assert sorted(PayrollChange.objects.values_list("rank", flat=True)) == list(range(1, 21))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_late_is_after_what_was_read_meanwhile() -> None:
    """It was dated, then another committed and was read, then it committed: the cursor has not passed it by."""
    employer = EmployerFactory()
    slow, quick = EmployeeFactory.create_batch(2, employer=employer)
    follow(employer.pk)
    written, read = threading.Event(), threading.Event()

    def change_slowly() -> None:
        try:
            with transaction.atomic():
                update_employee(employee=slow, values={"matricule": "LENT"}, by="x")
                written.set()
                assert read.wait(20)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(change_slowly)
        assert written.wait(20)
        update_employee(employee=quick, values={"matricule": "VITE"}, by="x")
        cursor = follow(employer.pk)
        assert since(employer, 2) == [quick.pk]
        read.set()
        done.result(20)
    follow(employer.pk)
    assert since(employer, cursor) == [slow.pk]
    assert PayrollBook.objects.get().head == 4

"""What payroll is told of an employee on a day: each edge of a dispense, what follows it, who has left."""

from datetime import date, timedelta

import pytest
import time_machine

from accounts.models import Employee
from dispenses.models import Dispense
from dispenses.queue.payroll import Granted, Told, due_after, facts_on, told_on
from tests.factories import DispenseFactory, EmployeeFactory

DAY = date(2027, 3, 10)
ONE = timedelta(days=1)
SINCE, UNTIL = date(2027, 1, 1), date(2027, 3, 31)


@pytest.mark.parametrize(
    ("day", "dispensed"),
    [(SINCE - ONE, False), (SINCE, True), (UNTIL, True), (UNTIL + ONE, False)],
)
def test_both_days_are_included(day: date, dispensed: bool) -> None:
    told = told_on(day, [Granted(SINCE, UNTIL, "couvert_par_ailleurs")])
    assert told == Told(dispensed, SINCE, UNTIL, UNTIL + ONE, "couvert_par_ailleurs")


def test_without_end_nothing_is_due() -> None:
    assert told_on(DAY, [Granted(SINCE, None)]) == Told(True, SINCE, None, None)
    assert told_on(DAY, [Granted(None, None)]).dispensed
    assert told_on(DAY, []) == Told()


@pytest.mark.parametrize(
    ("since", "due"),
    [(UNTIL + ONE, None), (UNTIL, None), (UNTIL + 2 * ONE, UNTIL + ONE)],
)
def test_what_follows_without_a_gap_puts_the_affiliation_off(since: date, due: date | None) -> None:
    granted = [Granted(SINCE, UNTIL), Granted(since, None)]
    assert told_on(DAY, granted).affiliation_due_on == due
    assert told_on(since, granted) == Told(True, since, None, None)


def test_in_a_gap_the_one_that_is_over_speaks_so_that_its_affiliation_is_told() -> None:
    granted = [Granted(SINCE, UNTIL), Granted(UNTIL + 30 * ONE, None)]
    assert told_on(UNTIL + ONE, granted) == Told(False, SINCE, UNTIL, UNTIL + ONE)
    assert told_on(SINCE - ONE, [Granted(UNTIL, None), Granted(SINCE, DAY)]).effective_on == SINCE


@pytest.mark.parametrize(
    ("left_on", "until", "due"),
    [
        (UNTIL, UNTIL, None),
        (UNTIL + ONE, UNTIL, UNTIL + ONE),
        (DAY, DAY, None),
        (None, UNTIL, UNTIL + ONE),
    ],
)
def test_who_has_left_by_then_is_not_to_be_affiliated(left_on: date | None, until: date, due: date | None) -> None:
    told = told_on(DAY, [Granted(SINCE, UNTIL)], left_on)
    assert told == Told(True, SINCE, until, due)
    assert not told_on(until + ONE, [Granted(SINCE, UNTIL)], left_on).dispensed


@pytest.mark.parametrize(
    ("affiliated_on", "due"),
    [
        (UNTIL + ONE, None),
        (UNTIL + 9 * ONE, None),
        (UNTIL, UNTIL + ONE),  # of before the end: it says nothing of what comes after
        (SINCE - ONE, UNTIL + ONE),
    ],
)
@pytest.mark.parametrize("day", [DAY, UNTIL + 30 * ONE])
def test_who_is_declared_affiliated_since_is_due_no_more(day: date, affiliated_on: date, due: date | None) -> None:
    assert told_on(day, [Granted(SINCE, UNTIL)], affiliated_on=affiliated_on).affiliation_due_on == due


def test_one_that_never_had_a_day_is_not_told() -> None:
    """Replaced before it began, or granted for after the departure."""
    assert told_on(DAY, [Granted(UNTIL, SINCE)]) == Told()
    assert told_on(DAY, [Granted(UNTIL, None)], left_on=DAY) == Told()


@pytest.mark.django_db
@time_machine.travel("2027-03-10T10:00:00+01:00", tick=False)
def test_rows_of_the_database_an_ended_one_counting_until_its_end() -> None:
    ended = DispenseFactory(ended=True)
    Dispense.objects.filter(pk=ended.pk).update(effective_on=SINCE)
    asked, refused = DispenseFactory(in_progress=True), DispenseFactory(refused=True)
    everyone = Employee.objects.order_by("pk")
    found = {facts.employee_id: facts.told for facts in facts_on(DAY - ONE, everyone)}
    assert found[ended.employee_id] == Told(True, SINCE, DAY - ONE, DAY, ended.motif.family)
    assert found[asked.employee_id] == found[refused.employee_id] == Told()
    (told,) = (facts.told for facts in facts_on(DAY, everyone.filter(pk=ended.employee_id)))
    assert not told.dispensed
    ended.refresh_from_db()
    assert (due_after(ended), due_after(asked)) == (DAY, None)


@pytest.mark.django_db
def test_three_queries_whatever_the_employees(django_assert_num_queries: object) -> None:
    EmployeeFactory.create_batch(3)
    DispenseFactory(accepted=True)
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert len(list(facts_on(DAY, Employee.objects.order_by("pk")))) == 4

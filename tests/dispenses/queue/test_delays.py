"""The promised delay: working days, public holidays, and the clock that stops."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispenses.queue import delays
from dispenses.queue.delays import Clock, is_working, replay, shift, step, working_days

DAYS = st.dates(date(2024, 1, 1), date(2035, 12, 31))
DELAYS = st.integers(1, 30)


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        (date(2026, 11, 23), date(2026, 12, 7)),  # Monday: two weeks later
        (date(2026, 11, 20), date(2026, 12, 4)),  # Friday
        (date(2026, 11, 21), date(2026, 12, 4)),  # Saturday counts as the Friday before
        (date(2026, 12, 22), date(2027, 1, 7)),  # Christmas and New Year's Day are not worked
        (date(2026, 4, 30), date(2026, 5, 19)),  # 1 May, 8 May, Ascension on the 14th
    ],
)
def test_ten_working_days(sent: date, due: date) -> None:
    assert shift(sent, 10) == due


def test_the_holidays_are_the_eleven_of_the_law() -> None:
    assert delays.public_holidays(2026) == {
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 8),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 7, 14),
        date(2026, 8, 15),
        date(2026, 11, 1),
        date(2026, 11, 11),
        date(2026, 12, 25),
    }
    assert is_working(date(2026, 4, 3)), "Good Friday is worked outside Alsace-Moselle"
    assert is_working(date(2028, 12, 26))


@given(start=DAYS, count=st.integers(-40, 40))
def test_a_shift_ends_on_a_working_day_as_far_as_asked(start: date, count: int) -> None:
    end = shift(start, count)
    assert is_working(end)
    if count or is_working(start):
        assert working_days(start, end) == count
    else:
        assert end > start


@given(one=DAYS, two=DAYS, three=DAYS)
def test_days_between_add_up(one: date, two: date, three: date) -> None:
    assert working_days(one, three) == working_days(one, two) + working_days(two, three)
    assert working_days(one, two) == -working_days(two, one)


@given(sent=DAYS, steps=st.lists(st.integers(0, 60), max_size=8), delay=DELAYS)
def test_the_time_spent_waiting_for_the_employee_is_not_the_centre_s(sent: date, steps: list[int], delay: int) -> None:
    """Working days passed in the centre's hands, plus those left, make the promise, whatever happened between."""
    clock, day, runs, spent = step(None, runs=True, on=sent, delay=delay), sent, True, 0
    for wait in steps:
        later = day + timedelta(days=wait)
        spent += working_days(day, later) if runs else 0
        runs, day = not runs, later
        clock = step(clock, runs=runs, on=day, delay=delay)
        left = working_days(day, clock.due_on) if runs else clock.days_left
        assert left == delay - spent or (delay == spent and not is_working(day))  # the next working day, then
        spent = delay - left if left is not None else spent


@given(happened=st.lists(st.tuples(DAYS, st.booleans()), min_size=1, max_size=8), delay=DELAYS)
def test_what_changes_nothing_for_the_clock_changes_nothing(happened: list[tuple[date, bool]], delay: int) -> None:
    happened.sort(key=lambda pair: pair[0])
    doubled = [pair for pair in happened for _ in range(2)]
    assert replay(happened, delay=delay) == replay(doubled, delay=delay)


def test_days_overdue_are_not_forgiven_by_a_complement() -> None:
    late = Clock(due_on=date(2026, 11, 16))
    stopped = step(late, runs=False, on=date(2026, 11, 18), delay=10)
    assert stopped == Clock(date(2026, 11, 16), -2)
    assert step(stopped, runs=True, on=date(2026, 12, 16), delay=10) == Clock(date(2026, 12, 14))


def test_an_answer_on_the_last_day_leaves_the_day_itself() -> None:
    assert step(Clock(date(2026, 11, 20), 0), runs=True, on=date(2026, 11, 23), delay=10).due_on == date(2026, 11, 23)
    assert step(Clock(date(2026, 11, 20), 0), runs=True, on=date(2026, 11, 28), delay=10).due_on == date(2026, 11, 30)


def test_an_empty_history_has_no_clock() -> None:
    assert replay([], delay=10) is None

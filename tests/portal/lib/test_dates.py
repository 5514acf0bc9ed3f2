"""Days, months and instants, on the days when clocks change and on all others."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.lib.dates import EARLIEST, LATEST, add_months, add_years, end_of_day, instant, start_of_day

FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)  # clocks go from 2:00 to 3:00, and from 3:00 to 2:00
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "start", "hours"),
    [
        (date(2026, 1, 1), datetime(2025, 12, 31, 23, tzinfo=UTC), 24),
        (FORWARD, datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (date(2026, 7, 15), datetime(2026, 7, 14, 22, tzinfo=UTC), 24),
        (BACK, datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        (date(2028, 2, 29), datetime(2028, 2, 28, 23, tzinfo=UTC), 24),
    ],
)
def test_a_day_begins_and_ends_at_midnight_in_paris(day: date, start: datetime, hours: int) -> None:
    assert start_of_day(day) == start
    assert end_of_day(day) - start_of_day(day) == hours * HOUR
    assert start_of_day(day).tzinfo is UTC  # so that whoever adds to it adds true hours
    assert end_of_day(day).tzinfo is UTC


@given(st.dates(date(1980, 1, 1), date(2100, 1, 1)))
def test_every_instant_belongs_to_the_day_that_holds_it(day: date) -> None:
    start, end = start_of_day(day), end_of_day(day)
    assert end == start_of_day(day + timedelta(days=1))
    assert timezone.localdate(start) == timezone.localdate(end - timedelta(microseconds=1)) == day
    assert timezone.localdate(start - timedelta(microseconds=1)) == day - timedelta(days=1)


def test_the_hour_that_is_missing_and_the_hour_that_comes_twice() -> None:
    assert instant(FORWARD, 1, 59) == datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert instant(FORWARD, 2, 30) == instant(FORWARD, 3, 30) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert instant(BACK, 2, 30) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant(BACK, 3, 0) - instant(BACK, 2, 30) == timedelta(hours=1, minutes=30)


@pytest.mark.parametrize("day", [date.min, date.max, EARLIEST, LATEST])
def test_days_that_nobody_means_have_their_instants_too(day: date) -> None:
    assert start_of_day(day) < end_of_day(day)
    assert 1899 <= start_of_day(day).year <= 9000


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 3, 31), 1, date(2026, 4, 30)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 11, 30), 15, date(2028, 2, 29)),
        (date(2026, 5, 4), 0, date(2026, 5, 4)),
    ],
)
def test_a_month_too_short_ends_the_term_on_its_last_day(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


def test_a_29_february_ends_its_years_on_the_28_but_for_leap_years() -> None:
    assert [add_years(date(2028, 2, 29), years) for years in (1, 4, 6)] == [
        date(2029, 2, 28),
        date(2032, 2, 29),
        date(2034, 2, 28),
    ]


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(-1200, 1200))
def test_months_add_up_whatever_the_day(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


def test_no_month_lies_past_the_calendar() -> None:
    for day, months in ((date.max, 1), (date.min, -1)):
        with pytest.raises(ValueError, match="out of range"):
            add_months(day, months)

"""The promised delay: working days, French public holidays, a clock that runs only while the centre has the request.

Working days are Monday to Friday but for the public holidays of article L3133-1 of the Code du travail. The day on
which something comes in is not counted (Code de procédure civile, article 641, by analogy). Pure functions over dates
in Europe/Paris.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from holidays import country_holidays

ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=128)
def public_holidays(year: int) -> frozenset[date]:
    """The eleven public holidays of metropolitan France in `year`, without those of Alsace-Moselle."""
    return frozenset(country_holidays("FR", years=year))


def is_working(day: date) -> bool:
    return day.weekday() < 5 and day not in public_holidays(day.year)


def working_days(start: date, end: date) -> int:
    """Working days after `start`, up to and including `end`; negative when `end` comes first."""
    if end < start:
        return -working_days(end, start)
    count, day = 0, start
    while day < end:
        day += ONE_DAY
        count += is_working(day)
    return count


def shift(start: date, count: int) -> date:
    """The working day that ends `count` working days after `start`; before it when negative.

    Nothing left is still that day, or the next working day when it is not one.
    """
    step = ONE_DAY if count >= 0 else -ONE_DAY
    day, left = start, abs(count)
    if count <= 0:
        while not is_working(day):
            day += step
    while left:
        day += step
        left -= is_working(day)
    return day


@dataclass(frozen=True)
class Clock:
    """Where the promise stands: the date due, and the days that are left while the clock is stopped (None: it runs)."""

    due_on: date
    days_left: int | None = None


def step(clock: Clock | None, *, runs: bool, on: date, delay: int) -> Clock:
    """The clock after something happened `on` that day; `runs`: the request is now in the centre's hands.

    `delay`: the promise, in working days, with which a clock starts. A stopped clock keeps what is left, overdue days
    included, and gives it back from the day on which it runs again.
    """
    if clock is None:
        clock = Clock(shift(on, delay))
        return clock if runs else Clock(clock.due_on, working_days(on, clock.due_on))
    if runs and clock.days_left is not None:
        return Clock(shift(on, clock.days_left))
    if not runs and clock.days_left is None:
        return Clock(clock.due_on, working_days(on, clock.due_on))
    return clock


def replay(happened: Iterable[tuple[date, bool]], *, delay: int) -> Clock | None:
    """The clock after the whole of a history, as (day, runs) in order; None for an empty one."""
    clock: Clock | None = None
    for on, runs in happened:
        clock = step(clock, runs=runs, on=on, delay=delay)
    return clock

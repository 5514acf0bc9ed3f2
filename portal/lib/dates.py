"""Days, months and instants.

An instant is an aware datetime in UTC, the only kind on which adding, subtracting and replacing mean what they say:
Python adds to a local time on the clock of the wall, which skips an hour in March and shows one twice in October. Local
times (Europe/Paris) are for reading by people. `make lint` sees to it with `tests/lint_instants.py`.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

ONE_DAY = timedelta(days=1)
EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)  # beyond, no time zone nor database is sure of itself


def instant(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """The instant at which clocks in Europe/Paris show that hour of `day`, in UTC.

    An hour that comes twice is its first time; one that is missing counts from the change of clocks on: 2:30 is then
    3:30. A day before EARLIEST or after LATEST counts as that one.
    """
    return _instant(_bounded(day), time(hour, minute))


def start_of_day(day: date) -> datetime:
    """The first instant of `day` in Europe/Paris, in UTC."""
    return instant(day)


def end_of_day(day: date) -> datetime:
    """The instant at which `day` is over in Europe/Paris, which is the first of the day after, in UTC.

    A day lasts 23, 24 or 25 hours: take both ends, and never add hours to the first.
    """
    return _instant(_bounded(day) + ONE_DAY, time.min)


def _bounded(day: date) -> date:
    return min(max(day, EARLIEST), LATEST)


def _instant(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, timezone.get_default_timezone()).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later; the last of the month when it has no such day.

    So says article 641 of the Code de procédure civile. Raises ValueError past the year 9999.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError(f"year {year} is out of range")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_years(day: date, years: int) -> date:
    """The same day, `years` later; 28 February for a 29 February that does not exist. Raises as `add_months` does."""
    return add_months(day, 12 * years)

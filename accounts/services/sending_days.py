"""The day on which a correspondent has mails leave: today, at once, or a later one, in the morning."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from portal.lib.dates import instant
from portal.lib.typography import long_day

AHEAD_DAYS = 60
HOUR = 9  # in Europe/Paris


class DayRefused(ValueError):
    """No day on which mails may leave; its words say which ones are."""


def last_day(today: date) -> date:
    """The last day that may be chosen."""
    return today + timedelta(days=AHEAD_DAYS)


def read_day(text: str, today: date) -> date:
    """The day that a form sends as « 2026-12-07 ». Raises DayRefused for what is none, is past or too far."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not today <= day <= last_day(today):
        raise DayRefused(f"Choisissez un jour entre aujourd’hui et le {long_day(last_day(today))}")
    return day


def send_at(day: date, now: datetime) -> datetime:
    """When what is asked for `day` leaves: at once for today, at HOUR on another day."""
    return now if day <= timezone.localdate(now) else instant(day, HOUR)

"""How long each task of the schedule may be silent: the longest time between two of its turns."""

from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from celery.schedules import crontab
from django.conf import settings

DAYS = 14  # two weeks hold every gap of a schedule that is made of minutes, hours and days of the week


@cache
def longest_gaps() -> dict[str, float]:
    """Seconds, by name of task; of a task that has several turns, the shortest."""
    found: dict[str, float] = {}
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        gap = longest_gap(entry["schedule"])
        found[entry["task"]] = min(gap, found.get(entry["task"], gap))
    return found


def longest_gap(schedule: Any) -> float:
    """Seconds between the two turns that are furthest apart. Of a crontab: minutes, hours, days of the week alone."""
    if not isinstance(schedule, crontab):
        return float(schedule.total_seconds() if isinstance(schedule, timedelta) else schedule)
    of_it: Any = schedule  # its stubs lack what it is made of
    turns: list[int] = [
        (day * 24 + hour) * 60 + minute
        for day in range(DAYS)
        if day % 7 in of_it.day_of_week
        for hour in sorted(of_it.hour)
        for minute in sorted(of_it.minute)
    ]
    return max(later - sooner for sooner, later in pairwise(turns)) * 60.0

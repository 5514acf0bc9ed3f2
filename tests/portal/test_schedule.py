"""What happens by itself happens as often as written on any day, and at hours that suit people in Paris."""

from datetime import datetime

import pytest
import time_machine
from celery.schedules import crontab
from django.conf import settings
from django.utils import timezone

from portal.celery import app
from tests.days import DAYS, instant

CRONTABS = {
    name: entry["schedule"]
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
    if isinstance(entry["schedule"], crontab)
}


def schedule(name: str) -> crontab:
    written = CRONTABS[name]
    return crontab(minute=written._orig_minute, hour=written._orig_hour, day_of_week=written._orig_day_of_week, app=app)


def runs(name: str, start: datetime, hours: int) -> list[datetime]:
    """The instants at which beat, awake at each minute, would send it."""
    found, last = [], start
    with time_machine.travel(start, tick=False) as clock:
        entry = schedule(name)
        for _ in range(hours * 60):
            clock.shift(60)
            if entry.is_due(last).is_due:
                last = app.now()
                found.append(last)
    return found


@pytest.mark.parametrize("name", CRONTABS)
@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
def test_what_has_just_run_is_not_due_again(name: str, day: str) -> None:
    with time_machine.travel(instant(day), tick=False):
        due = schedule(name).is_due(app.now())
    assert not due.is_due
    assert due.next > 0


@pytest.mark.parametrize("day", ["2027-03-28T00:00+01:00", "2027-10-31T00:00+02:00", "2027-07-15T00:00+02:00"])
def test_each_runs_as_often_on_a_day_of_23_or_25_hours(day: str) -> None:
    start = datetime.fromisoformat(day)
    assert len(runs("refresh-figures", start, 24)) == 144
    assert len(runs("reconcile-storage", start, 24)) == 24
    assert len(runs("purge-mails", start, 24)) == 1
    assert len(runs("end-dispenses", start, 24)) == 2


@pytest.mark.parametrize("day", ["2027-01-12T00:00+01:00", "2027-07-15T00:00+02:00"], ids=["winter", "summer"])
@pytest.mark.parametrize(
    "name", ["remind-invitations", "remind-complements", "tell-steps", "warn-of-unreached", "send-digests"]
)
def test_people_hear_of_it_by_day(name: str, day: str) -> None:
    hours = {timezone.localtime(run).hour for run in runs(name, datetime.fromisoformat(day), 24)}
    assert hours
    assert min(hours) >= 7
    assert max(hours) <= 18


@pytest.mark.parametrize("day", ["2027-01-12T00:00+01:00", "2027-07-15T00:00+02:00"], ids=["winter", "summer"])
def test_a_dispense_ends_in_the_first_hours_of_its_morrow(day: str) -> None:
    first = runs("end-dispenses", datetime.fromisoformat(day), 24)[0]
    assert timezone.localtime(first).hour <= 1

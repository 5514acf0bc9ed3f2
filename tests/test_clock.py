"""Another day for a whole run, the list of days, and sessions under one clock."""

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import holidays
import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests import clock, days
from tests.factories import UserFactory

ROOT = Path(__file__).resolve().parent.parent
LATE = datetime(2026, 11, 25, 9, tzinfo=UTC)


# Days


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2028-02-29T01:30", "2028-02-29T00:30+00:00"),
        ("2027-07-15T02:30", "2027-07-15T00:30+00:00"),
        ("2027-03-28T02:30", "2027-03-28T01:30+00:00"),
        ("2027-10-31T02:30", "2027-10-31T00:30+00:00"),
        ("2027-10-31T02:30+02:00", "2027-10-31T00:30+00:00"),
        ("2027-10-31T02:30+01:00", "2027-10-31T01:30+00:00"),
        ("2027-01-01", "2026-12-31T23:00+00:00"),
    ],
)
def test_a_day_is_a_wall_time_of_paris(written: str, read: str) -> None:
    assert days.instant(written) == datetime.fromisoformat(read)


@pytest.mark.parametrize("written", ["demain", "2027-02-29T01:30", "29/02/2028", "2028-02-29T25:00"])
def test_a_day_written_otherwise_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        days.instant(written)


def test_each_day_of_the_list_is_what_it_says() -> None:
    at = {name: days.instant(day) for name, day in days.DAYS.items()}
    shown = {name: f"{timezone.localtime(moment):%a %d %H:%M %z}" for name, moment in at.items()}
    assert shown["the hour that is missing in March"] == "Sun 28 03:30 +0200"
    assert shown["the doubled hour of October, first time"] == "Sun 31 02:30 +0200"
    assert shown["the doubled hour of October, second time"] == "Sun 31 02:30 +0100"
    assert shown["a night of summer"] == "Thu 15 02:30 +0200"
    assert shown["just before midnight"] == "Tue 15 23:58 +0200"
    assert shown["just after midnight"] == "Wed 16 00:02 +0200"
    assert shown["a Sunday"].startswith("Sun")
    assert at["before 8:00 UTC"].hour < 8 <= timezone.localtime(at["before 8:00 UTC"]).hour
    assert timezone.localdate(at["the last day of a month"] + timedelta(days=1)).day == 1
    holiday = timezone.localdate(at["a public holiday"])
    assert holiday in holidays.country_holidays("FR", years=holiday.year)
    assert holiday.weekday() < 5


def test_commits_draw_every_day_and_always_the_same() -> None:
    commits = [f"{7919 * number:040x}" for number in range(400)]
    draws = Counter(map(days.drawn, commits))
    assert set(draws) == set(days.DAYS.values())
    assert Counter(map(days.drawn, commits)) == draws
    printed = subprocess.run(
        [sys.executable, "-m", "tests.days", commits[9]], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert printed.stdout == f"{days.drawn(commits[9])}\n"


# A run on another day

INSIDE = """
import subprocess, sys, time
from datetime import UTC, datetime

IMPORTED = datetime.now(UTC)
ASK = "import time; from datetime import date; print(time.time(), date.today())"


def test_it(worker_id):
    import time_machine

    assert worker_id.startswith("gw")
    started = time.monotonic()
    told, day = subprocess.run([sys.executable, "-c", ASK], check=True, capture_output=True, text=True).stdout.split()
    assert 0 <= time.time() - float(told) < 30, "one clock in every process"
    assert (day, f"{IMPORTED:%Y-%m-%d}") == ("2028-02-29", "2028-02-29")
    with time_machine.travel(0, tick=False):
        assert time.time() == 0
    assert 0 < datetime.now(UTC).timestamp() - IMPORTED.timestamp() < 60
    assert 0 <= time.monotonic() - started < 60
"""


def run_on(day: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """A pytest of its own, with two workers, on that day."""
    (folder / "test_inside.py").write_text(INSIDE, encoding="utf-8")
    (folder / "conftest.py").write_text("from tests import clock\n\nclock.start()\n", encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    variables = {name: value for name, value in os.environ.items() if name not in {clock.SHIFT, "PYTHONPATH"}}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, str(folder)],
        cwd=folder,
        env={
            **variables,
            "PORTAL_TEST_DAY": day,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "portal.settings.test",
        },
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_a_run_its_workers_and_their_processes_are_on_the_day_asked_for(tmp_path: Path) -> None:
    done = run_on("2028-02-29T12:30", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.slow
def test_a_day_that_does_not_exist_stops_the_run_in_words(tmp_path: Path) -> None:
    done = run_on("2027-02-29T12:30", tmp_path)
    assert done.returncode != 0
    assert "PORTAL_TEST_DAY=2027-02-29T12:30" in done.stdout + done.stderr


# Sessions


@pytest.mark.django_db
def test_a_session_under_two_clocks_fails_its_test(client: Client) -> None:
    client.force_login(UserFactory())
    with time_machine.travel(LATE), pytest.raises(pytest.fail.Exception, match="under another"):
        client.get("/")
    with time_machine.travel(LATE):
        client.force_login(UserFactory())
    with pytest.raises(pytest.fail.Exception, match="under another"):
        client.get("/")


@pytest.mark.django_db
def test_a_session_may_see_its_clock_shifted_or_stopped(client: Client) -> None:
    client.force_login(UserFactory())
    with time_machine.travel(datetime.now(UTC), tick=False) as stopped:
        client.get("/")
        stopped.shift(timedelta(minutes=20))
        client.get("/")
    with time_machine.travel(LATE) as frozen:
        client.force_login(UserFactory())
        frozen.shift(timedelta(days=3))
        client.get("/")
    Client().get("/")


@pytest.fixture
def made_at() -> datetime:
    return datetime.now(UTC)


@pytest.mark.time_machine(LATE, tick=False)
def test_a_mark_freezes_the_fixtures_of_a_test_too(made_at: datetime) -> None:
    assert made_at == datetime.now(UTC) == LATE

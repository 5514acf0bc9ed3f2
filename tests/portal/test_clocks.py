"""A machine whose clock is not the database's serves nobody and takes no work."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import Q
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone

from accounts.messages import AccountOpened
from notifications import outbox
from notifications.models import OutgoingEmail
from portal import celery
from portal.lib import clocks, leases
from tests.notifications.messages import example

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("ahead", "status"), [(0, 200), (10, 200), (-10, 200), (10.1, 503), (-7200, 503)])
def test_a_clock_that_is_off_is_no_health(monkeypatch: pytest.MonkeyPatch, ahead: float, status: int) -> None:
    monkeypatch.setattr(clocks, "gap", lambda: float(ahead))
    answer = Client().get("/sante")
    assert answer.status_code == status
    if status == 503:
        assert "horloge" in answer.content.decode()
        with pytest.raises(SystemExit, match="NTP"):
            celery.refuse_another_clock()
    else:
        celery.refuse_another_clock()


def test_a_database_that_is_down_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> float:
        raise OperationalError

    monkeypatch.setattr(clocks, "gap", down)
    celery.refuse_another_clock()
    assert "injoignable" in Client().get("/sante").content.decode()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """This process watches its clock; the list has the gap of the moment, and the monotonic clock goes as it says."""
    ahead, ticks = [0.0], [1000.0]
    monkeypatch.setattr(clocks, "_watch", clocks.Watch())
    monkeypatch.setattr(clocks, "gap", lambda: ahead[0])

    def monotonic() -> float:
        ticks.append(ticks[-1] + clocks.WATCH_SECONDS)
        return ticks[-1]

    monkeypatch.setattr(clocks, "time", SimpleNamespace(monotonic=monotonic))
    return ahead


@pytest.mark.parametrize("ahead", [7200.0, -7200.0])
def test_a_clock_that_goes_wrong_under_a_worker_takes_nothing_and_loses_nothing(
    watched: list[float], ahead: float, caplog: pytest.LogCaptureFixture
) -> None:
    mail = outbox.enqueue(example(AccountOpened), to="a@exemple.fr", dedup_key="1")
    assert mail
    waiting = OutgoingEmail.objects.filter(status="queued")
    watched[0] = ahead
    assert leases.claim(waiting, limit=10, lease=timedelta(minutes=1)) == []
    assert leases.take(waiting, mail.pk, lease=timedelta(minutes=1)) is None
    OutgoingEmail.objects.update(status="sending", leased_until=timezone.now() - timedelta(seconds=1))
    assert leases.take_back(OutgoingEmail.objects.all(), given_up=Q(attempts__gte=5)) == 0
    assert caplog.text.count("nothing is taken until it is set") == 1
    watched[0] = 0.0
    assert leases.take_back(OutgoingEmail.objects.all(), given_up=Q(attempts__gte=5)) == 1
    assert [
        row.pk
        for row in leases.claim(OutgoingEmail.objects.filter(status="retry"), limit=10, lease=timedelta(minutes=1))
    ] == [mail.pk]


def test_a_process_that_is_no_worker_does_not_ask_the_time(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert clocks.may_take()


@pytest.mark.postgresql
def test_the_gap_is_that_of_the_server() -> None:
    assert abs(clocks.gap()) < 5
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        assert 7190 < clocks.gap() < 7210
    assert connection.vendor == "postgresql"

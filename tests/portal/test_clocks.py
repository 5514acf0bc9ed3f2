"""A machine whose clock is not the database's serves nobody and takes no work."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone

from portal import celery
from portal.lib import clocks

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("ahead", "status"), [(0, 200), (30, 200), (-30, 200), (31, 503), (-7200, 503)])
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


@pytest.mark.postgresql
def test_the_gap_is_that_of_the_server() -> None:
    assert abs(clocks.gap()) < 5
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        assert 7190 < clocks.gap() < 7210
    assert connection.vendor == "postgresql"

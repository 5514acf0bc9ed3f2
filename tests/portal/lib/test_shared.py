"""What processes keep together: on a real Redis, or in a folder; a page never fails for it."""

import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from dispenses.queue import standing
from portal.lib import shared
from portal.settings.cache import shared_cache
from tests.factories import EmployeeFactory, EmployerFactory
from tests.servers.broker import Broker
from tests.servers.waiting import until

ROOT = Path(__file__).resolve().parents[3]
KEEP = "shared.keep('figures', {'invited': 3}, seconds=60)"
RECALL = "print(shared.recall('figures'))"


def use(settings: Any, entry: dict[str, Any]) -> None:
    settings.CACHES = settings.CACHES | {"shared": entry}


@pytest.fixture
def server(settings: Any, tmp_path: Path) -> Iterator[Broker]:
    """A Redis server, which this process takes for the shared cache."""
    broker = Broker(tmp_path)
    use(settings, shared_cache(broker.url, broker="", folder=tmp_path))
    assert until(lambda: answers(broker))
    try:
        yield broker
    finally:
        broker.stop()


def answers(broker: Broker) -> bool:
    with contextlib.suppress(redis.ConnectionError):
        return bool(redis.Redis.from_url(broker.url).ping())
    return False


def in_a_process(words: str, **variables: str) -> str:
    code = f"import django; django.setup(); from portal.lib import shared; {words}"
    given = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "portal.settings.dev"} | variables
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.redis
def test_two_processes_keep_the_same_on_a_server(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    try:
        assert until(lambda: answers(broker))
        given = {"PORTAL_CACHE_URL": broker.url, "PORTAL_VAR_DIR": str(tmp_path)}
        in_a_process(KEEP, **given)
        assert in_a_process(RECALL, **given) == "{'invited': 3}"
    finally:
        broker.stop()


def test_two_processes_of_a_machine_without_a_server_keep_the_same(tmp_path: Path) -> None:
    in_a_process(KEEP, PORTAL_VAR_DIR=str(tmp_path))
    assert in_a_process(RECALL, PORTAL_VAR_DIR=str(tmp_path)) == "{'invited': 3}"


def test_the_broker_s_server_is_taken_unless_another_is_given(tmp_path: Path) -> None:
    broker = "redis://:mot@broker:6379/0"
    assert shared_cache("", broker=broker, folder=tmp_path)["LOCATION"] == broker
    assert shared_cache("rediss://ailleurs/2", broker=broker, folder=tmp_path)["LOCATION"] == "rediss://ailleurs/2"
    assert shared_cache("", broker="amqp://broker", folder=tmp_path)["LOCATION"] == tmp_path
    with pytest.raises(ImproperlyConfigured, match="PORTAL_CACHE_URL"):
        shared_cache("memcached://ailleurs", broker=broker, folder=tmp_path)


@pytest.mark.redis
@pytest.mark.django_db
def test_the_figures_of_a_large_employer_come_from_the_server_and_are_json(
    server: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "LARGE", 2)
    employer, now = EmployerFactory(), timezone.now()
    EmployeeFactory.create_batch(2, employer=employer)
    first = standing.counts(employer.pk, now)
    EmployeeFactory(employer=employer)
    assert standing.counts(employer.pk, now) == first
    link = redis.Redis.from_url(server.url)
    (key,) = link.keys()
    assert key.startswith(b"portail:")
    assert 0 < link.ttl(key) <= 60
    assert link.get(key).startswith(b'{"by_state": {')
    link.flushall()  # restarted empty
    assert standing.counts(employer.pk, now).total == 3


@pytest.mark.redis
@pytest.mark.django_db
@pytest.mark.parametrize("fault", [signal.SIGSTOP, signal.SIGKILL], ids=["frozen", "gone"])
def test_a_server_that_is_frozen_or_gone_costs_a_reading_once_warned(
    fault: signal.Signals, server: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(standing, "LARGE", 1)
    employer, now = EmployerFactory(), timezone.now()
    EmployeeFactory(employer=employer)
    assert standing.counts(employer.pk, now).total == 1
    server.send(fault)
    EmployeeFactory(employer=employer)
    with caplog.at_level(logging.WARNING, logger="portal.lib.shared"):
        assert [standing.counts(employer.pk, now).total for _ in range(3)] == [2, 2, 2]
    assert len(caplog.records) == 1  # then it is left alone, so that people do not wait for it
    if fault == signal.SIGSTOP:
        server.send(signal.SIGCONT)
        monkeypatch.setattr(shared._Quiet, "until", 0.0)
        assert standing.counts(employer.pk, now).total == 1  # of the last minute


@pytest.mark.redis
def test_what_somebody_else_wrote_on_the_server_runs_nothing(server: Broker) -> None:
    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return pytest.fail, ("exécuté",)

    shared.keep("figures", 1, seconds=60)
    link = redis.Redis.from_url(server.url)
    (key,) = link.keys()
    link.set(key, pickle.dumps(Attack()))
    assert shared.recall("figures") is None


def test_a_full_disk_is_no_page_in_error(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "cache").touch()  # no folder can be made there
    use(settings, shared_cache("", broker="", folder=tmp_path / "cache"))
    shared.keep("figures", 1, seconds=60)
    assert shared.recall("figures") is None

"""A real Prometheus reads a portal of two web processes: counts are added up, rules and panels answered."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.environment import ROOT
from tests.portal.operations.test_rules import RULES, alerts, panels
from tests.prepared import environment_of, put_portal
from tests.servers.ports import free_port
from tests.servers.prometheus import start_prometheus
from tests.servers.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.prometheus]
TOKEN = "jeton-de-prometheus-des-tests-0123456789"
PAGES = 60


def get(port: int, path: str = "/aide/") -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        answer.read()
        return int(answer.status)


def answers(port: int) -> bool:
    try:
        return get(port, "/sante") == 200
    except OSError:
        return False


@contextmanager
def portal(var: Path, output: Path) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """The portal under gunicorn, with two processes: its port, its master."""
    port = free_port()
    environment = environment_of(
        var, DJANGO_SETTINGS_MODULE="portal.settings.dev", PORTAL_METRICS_TOKEN=TOKEN, WEB_CONCURRENCY="2"
    )
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "portal.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--config",
        "portal/gunicorn.py",
    ]
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        assert until(lambda: process.poll() is not None or answers(port))
        assert process.poll() is None, output.read_text()[-3000:]
        yield port, process
    finally:
        process.terminate()
        process.wait()


def children(process: "subprocess.Popen[bytes]") -> set[int]:
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {int(pid) for pid in found}


def test_prometheus_reads_the_portal(tmp_path: Path) -> None:
    var = tmp_path / "var"
    put_portal(var)
    rules = tmp_path / "alertes.yml"
    rules.write_text(RULES.read_text(encoding="utf-8"), encoding="utf-8")
    with (
        portal(var, tmp_path / "site.out") as (port, master),
        start_prometheus(tmp_path, target=port, token=TOKEN, rules=rules) as prometheus,
    ):
        with ThreadPoolExecutor(8) as people:
            assert set(people.map(lambda _: get(port), range(PAGES))) == {200}
        asked = 'sum(portail_http_requests_total{route="aide", status="200"})'
        assert until(lambda: prometheus.value(asked) == PAGES), prometheus.value(asked)
        assert prometheus.value('up{job="portail"}') == 1

        # A process that dies takes no count with it.
        before = children(master)
        os.kill(min(before), signal.SIGKILL)
        assert until(lambda: len(children(master)) == 2 and children(master) != before)
        assert until(lambda: answers(port))
        get(port)
        assert until(lambda: prometheus.value(asked) == PAGES + 1), prometheus.value(asked)

        # Rules and panels are answered without an error.
        groups = prometheus.ask("rules")["groups"]
        assert until(
            lambda: all(
                rule["health"] == "ok" for group in prometheus.ask("rules")["groups"] for rule in group["rules"]
            )
        ), groups
        assert {rule["name"] for group in groups for rule in group["rules"]} == {rule["alert"] for rule in alerts()}
        silent = [
            panel["title"]
            for panel in panels()
            for target in panel["targets"]
            if not prometheus.ask("query", query=target["expr"])["result"]
        ]
        # Nobody works in this portal, and no page of it failed: these alone have nothing to show.
        assert set(silent) <= {
            "Signes de vie",
            "Depuis la dernière réussite, en tours manqués",
            "Erreurs chez nous, par page",
        }

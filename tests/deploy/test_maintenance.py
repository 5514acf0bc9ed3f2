"""Closed and opened by a command beside two web processes: each knows, and a restart changes nothing."""

import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest

from tests.deploy.environment import ROOT
from tests.deploy.test_prometheus import children, get, portal
from tests.prepared import environment_of, put_portal
from tests.servers.waiting import until

pytestmark = pytest.mark.slow
ASKED = 40  # one after the other: each of the two processes has some


def maintenance(var: Path, geste: str) -> str:
    environment = environment_of(var, DJANGO_SETTINGS_MODULE="portal.settings.dev")
    command = [sys.executable, "manage.py", "maintenance", geste]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


def answered(port: int) -> set[int]:
    """Every status of ASKED pages."""

    def status() -> int:
        try:
            return get(port)
        except urllib.error.HTTPError as error:
            return error.code

    return {status() for _ in range(ASKED)}


def test_every_process_knows_and_a_restart_keeps_it(tmp_path: Path) -> None:
    var = tmp_path / "var"
    put_portal(var)
    with portal(var, tmp_path / "site.out") as (port, master):
        assert len(children(master)) == 2
        assert answered(port) == {200}
        assert maintenance(var, "on").startswith("Portail fermé")
        assert until(lambda: answered(port) == {503})
        assert get(port, "/sante") == 200
    with portal(var, tmp_path / "site.out") as (port, _):
        assert answered(port) == {503}  # from the very first
        maintenance(var, "off")
        assert until(lambda: answered(port) == {200})

"""`manage.py run`: starts, refuses a busy port, stops cleanly, leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests import clock
from tests.deploy.environment import ROOT
from tests.prepared import put_demonstration
from tests.servers.ports import free_port

pytestmark = pytest.mark.slow


def environment(var: Path, port: int, **extra: str) -> dict[str, str]:
    own = {"PATH": os.environ["PATH"], "PORTAL_VAR_DIR": str(var), "PORT": str(port)}
    return clock.environment() | own | extra


def processes(var: Path) -> dict[int, str]:
    """Command lines of the living processes that were given this folder."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"PORTAL_VAR_DIR={var}\0".encode() in variables and command:
            found[int(folder.name)] = command
    return found


def wait_for(condition: object, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.1)
    raise AssertionError("Rien n'est venu à temps.")


@contextmanager
def started(var: Path, port: int, **extra: str) -> Iterator["subprocess.Popen[str]"]:
    """`make run` on that folder; nothing of it outlives the test, even one that fails. `extra`: more environment."""
    put_demonstration(var)
    command = [sys.executable, "manage.py", "run"]
    piped: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(var, port, **extra), start_new_session=True, **piped
    ) as portal:
        try:
            yield portal
        finally:
            for pid in processes(var):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def everything_runs(var: Path) -> bool:
    """The command itself, the site and its process, the worker and its beat."""
    commands = list(processes(var).values())
    return sum("gunicorn" in c for c in commands) >= 2 and sum("celery" in c for c in commands) >= 2


@pytest.mark.parametrize("ask", [signal.SIGINT, signal.SIGHUP], ids=["ctrl-c", "hangup"])
def test_it_stops_cleanly_and_leaves_no_process(ask: signal.Signals, tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, port) as portal:
        wait_for(lambda: everything_runs(tmp_path))
        busy = subprocess.run(
            [sys.executable, "manage.py", "run"],
            cwd=ROOT,
            env=environment(tmp_path, port),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert busy.returncode == 1
        assert f"Le port {port} est déjà pris" in busy.stderr
        portal.send_signal(ask)
        output, _ = portal.communicate(timeout=40)
        assert portal.returncode == 0, output
        assert f"http://127.0.0.1:{port}" in output
        assert "virginie.durand@exemple.fr" in output
        assert processes(tmp_path) == {}


@pytest.mark.parametrize(("words", "name"), [("celery", "worker"), ("gunicorn", "site")])
def test_when_a_part_dies_it_says_which_and_stops_the_others(words: str, name: str, tmp_path: Path) -> None:
    with started(tmp_path, free_port()) as portal:
        wait_for(lambda: everything_runs(tmp_path))
        os.kill(min(pid for pid, command in processes(tmp_path).items() if words in command), signal.SIGKILL)
        output, _ = portal.communicate(timeout=40)
        assert portal.returncode == 1
        assert f"« {name} »" in output
        wait_for(lambda: processes(tmp_path) == {}, 10)

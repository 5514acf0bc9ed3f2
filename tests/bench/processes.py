"""Modules of the bench run in processes of their own, and gunicorn."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.servers.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


def run_module(module: str, environment: dict[str, str], *arguments: str) -> str:
    """What a module prints. Raises CalledProcessError when it fails; what it says of it goes to the terminal."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def answer_of(module: str, environment: dict[str, str], *arguments: str) -> Any:
    """The JSON of the last line that a module prints."""
    return json.loads(run_module(module, environment, *arguments).strip().splitlines()[-1])


@contextlib.contextmanager
def gunicorn(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """(port, process) of a server of 2 processes and 2 threads each."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--keep-alive", "30"]
    server = subprocess.Popen([*command, "--config", "portal/gunicorn.py"], cwd=ROOT, env=environment)
    try:
        _wait(port)
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=START_SECONDS)


def _wait(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError("gunicorn")

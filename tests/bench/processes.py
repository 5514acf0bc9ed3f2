"""Modules of the bench run in processes of their own, and gunicorn."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
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


def high_water(pid: int | str = "self") -> int:
    """The most memory that a process held since its program began, in bytes.

    Not getrusage's ru_maxrss: that one begins with what its parent held when it made the process.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


class PeakOfTree:
    """The most that this process and its descendants held together, in bytes, looked at every few milliseconds."""

    EVERY = 0.03  # seconds

    def __enter__(self) -> "PeakOfTree":
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(self.EVERY):
            self.peak = max(self.peak, _held(os.getpid()))


def _held(pid: int) -> int:
    """What a process and its descendants hold now, in bytes; 0 for one that has just ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        lists = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return 0
    return pages * resource.getpagesize() + sum(_held(int(child)) for some in lists for child in some)


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

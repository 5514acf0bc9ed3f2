"""Warm helpers that decode documents in processes of their own: see inspector.py."""

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("inspector.py")  # never imported: its decoders stay out of the web process

KEPT = 2  # idle helpers kept by one web process, about 50 MB each
AT_ONCE = 4  # documents decoded together by one web process; the others wait for a place, without using memory
SECONDS = 40  # start of a helper included; the helper itself kills what hangs for 30
START_ATTEMPTS = 2

_lock = threading.Lock()
_places = threading.BoundedSemaphore(AT_ONCE)
_idle: list["subprocess.Popen[bytes]"] = []
_owner = os.getpid()


class CannotInspect(Exception):
    """No helper could be started or none answered: our failure, which says nothing of the document."""


def examine(request: dict[str, Any]) -> dict[str, Any]:
    """Have one document decoded. Answers `pages` or `refused`, `peak` (bytes), `seconds`. Raises CannotInspect."""
    if not _places.acquire(timeout=SECONDS):
        raise CannotInspect("no place")
    try:
        return _examine(request)
    finally:
        _places.release()


def _examine(request: dict[str, Any]) -> dict[str, Any]:
    for _ in range(START_ATTEMPTS):
        helper = _take()
        try:
            found = _ask(helper, request)
        except (OSError, ValueError):
            _end(helper)  # an idle helper may have been killed since: try once more with a new one
            continue
        _give_back(helper)
        if "failure" in found:
            raise CannotInspect(found["failure"])
        return found
    raise CannotInspect("no answer")


def _take() -> "subprocess.Popen[bytes]":
    global _owner
    with _lock:
        if _owner != os.getpid():  # forked by the web server: the parent's helpers are not ours
            _idle.clear()
            _owner = os.getpid()
        if _idle:
            return _idle.pop()
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-I", str(PROGRAM)]
    try:
        return subprocess.Popen(  # noqa: S603 – our own program, arguments without a shell
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise CannotInspect("no helper") from error


def _ask(helper: "subprocess.Popen[bytes]", request: dict[str, Any]) -> dict[str, Any]:
    if helper.stdin is None or helper.stdout is None:
        raise OSError("no pipe")
    helper.stdin.write(json.dumps(request).encode() + b"\n")
    helper.stdin.flush()
    ready, _, _ = select.select([helper.stdout], [], [], SECONDS)
    if not ready:
        raise OSError("late")
    found: dict[str, Any] = json.loads(helper.stdout.readline())
    return found


def _give_back(helper: "subprocess.Popen[bytes]") -> None:
    with _lock:
        if len(_idle) < KEPT:
            _idle.append(helper)
            return
    _end(helper)


def _end(helper: "subprocess.Popen[bytes]") -> None:
    helper.kill()
    with contextlib.suppress(OSError):
        helper.communicate()


@atexit.register
def close() -> None:
    """End the idle helpers of this process."""
    if _owner != os.getpid():
        return
    while _idle:
        _end(_idle.pop())

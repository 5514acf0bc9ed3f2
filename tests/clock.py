"""The clock of the tests: a whole run on another day, and no session under two clocks.

`PORTAL_TEST_DAY=2028-02-29T01:30` (see tests/days.py) before pytest: the run, its workers and the Python processes that
its tests start see that instant, and the clock goes on. One shift is computed, by the first process, and inherited.
Only calendars move: `time.monotonic`, the dates that the kernel gives to files and the day by which OpenSSL judges
certificates stay those of the machine.
"""

import os
import time
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from tests.days import instant

SHIFT = "PORTAL_TEST_SHIFT"  # seconds to add to the machine's clock, for the processes of the run
SHIFTED = Path(__file__).with_name("shifted")  # on PYTHONPATH: its sitecustomize shifts a process as it starts
SLACK = 600  # seconds by which a frozen clock may lag behind on a slow machine


def start() -> None:
    """Shift this process, and those that it starts, to PORTAL_TEST_DAY if there is one."""
    day = os.environ.get("PORTAL_TEST_DAY")
    if not day or SHIFT in os.environ:  # inherited: its sitecustomize did it
        return
    try:
        shift = instant(day).timestamp() - time.time()
    except ValueError as error:
        raise pytest.UsageError(f"PORTAL_TEST_DAY={day} : écrivez un jour comme 2028-02-29T01:30 ({error})") from error
    os.environ[SHIFT] = str(shift)
    paths = [str(SHIFTED), os.environ["PYTHONPATH"]] if "PYTHONPATH" in os.environ else [str(SHIFTED)]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    time_machine.travel(time.time() + shift).start()
    time.time()  # the clock of a traveller starts when it is first asked for


def environment() -> dict[str, str]:
    """What the environment of a process must hold to be shifted too, when a test writes it from nothing."""
    return {name: os.environ[name] for name in (SHIFT, "PYTHONPATH") if SHIFT in os.environ}


def machine_time() -> float:
    """Seconds since the epoch of the machine, which the kernel and OpenSSL go by."""
    clock = time_machine.escape_hatch.time if time_machine.traveller_stack else time
    return float(clock.time())


def watch_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that signs in under one clock and asks a page under another, whatever the day it runs on.

    A clock that a test shifts is one clock, and it may be stopped at about the present instant.
    """
    begun: dict[str, tuple[object, float]] = {}
    force_login, request = Client.force_login, Client.request

    def clock() -> tuple[object, float]:
        travellers = time_machine.traveller_stack
        return (travellers[-1] if travellers else None), time.time() - machine_time()

    def session(client: Client) -> str:
        cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
        return cookie.value if cookie else ""

    def signing_in(self: Client, *args: Any, **given: Any) -> None:
        force_login(self, *args, **given)
        begun[session(self)] = clock()

    def asking(self: Client, **given: Any) -> Any:
        now = clock()
        then = begun.get(session(self), now)
        if now[0] is not then[0] and abs(now[1] - then[1]) > SLACK:
            pytest.fail("A session opened under one clock is used under another: freeze the clock for the whole test.")
        answer = request(self, **given)
        begun[session(self)] = now
        begun.pop("", None)
        return answer

    monkeypatch.setattr(Client, "force_login", signing_in)
    monkeypatch.setattr(Client, "request", asking)

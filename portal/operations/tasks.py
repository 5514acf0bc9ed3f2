"""Which tasks were done and which failed, counted by each worker and added up in the database.

What tells never prevents: a count that cannot be written is kept for the next time, and lost with its process at worst.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import states
from celery.signals import task_postrun, worker_init, worker_process_shutdown, worker_shutdown
from django.db import Error
from django.utils import timezone

from notifications.enums import Tallied
from notifications.models import Tally

EVERY = 20.0  # seconds between two writings about one task by one process; a failure is written at once
OUTCOMES = {states.SUCCESS: Tallied.TASK_DONE, states.FAILURE: Tallied.TASK_FAILED}


@dataclass
class Unwritten:
    """What a process has not told the database yet."""

    count: int
    at: datetime
    detail: str


class Counts:
    """What a worker's process knows of the tasks that it did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unwritten: dict[tuple[Tallied, str], Unwritten] = {}
        self._written: dict[tuple[Tallied, str], float] = {}  # time.monotonic

    def done(self, task: Any = None, state: str = "", retval: Any = None, **_: Any) -> None:
        """A task is over. An eager one is part of what called it; one that is tried again is not over."""
        kind = OUTCOMES.get(state)
        if kind is None or task is None or task.request.is_eager:
            return
        key, failed = (kind, str(task.name)), kind is Tallied.TASK_FAILED
        with self._lock:
            before = self._unwritten.get(key)
            self._unwritten[key] = Unwritten(
                count=1 + (before.count if before else 0),
                at=timezone.now(),
                detail=type(retval).__name__ if failed else "",
            )
            is_due = failed or time.monotonic() - self._written.get(key, -EVERY) >= EVERY
        if is_due:
            self._write(key)

    def write_all(self, **_: Any) -> None:
        """At the end of the process."""
        for key in list(self._unwritten):
            self._write(key)

    def _write(self, key: tuple[Tallied, str]) -> None:
        with self._lock:
            found = self._unwritten.pop(key, None)
            self._written[key] = time.monotonic()
        if found is None:
            return
        kind, name = key
        try:
            Tally.add(kind, name, at=found.at, count=found.count, detail=found.detail)
        except Error:
            with self._lock:
                later = self._unwritten.setdefault(key, Unwritten(0, found.at, found.detail))
                later.count += found.count


@worker_init.connect
def follow_the_tasks(**_: Any) -> None:
    """In a worker, before it makes its processes."""
    counts = Counts()
    task_postrun.connect(counts.done, weak=False)
    worker_process_shutdown.connect(counts.write_all, weak=False)
    worker_shutdown.connect(counts.write_all, weak=False)

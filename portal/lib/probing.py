"""Asking several parts at once how they are, in a bounded time, whatever one of them does."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from django.db import connection

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Prober(Generic[T]):
    """A thread of its own that asks one thing, at most one question at a time: what hangs is asked nothing more."""

    def __init__(self, probe: Callable[[], T]) -> None:
        self._probe = probe
        self._lock = threading.Lock()
        self._questions: queue.SimpleQueue[threading.Event] = queue.SimpleQueue()
        self._pending: threading.Event | None = None
        self._found: T | None = None
        self._started = False

    def ask(self) -> threading.Event:
        """Ask, or join the question that waits for its answer. The event is set once `found` has it."""
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self._answer_all, name="probe", daemon=True).start()
            if self._pending is None or self._pending.is_set():
                self._pending, self._found = threading.Event(), None
                self._questions.put(self._pending)
            return self._pending

    def found(self) -> T | None:
        """The last answer; None while there is none, or when the probe failed."""
        return self._found

    def _answer_all(self) -> None:
        while True:
            asked = self._questions.get()
            try:
                self._found = self._probe()
            except Exception:  # whatever it is, the others have their answers
                logger.exception("Sonde en échec")
            finally:
                connection.close()
                asked.set()


def ask_all(probers: Mapping[str, Prober[T]], *, seconds: float) -> dict[str, T | None]:
    """The answer of each, all asked at once; None for those that gave none within `seconds`."""
    end = time.monotonic() + seconds
    asked = {name: prober.ask() for name, prober in probers.items()}
    return {
        name: probers[name].found() if event.wait(max(0.0, end - time.monotonic())) else None
        for name, event in asked.items()
    }

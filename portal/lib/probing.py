"""Asking several parts at once how they are, in a bounded time, whatever one of them does."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db import connection

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Question(Generic[T]):
    """What was asked once: `found` stays None when the probe failed. It is nobody's but those who asked it."""

    answered: threading.Event = field(default_factory=threading.Event)
    found: T | None = None


class Prober(Generic[T]):
    """A thread of its own that asks one thing, at most one question at a time: what hangs is asked nothing more."""

    def __init__(self, probe: Callable[[], T]) -> None:
        self._probe = probe
        self._lock = threading.Lock()
        self._questions: queue.SimpleQueue[Question[T]] = queue.SimpleQueue()
        self._last: Question[T] | None = None
        self._started = False

    def ask(self) -> Question[T]:
        """Ask, or join the question that waits for its answer."""
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self._answer_all, name="probe", daemon=True).start()
            if self._last is None or self._last.answered.is_set():
                self._last = Question()
                self._questions.put(self._last)
            return self._last

    def _answer_all(self) -> None:
        while True:
            question = self._questions.get()
            try:
                self._answer(question)
            except Exception:  # whatever it is, the others have their answers, and the next question is asked
                logger.exception("Sonde en échec")
            finally:
                question.answered.set()

    def _answer(self, question: Question[T]) -> None:
        try:
            question.found = self._probe()
        finally:
            connection.close()


def ask_all(probers: Mapping[str, Prober[T]], *, seconds: float) -> dict[str, T | None]:
    """The answer of each, all asked at once; None for those that gave none within `seconds`."""
    end = time.monotonic() + seconds
    asked = {name: prober.ask() for name, prober in probers.items()}
    return {
        name: question.found if question.answered.wait(max(0.0, end - time.monotonic())) else None
        for name, question in asked.items()
    }

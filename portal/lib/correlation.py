"""What ties together the lines of one request: its number, which follows it into tasks and mails."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LONGEST = 64  # characters
_SHAPE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{7,{LONGEST - 1}}}")
_number: ContextVar[str] = ContextVar("request_number", default="")


def number() -> str:
    """That of what is going on here, "" outside of any request and task."""
    return _number.get()


def begin(given: str = "") -> str:
    """From now on this thread works for the request `given`; for a new one when that is no number. Returns it."""
    found = given if _SHAPE.fullmatch(given) else uuid.uuid4().hex
    _number.set(found)
    return found


def end() -> None:
    """The request is over."""
    _number.set("")


@contextmanager
def working_for(given: str) -> Iterator[None]:
    """Lines written inside are of that request; of what went on already, when it has no number."""
    before = _number.set(given or _number.get())
    try:
        yield
    finally:
        _number.reset(before)

"""Waiting for what another process or thread does: how long it takes says nothing of the portal."""

import threading
import time
from collections.abc import Callable


def until(true: Callable[[], object], seconds: float = 240) -> bool:
    """Whether it came true, looked at often. The bound is for what never comes: a machine under load stays below."""
    end, never = time.monotonic() + seconds, threading.Event()
    while not true():
        if time.monotonic() >= end:
            return False
        never.wait(0.05)
    return True

"""What all processes keep together for some seconds, so that two pages in a row show the same figures.

Nothing that decides, nothing personal: what counts is rows (docs/adr/0076). A server that is away, frozen or empty
costs a reading of the database, never a page.
"""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import BaseCache, caches

logger = logging.getLogger(__name__)

QUIET_SECONDS = 30.0


class AsJson:
    """How values stand on the server. Whoever may write there must have nothing run here, as pickle would."""

    def dumps(self, value: Any) -> str:
        return json.dumps(value)

    def loads(self, text: bytes) -> Any:
        return json.loads(text)


class _Quiet:
    """Until when this process leaves a silent server alone (seconds of `time.monotonic`)."""

    until = 0.0


def recall(key: str) -> Any:
    """What was kept under this key: JSON values. None when there is nothing any more, or nobody to ask."""
    return _ask(lambda cache: cache.get(key))


def keep(key: str, value: Any, *, seconds: float) -> None:
    """Keep a value made of what JSON knows, if it can be."""
    _ask(lambda cache: cache.set(key, value, max(1, round(seconds))))


def _ask(question: Callable[[BaseCache], Any]) -> Any:
    if time.monotonic() < _Quiet.until:
        return None
    try:
        return question(caches["shared"])
    except Exception as error:  # redis, the disk, a value that is no JSON: each raises its own
        _Quiet.until = time.monotonic() + QUIET_SECONDS
        logger.warning("Cache partagé injoignable, la base est lue à sa place : %s", type(error).__name__)
        return None

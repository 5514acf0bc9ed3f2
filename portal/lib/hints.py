"""Telling a worker that something is due. The rows say what: a hint that is lost is only a delay."""

import logging
import time
from typing import Any

from celery import Task

logger = logging.getLogger(__name__)

QUIET_SECONDS = 30


class _Quiet:
    """Until when this process leaves a silent broker alone (seconds of `time.monotonic`)."""

    until = 0.0


def hint(task: Task[..., Any], *arguments: int | str) -> None:
    """Publish a task; `arguments`: keys of rows. A broker that is down is only a delay: a minute sweep reads the rows.

    After a failure, this process publishes nothing for QUIET_SECONDS, so that people do not wait for a frozen broker.
    """
    if time.monotonic() < _Quiet.until:
        return
    try:
        task.delay(*arguments)
    except Exception as error:  # kombu and its transports raise many kinds
        _Quiet.until = time.monotonic() + QUIET_SECONDS
        logger.warning("Broker injoignable, le balayage fera %s : %s", task.name, type(error).__name__)

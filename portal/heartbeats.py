"""Signs of life that the schedule and the workers leave in the database, for /sante/pret to read.

The schedule sends something every half minute, and something for each queue every minute: no message more is sent. What
tells never prevents: a sign that cannot be written is dropped, and beat never waits for the database.
"""

import logging
import threading
import time
from datetime import datetime
from typing import Any

from celery.signals import beat_embedded_init, beat_init, before_task_publish, task_postrun, worker_init
from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from notifications.models import Heartbeat

logger = logging.getLogger(__name__)
EVERY = 20.0  # seconds between two signs of one part
BEAT = "beat"
QUEUE = "queue:"


def write(name: str, at: datetime) -> bool:
    """Leave a sign; whether it could be written."""
    try:
        Heartbeat.note(name, at)
    except Error:
        return False
    return True


class Beat:
    """What the process of the schedule knows: when it last sent something. A thread of its own writes it down."""

    sent_at: datetime | None = None

    def sends(self, **_: Any) -> None:
        """Note that the schedule sends something, be there a broker or none."""
        self.sent_at = timezone.now()

    def write_down(self) -> None:
        """Write what is new since the last time."""
        sent_at, self.sent_at = self.sent_at, None
        if sent_at is not None and not write(BEAT, sent_at):
            self.sent_at = self.sent_at or sent_at

    def start(self) -> None:
        before_task_publish.connect(self.sends, weak=False)
        threading.Thread(target=self._go_on, name="heartbeat", daemon=True).start()

    def _go_on(self) -> None:
        while True:
            try:
                self._once()
            except Exception:  # whatever it is, the next sign is written
                logger.exception("Signe de vie en échec")
            time.sleep(EVERY / 4)

    def _once(self) -> None:
        try:
            self.write_down()
        finally:
            connection.close()


class Queues:
    """What a worker's process knows: when it last wrote that it works for a queue (time.monotonic)."""

    def __init__(self) -> None:
        self.written: dict[str, float] = {}

    def done(self, task: Any = None, **_: Any) -> None:
        """A task of a queue is over: whoever did it is alive."""
        where = getattr(getattr(task, "request", None), "delivery_info", None) or {}
        queue = where.get("routing_key") or settings.CELERY_TASK_DEFAULT_QUEUE
        now = time.monotonic()
        if queue in settings.PORTAL_QUEUES and now - self.written.get(queue, -EVERY) >= EVERY:
            self.written[queue] = now
            write(f"{QUEUE}{queue}", timezone.now())


@beat_init.connect
@beat_embedded_init.connect
def follow_the_schedule(**_: Any) -> None:
    """In the process of the schedule."""
    Beat().start()


@worker_init.connect
def follow_the_queues(**_: Any) -> None:
    """In a worker, before it makes its processes."""
    task_postrun.connect(Queues().done, weak=False)

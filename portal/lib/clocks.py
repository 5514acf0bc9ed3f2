"""Whether this machine's clock agrees with the database's, which all machines share and which decides.

Leases, waiting decisions and codes are instants that machines compare. One whose clock is off takes what others
hold, or leaves what is due: it takes nothing, at its start and at any moment, until its clock is set again.
"""

import logging
import time
from dataclasses import dataclass

from django.db import DatabaseError, connection
from django.utils import timezone

# Seconds; NTP keeps machines within a fraction of one. The shortest lease lasts sixty and is renewed every five: two
# machines may differ by twice this and neither takes what the other holds.
TOLERATED = 10.0
WATCH_SECONDS = 20.0

logger = logging.getLogger(__name__)


def gap() -> float:
    """Seconds by which this machine is ahead of the database (PostgreSQL; 0 on SQLite). Raises DatabaseError."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT 1")
            return 0.0
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    return float((before + (timezone.now() - before) / 2 - theirs).total_seconds())


def tolerated(gap: float) -> bool:
    """Whether leases, waiting decisions and codes mean the same instants here as elsewhere."""
    return abs(gap) <= TOLERATED


@dataclass
class Watch:
    """What a worker knows of its clock: looked at again WATCH_SECONDS after the last time, by time.monotonic()."""

    looked_at: float | None = None
    agreed: bool = True

    def agrees(self) -> bool:
        """Whether work may be taken; a database that does not answer is not a clock that is off."""
        if self.looked_at is None or time.monotonic() - self.looked_at >= WATCH_SECONDS:
            try:
                ahead = gap()
            except DatabaseError:
                return True
            self.looked_at, before, self.agreed = time.monotonic(), self.agreed, tolerated(ahead)
            if before and not self.agreed:
                logger.error("clock %+.0f s from the database's: nothing is taken until it is set (NTP)", ahead)
            elif self.agreed and not before:
                logger.warning("clock set again: work is taken")
        return self.agreed


_watch: Watch | None = None


def watch() -> None:
    """From now on this process, a worker, looks at its clock before it takes work."""
    global _watch
    _watch = Watch()


def may_take() -> bool:
    """Whether this process may take work. True in one that does not watch its clock."""
    return _watch is None or _watch.agrees()

"""Whether this machine's clock agrees with the database's, which all machines share."""

from django.db import connection
from django.utils import timezone

TOLERATED = 30.0  # seconds; NTP keeps machines within a fraction of one


def gap() -> float:
    """Seconds by which this machine is ahead of the database (PostgreSQL; 0 on SQLite). Raises DatabaseError."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT 1")
            return 0.0
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    return float((timezone.now() - theirs).total_seconds())


def tolerated(gap: float) -> bool:
    """Whether leases, waiting decisions and codes mean the same instants here as elsewhere."""
    return abs(gap) <= TOLERATED

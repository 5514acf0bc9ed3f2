"""One at a time, for what has no row to lock."""

import hashlib

from django.db import connection


def one_at_a_time(*names: str) -> None:
    """Wait until no other transaction goes on that has asked for one of these names; others wait for this one's end.

    Inside a transaction. SQLite lets in one writer at a time anyway.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for key in sorted(_key(name) for name in names):  # in one order, so that two never wait for each other
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)

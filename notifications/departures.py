"""What is done when a mail has left: who wrote it may count from then on, not from the instant of its writing.

A server may have kept a mail waiting (greylisting, RFC 6647): a code that lives a quarter of an hour lives it in the
hands of its reader.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from notifications.models import OutgoingEmail

Follower = Callable[[str, datetime], None]
_followers: dict[str, Follower] = {}
logger = logging.getLogger(__name__)


def register(kind: str, follower: Follower) -> None:
    """`follower`: told the `dedup_key` of each mail of that kind, and the instant at which the server took it."""
    _followers[kind] = follower


def tell(rows: Sequence[OutgoingEmail], at: datetime) -> None:
    """These left. Whatever a follower does, they stay sent."""
    for row in rows:
        if row.kind in _followers:
            try:
                _followers[row.kind](row.dedup_key, at)
            except Exception:
                logger.exception("Suite du départ de l’e-mail %s", row.pk)

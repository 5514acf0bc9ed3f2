"""What is done when a mail has left: who wrote it may count from then on, not from the instant of its writing.

A server may have kept a mail waiting (greylisting, RFC 6647): a code that lives a quarter of an hour lives it in the
hands of its reader.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from notifications.models import OutgoingEmail

Follower = Callable[[Sequence[str], datetime], None]
_followers: dict[str, Follower] = {}
logger = logging.getLogger(__name__)


def register(kind: str, follower: Follower) -> None:
    """`follower`: told the `dedup_key` of mails of that kind, and the instant at which the server took them."""
    _followers[kind] = follower


def tell(rows: Sequence[OutgoingEmail], at: datetime) -> None:
    """These left. Whatever a follower does, they stay sent."""
    keys: dict[str, list[str]] = {}
    for row in rows:
        if row.kind in _followers:
            keys.setdefault(row.kind, []).append(row.dedup_key)
    for kind, some in keys.items():
        try:
            _followers[kind](some, at)
        except Exception:
            logger.exception("Suite du départ de %d e-mails %s", len(some), kind)

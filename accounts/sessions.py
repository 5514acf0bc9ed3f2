"""Where sessions are kept (SESSION_ENGINE): Django's table of sessions with the account of each.

No page costs a query more than with Django's own: the row is read and written as it is there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from accounts import tokens
from accounts.models import Session, User

STARTED = "started_at"  # seconds since the epoch, as the next one
SEEN = "seen_at"
DEVICE = "device"  # in words
ID_TOKEN = "id_token"  # what the person's organisation answered, shown to it again to sign out there  # noqa: S105
FACTOR_ELSEWHERE = "second_factor_elsewhere"  # asked and given at the person's organisation
PENDING = "second_factor_pending"  # the secret offered to this session, sealed


class SessionStore(DatabaseStore):
    """Its name is Django's: what Django's own store sealed before is read by this one."""

    _key_kept = False

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def cycle_key(self) -> None:
        """Another key for the same content, as after a sign-in; none inside `keeping_key`."""
        if not self._key_kept:
            super().cycle_key()

    @contextmanager
    def keeping_key(self) -> Iterator[None]:
        """Django gives a session stamped under a former secret key another key: of two pages of a browser that come
        at once, the second would be of a session that is no more, and sign its person out."""
        self._key_kept = True
        try:
            yield
        finally:
            self._key_kept = False

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of a session, with its account if somebody signed in."""
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]  # of get_model_class
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        return row


def content_of(row: Session) -> dict[str, Any]:
    """What a session holds; nothing when it was sealed under a key that is gone."""
    return SessionStore().decode(row.session_data)


def still_opens(content: dict[str, Any], user: User) -> bool:
    """Whether a session with that content would be let in: its stamp is that of the account now."""
    kept = str(content.get(HASH_SESSION_KEY, ""))
    return any(tokens.same(kept, one) for one in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()))

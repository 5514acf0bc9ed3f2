"""Open sessions when keys change: signed, stamped and sealed again with the present ones, so that none is lost."""

from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.core import signing
from django.utils import timezone

from accounts import tokens
from accounts.models import Session, User
from accounts.sessions import PENDING, SessionStore, still_opens
from portal.lib.rotation import Count, rotate_values


def rotate_sessions(*, check: bool) -> Count:
    """Write each session that is open as it would be written today; with `check`, only count."""
    open_now = Session.objects.filter(expire_date__gt=timezone.now())
    return rotate_values(open_now, "session_data", _anew, check=check)


def _anew(data: str) -> str | None:
    """The content under the present keys, None when it is already. Raises InvalidToken for one that nobody can read."""
    store = SessionStore()
    content = store.decode(data)
    if not content:
        raise InvalidToken
    new = _restamped(content)
    if PENDING in new:
        try:
            new[PENDING] = tokens.sealed_anew(new[PENDING]) or new[PENDING]
        except InvalidToken:  # another secret is offered: nobody is signed out for this one
            del new[PENDING]
    return None if new == content and _signed_today(store, data) else store.encode(new)


def _restamped(content: dict[str, Any]) -> dict[str, Any]:
    """The content with the stamp of its person under the present key, if it still opens."""
    user = User.objects.filter(pk=content[SESSION_KEY]).first() if SESSION_KEY in content else None
    if user is None or not still_opens(content, user):
        return dict(content)
    return {**content, HASH_SESSION_KEY: user.get_session_auth_hash()}


def _signed_today(store: SessionStore, data: str) -> bool:
    try:
        signing.loads(data, salt=store.key_salt, serializer=store.serializer, fallback_keys=[])
    except signing.BadSignature:
        return False
    return True

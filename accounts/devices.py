"""Devices on which the owner of an account signed in before: a signed cookie, which dies with the password.

It opens nothing. It only gives the wrong passwords of that device a count of their own (accounts.services.throttle), so
that strangers who try an account cannot keep its owner out.
"""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from portal.lib.keyed import Keyed

SALT = "accounts.devices"
LIFETIME = 365 * 24 * 3600  # seconds
PEOPLE = 5  # who share a computer; with one more, the first is forgotten


@dataclass(frozen=True)
class _Entry:
    """One person on this device: `stamp` holds as long as their password does, and their account is not closed."""

    user_id: int
    device: str
    stamp: str


def known_device(request: HttpRequest, *, email: str) -> str:
    """What names this device among those of the account of this address; "" when its owner never signed in here.

    Nobody learns who has an account: only the accounts of the cookie are looked up.
    """
    entries = {entry.user_id: entry for entry in _entries(request)}
    user = User.objects.filter(pk__in=entries, email=email).first() if entries else None
    return _device(entries, user) if user else ""


def remember_device(request: HttpRequest, response: HttpResponse, *, user: User) -> None:
    """Note in the browser that the owner of the account signed in there; those noted before stay."""
    entries = {entry.user_id: entry for entry in _entries(request)}
    device = _device(entries, user) or secrets.token_urlsafe(16)
    entries.pop(user.pk, None)
    kept = [*entries.values(), _Entry(user.pk, device, _stamp(user).hashed())][-PEOPLE:]
    response.set_cookie(
        settings.PORTAL_DEVICE_COOKIE_NAME,
        signing.dumps([[entry.user_id, entry.device, entry.stamp] for entry in kept], salt=SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _entries(request: HttpRequest) -> list[_Entry]:
    """What the cookie says, if this portal signed it within the year."""
    try:
        said = signing.loads(request.COOKIES.get(settings.PORTAL_DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return []
    return [_Entry(*entry) for entry in said]


def _device(entries: dict[int, _Entry], user: User) -> str:
    entry = entries.get(user.pk)
    return entry.device if entry and _stamp(user).is_that_of(entry.stamp) else ""


def _stamp(user: User) -> Keyed:
    """Another value as soon as the password is another, or the account was closed."""
    return Keyed(f"{user.pk}:{user.password}{user.closing}".encode(), SALT, length=32)

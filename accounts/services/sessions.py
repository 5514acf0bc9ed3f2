"""The open sessions of a person: listed, ended, swept once they are over; a sign-in on a new device, told."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import messages
from accounts.browsers import UNKNOWN
from accounts.models import Session, User
from accounts.sessions import DEVICE, ID_TOKEN, SEEN, STARTED, content_of, still_opens
from notifications.outbox import enqueue
from portal.lib.keyed import Keyed
from portal.lib.leases import purge
from portal.lib.links import absolute
from portal.lib.typography import moment

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OpenSession:
    """One session as its owner sees it. `reference` names it in a form, and opens nothing."""

    reference: str
    device: str
    started_at: datetime | None
    seen_at: datetime | None
    current: bool


def open_sessions(*, user: User, current_key: str | None) -> list[OpenSession]:
    """The sessions that would be let in now: this one first, then the last seen."""
    found = [shown for row in _rows(user) if (shown := _shown(row, user, current_key))]
    return sorted(found, key=lambda one: (one.current, one.seen_at.timestamp() if one.seen_at else 0), reverse=True)


@transaction.atomic
def end_session(*, user: User, reference: str) -> bool:
    """End one session of this person, at once. False when it was over already, or is nobody's."""
    keys = [row.session_key for row in _rows(user) if _named(row).is_that_of(reference)]
    return bool(Session.objects.filter(user=user, session_key__in=keys).delete()[0])


@transaction.atomic
def end_other_sessions(*, user: User, current_key: str | None) -> int:
    """End all the sessions of this person but one. Returns how many had still been open."""
    ended = sum(not one.current for one in open_sessions(user=user, current_key=current_key))
    Session.objects.filter(user=user).exclude(session_key=current_key).delete()
    return ended


def end_sessions_of_organisation(*, user: User) -> None:
    """End those that the person's organisation opened: from now on the account holds what it must not read."""
    keys = [row.session_key for row in _rows(user) if ID_TOKEN in content_of(row)]
    Session.objects.filter(user=user, session_key__in=keys).delete()


def tell_new_device(*, user: User, device: str) -> None:
    """Write to the owner of the account that somebody gave its password on a device where nobody had before.

    A mail that cannot be written is logged: it keeps nobody out.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            enqueue(
                messages.NewDevice(
                    person_name=user.full_name,
                    device=device,
                    moment=moment(timezone.localtime(now)),
                    sessions_url=absolute(reverse("mes_sessions")),
                    contact_email=settings.PORTAL_CONTACT_EMAIL,
                ),
                to=user.email,
                dedup_key=f"new-device:{user.pk}:{int(now.timestamp() * 1000)}",
            )
    except Exception:  # whatever it is, the session is open
        logger.exception("Connexion depuis un nouvel appareil : e-mail non écrit, compte %s", user.pk)


@shared_task(name="accounts.tasks.purge_sessions")
def purge_sessions(now: datetime | None = None) -> int:
    """Delete the sessions that are past their end. Returns how many."""
    return purge(Session.objects.filter(expire_date__lte=now or timezone.now()))


def _rows(user: User) -> list[Session]:
    return list(Session.objects.filter(user=user, expire_date__gt=timezone.now()))


def _named(row: Session) -> Keyed:
    """What names a session on a page: its key, which opens it, is not to be found from it."""
    return Keyed(row.session_key.encode(), "accounts.sessions", length=32)


def _shown(row: Session, user: User, current_key: str | None) -> OpenSession | None:
    """The session in words; None for one that is over, whatever its row says."""
    content = content_of(row)
    started, seen = _instant(content.get(STARTED)), _instant(content.get(SEEN))
    idle = seen is not None and (timezone.now() - seen).total_seconds() >= settings.PORTAL_SESSION_IDLE
    old = started is not None and (timezone.now() - started).total_seconds() >= settings.SESSION_COOKIE_AGE
    if idle or old or not still_opens(content, user):
        return None
    return OpenSession(
        reference=_named(row).hashed(),
        device=content.get(DEVICE, UNKNOWN),
        started_at=started,
        seen_at=seen,
        current=row.session_key == current_key,
    )


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

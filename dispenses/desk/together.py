"""Who is on the page of a request. A heartbeat rewrites one row; silence makes it count for nothing."""

from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from accounts.models import User
from dispenses.models import Presence

EXPIRES = timedelta(seconds=40)
PURGED = timedelta(minutes=10)
SHOWN = 20


def be_present(*, number: int, user: User, now: datetime) -> None:
    """Say that `user` has the request open: one row for the two, written in one statement."""
    Presence.objects.bulk_create(
        [Presence(dispense_id=number, user=user, seen_at=now)],
        update_conflicts=True,
        unique_fields=["dispense", "user"],
        update_fields=["seen_at"],
    )


def leave(*, number: int, user: User) -> None:
    """The page was closed."""
    Presence.objects.filter(dispense_id=number, user=user).delete()


def others_present(*, number: int, user: User, now: datetime) -> list[str]:
    """Names of the other people heard of on this request for less than 40 seconds, in the order of their accounts."""
    alive = Presence.objects.filter(dispense_id=number, seen_at__gt=now - EXPIRES).exclude(user=user)
    return [str(presence.user) for presence in alive.select_related("user").order_by("user_id")[:SHOWN]]


@shared_task(name="dispenses.tasks.purge_presence")
def purge_presence(now: datetime | None = None) -> int:
    """Forget those who left without a word. Returns how many rows went."""
    now = now or timezone.now()
    return Presence.objects.filter(seen_at__lt=now - PURGED).delete()[0]

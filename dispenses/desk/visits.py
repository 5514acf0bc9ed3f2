"""Since when a request is new to the person who looks at the queue."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from dispenses.desk.listing import Reader
from dispenses.models import DeskVisit
from dispenses.parties import interests

SILENCE = timedelta(minutes=30)
WRITE_STEP = timedelta(minutes=1)


def looking(user: User) -> Reader:
    """The person who looks at the queue now."""
    now = timezone.now()
    return Reader(user=user, today=timezone.localdate(now), since=since(user, now), interests=interests(user))


def since(user: User, now: datetime) -> datetime:
    """End of the person's previous visit, noting this one; the first visit finds nothing new."""
    visit = DeskVisit.objects.filter(user=user).first()
    if visit is None:
        DeskVisit.objects.get_or_create(user=user, defaults={"seen_at": now, "previous_at": now})
        return now
    silent = now - visit.seen_at
    if silent >= SILENCE:
        visit.previous_at = visit.seen_at
    if silent >= WRITE_STEP:
        DeskVisit.objects.filter(user=user).update(seen_at=now, previous_at=visit.previous_at)
    return visit.previous_at

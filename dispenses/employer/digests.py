"""What happened in a company since a correspondent's last digest, in numbers: no name, nothing about health."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Digest
from accounts.models import Correspondent, Employee, Employer, Invitation
from accounts.services import digest_token
from dispenses.employer import messages
from dispenses.life.steps import CONFIRM_7, END_30
from dispenses.models import LifeStep, TimelineEvent
from notifications.outbox import enqueue
from portal.lib.links import absolute

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class News:
    """Counts between two instants."""

    activated: int
    submitted: int
    decided: int
    confirmed: int
    asked: int
    expired: int
    ending: int
    unconfirmed: int

    @property
    def any(self) -> bool:
        return any(vars(self).values())


def news(employer: Employer, since: datetime, until: datetime) -> News:
    """What happened after `since`, up to `until`: four queries."""
    span = (since + timedelta(microseconds=1), until)
    moves = TimelineEvent.objects.filter(dispense__employee__employer=employer, at__range=span).aggregate(
        submitted=Count("pk", filter=Q(transition="submit")),
        decided=Count("pk", filter=Q(transition__in=["accept", "refuse"])),
        confirmed=Count("pk", filter=Q(transition="confirm")),
    )
    links = Invitation.objects.filter(employee__employer=employer, employee__user__isnull=True).aggregate(
        asked=Count("pk", filter=Q(renewal_requested_at__range=span)),
        expired=Count("pk", filter=Q(expired_at__range=span)),
    )
    steps = LifeStep.objects.filter(dispense__employee__employer=employer, told_at__range=span).aggregate(
        ending=Count("pk", filter=Q(step=END_30.name)),
        unconfirmed=Count("pk", filter=Q(step=CONFIRM_7.name)),
    )
    activated = Employee.objects.filter(employer=employer, activated_at__range=span).count()
    return News(activated=activated, **moves, **links, **steps)


def due(digest: str, until: datetime, now: datetime) -> bool:
    """Whether a digest that stopped at `until` is to be sent again: one a day, or one a week, from Monday on."""
    last, today = timezone.localdate(until), timezone.localdate(now)
    if digest == Digest.DAILY:
        return last < today
    return digest == Digest.WEEKLY and last < today - timedelta(days=today.weekday())


@shared_task(name="dispenses.tasks.send_digests")
def send_digests(now: datetime | None = None) -> int:
    """Send what is due; two at once send it once. Returns how many mails were written.

    One that fails stops no other, and is tried again at the next beat.
    """
    now = now or timezone.now()
    roles = Correspondent.objects.exclude(digest=Digest.NEVER).filter(user__is_active=True)
    sent = 0
    for role in roles.select_related("user", "employer").order_by("pk").iterator():
        if due(role.digest, role.digest_until, now):
            try:
                sent += _send(role, now)
            except Exception:  # whatever it is, the others have theirs
                logger.exception("Récapitulatif impossible pour le correspondant %s", role.pk)
    return sent


@transaction.atomic
def _send(role: Correspondent, now: datetime) -> bool:
    since = role.digest_until
    won = Correspondent.objects.filter(pk=role.pk, digest_until=since).update(digest_until=now)
    if not won:
        return False
    found = news(role.employer, since, now)
    if not found.any:
        return False
    enqueue(
        messages.CorrespondentDigest(
            person_name=role.user.full_name,
            employer_name=role.employer.name,
            since=timezone.localdate(since),
            activated=found.activated,
            submitted=found.submitted,
            decided=found.decided,
            confirmed=found.confirmed,
            asked=found.asked,
            expired=found.expired,
            ending=found.ending,
            unconfirmed=found.unconfirmed,
            list_url=f"{absolute(reverse('salaries'))}?employeur={role.employer_id}",
            stop_url=absolute(reverse("desabonner", args=[digest_token(role)])),
        ),
        to=role.user.email,
        dedup_key=f"digest:{role.pk}:{now:%Y-%m-%d}",
    )
    return True

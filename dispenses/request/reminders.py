"""Complements without an answer: the employee is reminded twice, then the desk is told that it may close."""

from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import insured
from dispenses.models import Complement, ComplementReminder, Dispense
from dispenses.request import emails
from dispenses.request.transitions import lock
from dispenses.workflow import Status

BATCH = 500


@shared_task(name="dispenses.tasks.remind_complements")
def remind_complements(now: datetime | None = None) -> int:
    """Send the reminders that are due. Returns how many; idempotent, two of these at once send each one once.

    After an outage only the latest step is sent, never two mails on one day.
    """
    now = now or timezone.now()
    sent = 0
    for step, days in sorted(enumerate(settings.PORTAL_COMPLEMENT_REMINDER_DAYS, start=1), reverse=True):
        last = 0
        while batch := _due(now, timedelta(days=days), step, last):
            last = batch[-1].pk
            sent += sum(_remind(complement, step, now) for complement in batch)
    return sent


def _due(now: datetime, age: timedelta, step: int, last: int) -> list[Complement]:
    """Those asked so long ago and not reminded, of employers who have the insurer's contract."""
    insurer = insured(timezone.localdate(now), "dispense__employee__employer__")
    waiting = Complement.objects.filter(insurer, answered_at__isnull=True, closed_at__isnull=True)
    open_ones = waiting.filter(asked_at__lte=now - age)
    reminded = ComplementReminder.objects.filter(step__gte=step).values("complement")
    return list(open_ones.filter(pk__gt=last).exclude(pk__in=reminded).order_by("pk")[:BATCH])


@transaction.atomic
def _remind(complement: Complement, step: int, now: datetime) -> bool:
    locked = lock(Dispense(number=complement.dispense_id))
    complement.refresh_from_db()
    done = ComplementReminder.objects.filter(complement=complement, step__gte=step).exists()
    if done or locked.status != Status.AWAITING_COMPLEMENT or complement.answered_at or complement.closed_at:
        return False
    ComplementReminder.objects.create(complement=complement, step=step, sent_at=now)
    emails.complement_reminder(locked, complement, step)
    return True


def may_close(complement: Complement, now: datetime) -> bool:
    """Whether the last reminder was left without an answer long enough for the desk to propose closing."""
    steps = len(settings.PORTAL_COMPLEMENT_REMINDER_DAYS)
    before = now - timedelta(days=settings.PORTAL_COMPLEMENT_CLOSE_DAYS)
    return complement.reminders.filter(step=steps, sent_at__lte=before).exists()

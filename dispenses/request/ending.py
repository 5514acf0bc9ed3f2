"""What time ends: a granted dispense whose last day has passed."""

from datetime import date
from functools import partial

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from dispenses.enums import EndCause
from dispenses.models import Dispense
from dispenses.request import emails
from dispenses.request.transitions import apply, lock, sweep
from dispenses.workflow import Role, Status

SILENT = (EndCause.REPLACED.value, EndCause.DEPARTURE.value)
"""Causes of an end that is not told: another dispense goes on, or the employee has left."""


@transaction.atomic
def end(*, dispense: Dispense, reason: str) -> Dispense:
    """A granted dispense is over. Raises TransitionRefused from another status."""
    locked = lock(dispense)
    apply(locked, "end", role=Role.SYSTEM, user=None, at=timezone.now(), comment=reason)
    if locked.end_cause not in SILENT:
        emails.ended(locked)
    return locked


@shared_task(name="dispenses.tasks.end_dispenses")
def end_dispenses(today: date | None = None) -> int:
    """End the granted dispenses whose last day is before `today` (Europe/Paris). Returns how many were ended."""
    today = today or timezone.localdate()
    due = Dispense.objects.filter(status=Status.ACCEPTED.value, ends_on__lt=today)
    return sweep(due, partial(end, reason="La date de fin de la dispense est passée."))

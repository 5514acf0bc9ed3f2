"""The end of a granted dispense, and who is told: dispenses.life.ends says when time brings it."""

from django.db import transaction
from django.utils import timezone

from dispenses.enums import EndCause
from dispenses.models import Dispense
from dispenses.request import emails
from dispenses.request.endings import Moved
from dispenses.request.transitions import apply, lock
from dispenses.workflow import Role

SILENT = (EndCause.REPLACED.value, EndCause.DEPARTURE.value)
"""Causes of an end that is not told: another dispense goes on, or the employee has left."""


@transaction.atomic
def end(*, dispense: Dispense, reason: str, ends: Moved | None = None) -> Dispense:
    """A granted dispense is over, from ends that may be new. Raises TransitionRefused from another status."""
    locked = lock(dispense)
    apply(locked, "end", role=Role.SYSTEM, user=None, at=timezone.now(), comment=reason, ends=ends)
    if locked.end_cause not in SILENT:
        emails.ended(locked)
    return locked

"""The end of a granted dispense, and who is told: dispenses.life.ends says when time brings it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from dispenses.enums import EndCause
from dispenses.models import Dispense
from dispenses.request import emails
from dispenses.request.transitions import apply, lock
from dispenses.workflow import Role

SILENT = (EndCause.REPLACED.value, EndCause.DEPARTURE.value)
"""Causes of an end that is not told: another dispense goes on, or the employee has left."""


@transaction.atomic
def end(*, dispense: Dispense, reason: str, **changes: Any) -> Dispense:
    """A granted dispense is over, with other fields of the request. Raises TransitionRefused from another status."""
    locked = lock(dispense)
    apply(locked, "end", role=Role.SYSTEM, user=None, at=timezone.now(), comment=reason, **changes)
    if locked.end_cause not in SILENT:
        emails.ended(locked)
    return locked

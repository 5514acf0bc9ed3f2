"""Until when the evidence of a request is kept."""

from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone

from dispenses.law import rules
from dispenses.models import Dispense
from dispenses.workflow import Status

FINAL = (Status.ENDED, Status.REFUSED, Status.WITHDRAWN)
"""Statuses of a request with which nothing happens any more, unless the centre opens it again."""


def last_day(dispense: Dispense) -> date | None:
    """The last day that a request is about: of the dispense, or of its refusal or withdrawal; None while none is known.

    Nobody is let off after their last day at work.
    """
    if dispense.status not in FINAL:
        known = [day for day in (dispense.ends_on, dispense.employee.left_on) if day]
        return min(known, default=None)
    closed = timezone.localdate(dispense.status_at)
    if dispense.status == Status.ENDED and dispense.ends_on:
        return min(dispense.ends_on, closed)
    return closed


def received_on(dispense: Dispense, signed: Iterable[datetime]) -> date:
    """The day of the last sending of a request that was sent: each one has a declaration `signed`."""
    return max(timezone.localdate(at) for at in (dispense.submitted_at, *signed) if at)


def kept_until(dispense: Dispense, *, received: date, held: bool) -> date | None:
    """The last day on which the evidence of a request that was sent is kept; None while no date can be given.

    `received`: the day of its last sending; `held`: whether a procedure suspends it. Reads its employee.
    """
    return rules.retention_date(
        received_on=received,
        last_day=last_day(dispense),
        in_force=dispense.status not in FINAL,
        held=held,
    )

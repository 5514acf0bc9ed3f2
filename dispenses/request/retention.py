"""Until when the evidence of a request is kept."""

from datetime import date

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


def received_on(dispense: Dispense) -> date:
    """The day of the last sending: each one signs a declaration. For a request that was sent."""
    signed = [timezone.localdate(declaration.signed_at) for declaration in dispense.declarations.all()]
    return max([timezone.localdate(dispense.submitted_at), *signed])


def kept_until(dispense: Dispense, *, held: bool) -> date | None:
    """The last day on which the evidence of a request that was sent is kept; None while no date can be given.

    `held`: whether a procedure suspends it. Reads its declarations and its employee: give a batch that has them.
    """
    return rules.retention_date(
        received_on=received_on(dispense),
        last_day=last_day(dispense),
        in_force=dispense.status not in FINAL,
        held=held,
    )

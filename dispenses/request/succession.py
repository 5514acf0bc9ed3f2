"""One dispense in force at a time: the one granted before gives way on the eve of the new one, and may come back."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from dispenses.enums import EndCause
from dispenses.models import Dispense
from dispenses.request import departure
from dispenses.request.transitions import apply, lock
from dispenses.workflow import Role, Status
from portal.lib.typography import short_day


def give_way(granted: Dispense, at: datetime) -> None:
    """End the dispense that its employee has, if any, on the eve of the locked one that is about to be granted.

    A dispense that had its own end before that day keeps it.
    """
    for former in _accepted_of(granted).filter(superseded_by__isnull=True):
        since = granted.effective_on or timezone.localdate(at)
        eve = since - timedelta(days=1)
        replaced = former.ends_on is None or former.ends_on > eve
        apply(
            lock(former),
            "replace",
            role=Role.SYSTEM,
            user=None,
            at=at,
            comment=f"La dispense N°{granted.number} prend le relais le {short_day(since)}.",
            superseded_by=granted,
            own_ends_on=departure.own_end(former).ends_on,
            ends_on=eve if replaced else former.ends_on,
            end_cause=EndCause.REPLACED.value if replaced else former.end_cause,
        )


def give_back(reopened: Dispense, at: datetime) -> None:
    """Let the dispense that gave way to the locked request, now reopened, go on to its own end; ended ones stay so."""
    for former in _accepted_of(reopened).filter(superseded_by=reopened):
        apply(
            lock(former),
            "restore",
            role=Role.SYSTEM,
            user=None,
            at=at,
            comment=f"La dispense N°{reopened.number}, qui devait la remplacer, est réexaminée.",
            superseded_by=None,
            ends_on=former.own_ends_on,
            own_ends_on=None,
            end_cause=_own_cause(former),
        )
        departure.follow(lock(former), former.employee.left_on, at)


def _accepted_of(dispense: Dispense) -> QuerySet[Dispense]:
    """The other dispenses granted to the employee and not ended."""
    return Dispense.objects.filter(employee=dispense.employee_id, status=Status.ACCEPTED.value).exclude(pk=dispense.pk)


def _own_cause(former: Dispense) -> str:
    """Why a dispense ends that no other replaces any more."""
    if former.end_cause not in {EndCause.REPLACED, EndCause.DEPARTURE}:
        return former.end_cause
    return EndCause.RULE.value if former.own_ends_on else ""

"""One dispense in force at a time: the one granted before gives way on the eve of the new one, and may come back."""

from datetime import date, datetime

from django.db.models import QuerySet
from django.utils import timezone

from dispenses.enums import EndCause
from dispenses.models import Dispense
from dispenses.request import endings
from dispenses.request.transitions import apply, lock
from dispenses.workflow import Role, Status
from portal.lib.dates import ONE_DAY
from portal.lib.typography import short_day


def give_way(granted: Dispense, at: datetime) -> None:
    """End what its employee has, if anything, on the eve of the locked dispense that is about to be granted.

    One that has another end before that day keeps it. One that gives way to another, later, gives way to this one too.
    """
    since = granted.effective_on or timezone.localdate(at)
    eve = since - ONE_DAY
    for former in _accepted_of(granted):
        replaced_on = endings.of(former).get(EndCause.REPLACED, date.max)
        if former.superseded_by_id and replaced_on <= eve:
            continue
        apply(
            lock(former),
            "replace",
            role=Role.SYSTEM,
            user=None,
            at=at,
            comment=f"La dispense N°{granted.number} prend le relais le {short_day(since)}.",
            ends={EndCause.REPLACED: min(replaced_on, eve)},
            superseded_by=former.superseded_by or granted,
        )


def give_back(withdrawn: Dispense, at: datetime, why: str) -> list[Dispense]:
    """Let what gave way to this locked dispense, of which nothing is left, go on; what has ended stays so.

    Returns those that no other replaces any more. `why` ends « La dispense N°…, qui devait la remplacer, ».
    """
    restored = []
    for former in _accepted_of(withdrawn).filter(superseded_by__isnull=False).order_by("-number"):
        replaced_by = former.superseded_by
        if former.superseded_by_id == withdrawn.pk:
            replaced_by = withdrawn.superseded_by
        eve = _eve_of(replaced_by, withdrawn)
        if (replaced_by, eve) == (former.superseded_by, endings.of(former).get(EndCause.REPLACED)):
            continue
        apply(
            lock(former),
            "restore",
            role=Role.SYSTEM,
            user=None,
            at=at,
            comment=f"La dispense N°{withdrawn.number}, qui devait la remplacer, {why}",
            ends={EndCause.REPLACED: eve},
            superseded_by=replaced_by,
        )
        restored += [] if replaced_by else [former]
    return restored


def _eve_of(latter: Dispense | None, withdrawn: Dispense) -> date | None:
    """The eve of the first day of `latter`, or of one that replaces it in turn, `withdrawn` left aside."""
    days = []
    while latter:
        if latter.pk != withdrawn.pk:
            days.append(latter.effective_on or timezone.localdate(latter.decided_at))
        latter = latter.superseded_by
    return min(days) - ONE_DAY if days else None


def _accepted_of(dispense: Dispense) -> QuerySet[Dispense]:
    """The other dispenses granted to the employee and not ended."""
    found = Dispense.objects.filter(employee=dispense.employee_id, status=Status.ACCEPTED.value)
    return found.exclude(pk=dispense.pk).select_related("superseded_by")

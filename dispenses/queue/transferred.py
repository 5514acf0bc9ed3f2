"""Requests that passed to another employer with the contract of employment (docs/adr/0066).

The former employer keeps the evidence of its own days: what was signed, sent and done before the transfer, and a
dispense that ends on the eve. Everything after concerns the new one.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from accounts.models import Employee
from dispenses.enums import EndCause
from dispenses.models import Declaration, Dispense, Justificatif, TimelineEvent, TransferredDispense
from dispenses.workflow import GRANTED_STATUSES, Status
from portal.lib.dates import ONE_DAY


def passed_from(employees: Iterable[int]) -> QuerySet[TransferredDispense]:
    """What these employees had, by key, and passed on with their contract."""
    return TransferredDispense.objects.filter(former__in=list(employees))


def histories(employer_id: int, until: datetime | None = None) -> list[Prefetch[str, QuerySet[Any], str]]:
    """What was signed, sent and done of requests, short of what followed their transfer by that employer.

    What came after they passed back to it is its own again, but for who wants nothing from `until` on.
    """

    def before(at: str) -> Q:
        passages = TransferredDispense.objects.filter(dispense=OuterRef("dispense"))
        back = TransferredDispense.objects.filter(
            dispense=OuterRef("dispense"),
            transfer__new=employer_id,
            since__gt=OuterRef("since"),
            since__lte=OuterRef(OuterRef(at)),
        )
        gone = passages.filter(~Exists(back), former__employer=employer_id, since__lte=OuterRef(at))
        kept = ~Q(Exists(gone))
        return kept & (Q(**{f"{at}__lt": until}) | Q(**{f"{at}__isnull": True})) if until else kept

    signed = Declaration.objects.filter(before("signed_at")).select_related("signed_by")
    return [
        Prefetch("declarations", signed),
        Prefetch("justificatifs", Justificatif.objects.filter(before("sent_at"))),
        Prefetch("events", TimelineEvent.objects.filter(before("at"))),
    ]


def as_left(dispense: Dispense, passage: TransferredDispense) -> Dispense:
    """The same request, in memory alone, as its former employer knows it: of its employee, over on the eve.

    To be given one whose history was read through `histories`.
    """
    eve = passage.day - ONE_DAY
    dispense.employee = passage.former
    dispense.confirm_by = dispense.unconfirmed_since = dispense.superseded_by = None
    if dispense.status in GRANTED_STATUSES:
        dispense.status, dispense.status_at = Status.ENDED.value, passage.since
        if dispense.ends_on is None or dispense.ends_on > eve:
            dispense.ends_on, dispense.end_cause = eve, EndCause.DEPARTURE.value
    written = [*dispense.declarations.all(), *dispense.events.all()]
    last = max(written, key=lambda row: row.rank or 0, default=None)
    dispense.history_seal = last.seal if last else ""
    return dispense


def actes_employer(dispense: Dispense, day: date) -> int:
    """The key of the employer whose acte bound the request on that day: the one of before a transfer, if there was."""
    return employer_on(dispense.employee, day).employer_id


def employer_on(employee: Employee, day: date) -> Employee:
    """The row of the same contract on that day; the first one before them all."""
    while employee.transferred_on and day < employee.transferred_on and employee.transferred_from:
        employee = employee.transferred_from
    return employee

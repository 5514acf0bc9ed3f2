"""Requests that passed to another employer with the contract of employment (docs/adr/0066).

The former employer keeps the evidence of its own days: what was signed, sent and done before the transfer, and a
dispense that ends on the eve. Everything after concerns the new one.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import (
    Case,
    DateField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from accounts.models import Employee
from dispenses.enums import EndCause
from dispenses.models import Declaration, Dispense, Justificatif, TimelineEvent, TransferredDispense
from dispenses.workflow import GRANTED_STATUSES, Status
from portal.lib.dates import ONE_DAY


def passed_from(employees: Iterable[int]) -> QuerySet[TransferredDispense]:
    """What these employees had, by key, and passed on with their contract."""
    return TransferredDispense.objects.filter(former__in=list(employees))


def is_touched(employer_id: int) -> bool:
    """Whether a transfer brought requests to the employer, or took some away."""
    either = Q(former__employer=employer_id) | Q(transfer__new=employer_id)
    return TransferredDispense.objects.filter(either).exists()


def known_to(employer_id: int) -> QuerySet[Any]:
    """Requests sent by the employees of an employer, those that passed to another one since included.

    Each with what that employer knows of it: its `known_matricule`, `known_last_name`, `known_first_name`, its
    `known_status`, which is over for a dispense that passed, and `passed_on`, the day of that, None for its own.
    """
    here = Q(employee__employer=employer_id)
    sent = Dispense.objects.exclude(status=Status.DRAFT.value)
    names = ("matricule", "last_name", "first_name")
    if not is_touched(employer_id):
        own = {f"known_{name}": F(f"employee__{name}") for name in names}
        return sent.filter(here).annotate(known_status=F("status"), passed_on=_no_day(), passed_at=_no_instant(), **own)
    passages = TransferredDispense.objects.filter(dispense=OuterRef("pk"), former__employer=employer_id)
    last = passages.order_by("-day")
    moves = TimelineEvent.objects.filter(dispense=OuterRef("pk"), at__lt=OuterRef("passed_at")).order_by("-rank")
    granted = [status.value for status in GRANTED_STATUSES]
    rows = sent.filter(here | Q(Exists(passages))).annotate(
        passed_on=Case(When(here, then=_no_day()), default=Subquery(last.values("day")[:1])),
        passed_at=Case(When(here, then=_no_instant()), default=Subquery(last.values("since")[:1])),
        status_then=Subquery(moves.values("to_status")[:1]),
        **{
            f"known_{name}": Case(
                When(here, then=F(f"employee__{name}")), default=Subquery(last.values(f"former__{name}")[:1])
            )
            for name in names
        },
    )
    return rows.filter(here | Q(status_then__isnull=False)).annotate(
        known_status=Case(
            When(here, then=F("status")),
            When(status_then__in=granted, then=Value(Status.ENDED.value)),
            default=F("status_then"),
        )
    )


def _no_day() -> Value:
    return Value(None, output_field=DateField())


def _no_instant() -> Value:
    return Value(None, output_field=DateTimeField())


def last_day_known(ends_on: date | None, passed_on: date | None) -> date | None:
    """The last day of a dispense for an employer: the eve of the day on which it passed to another, at the latest."""
    eve = passed_on - ONE_DAY if passed_on else None
    return min((day for day in (ends_on, eve) if day), default=None)


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

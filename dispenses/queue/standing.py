"""Where an employee stands, as the employer may know it: never the motif beyond its group."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Employee
from accounts.states import STATES, Standing
from dispenses.enums import MotifFamily
from dispenses.queue.speaking import speaking
from dispenses.workflow import STATUSES, Status
from portal.lib import shared

# A correspondent reads the group of the motif, wide enough to say nothing of a person's income or family.
GROUPS: dict[str, str] = {
    MotifFamily.COUVERT.value: "Couvert par ailleurs",
    MotifFamily.INDIVIDUELLE.value: "Couvert par ailleurs",
    MotifFamily.SOLIDAIRE.value: "Couvert par ailleurs",
    MotifFamily.CDD.value: "Contrat de travail",
    MotifFamily.TEMPS_PARTIEL.value: "Contrat de travail",
    MotifFamily.CONTRAT_COURT.value: "Contrat de travail",
    MotifFamily.PRESENT.value: "Présent avant la mise en place",
}


def _wanted(today: date) -> Case:
    """Where an employee stands: gone, by the request that speaks, affiliated, else by their account.

    A request that came to nothing, or a dispense that ended, leaves them to be affiliated until that is declared; an
    affiliation of before a dispense says nothing of what is due once it has ended. Who has no account (any more) is
    invited first. The request is read by one subquery: this is written at each move of a request.
    """
    of_request = Case(
        *(
            When(status=status.value, then=Value(facts.standing.value))
            for status, facts in STATUSES.items()
            if facts.standing is not Standing.TO_AFFILIATE and facts.standing is not None
        ),
        When(account__isnull=True, then=None),
        When(affiliated__isnull=True, then=Value(Standing.TO_AFFILIATE.value)),
        When(status=Status.ENDED.value, ends_on__gte=F("affiliated"), then=Value(Standing.TO_AFFILIATE.value)),
        output_field=IntegerField(),
    )
    outer = {
        "account": ExpressionWrapper(OuterRef("user"), output_field=IntegerField()),
        "affiliated": ExpressionWrapper(OuterRef("affiliated_on"), output_field=DateField()),
    }
    said = Subquery(speaking(today).annotate(**outer).annotate(of_request=of_request).values("of_request")[:1])
    without = Case(
        When(affiliated_on__isnull=False, then=Value(Standing.AFFILIATED.value)),
        When(user__isnull=False, then=Value(Standing.ACTIVE.value)),
        default=Value(Standing.INVITED.value),
    )
    return Case(
        When(left_on__lt=today, then=Value(Standing.LEFT.value)),
        default=Coalesce(said, without),
        output_field=IntegerField(),
    )


BATCH = 1000
LARGE = 10_000  # employees from which an employer's counts are kept a moment
KEPT = timedelta(seconds=60)


@dataclass(frozen=True)
class Counts:
    """How many employees of an employer stand where, by key of its state; `kept_at` when they may be a minute old."""

    by_state: dict[str, int]
    kept_at: datetime | None = None

    @property
    def total(self) -> int:
        return sum(self.by_state.values())


def counts(employer_id: int, now: datetime) -> Counts:
    """How many of the employer's employees are in each state: exact, or for a large employer of the last minute, alike
    from each process.
    """
    key = f"standing-counts:{employer_id}"
    kept: dict[str, Any] | None = shared.recall(key)
    if kept is not None:
        return Counts(kept["by_state"], kept_at=datetime.fromisoformat(kept["at"]))
    rows = Employee.objects.filter(employer=employer_id).order_by().values_list("standing")
    found = dict(rows.annotate(total=Count("pk")))
    counted = Counts({state.key: found.get(state.standing, 0) for state in STATES})
    if counted.total < LARGE:
        return counted
    shared.keep(key, {"by_state": counted.by_state, "at": now.isoformat()}, seconds=KEPT.total_seconds())
    return Counts(counted.by_state, kept_at=now)


def with_speaking(employees: QuerySet[Employee], today: date | None = None) -> QuerySet[Any]:
    """Annotate each employee with the status of the request that speaks for them today, "" without one."""
    status = Coalesce(Subquery(speaking(today).values("status")[:1]), Value(""), output_field=CharField())
    return employees.annotate(speaking_status=status)


def with_state(employees: QuerySet[Employee]) -> QuerySet[Any]:
    """Annotate each employee with `state`, the key of one of STATES, and with the status of the request that speaks."""
    found: QuerySet[Any] = with_speaking(employees).annotate(
        state=Case(
            *(When(standing=state.standing.value, then=Value(state.key)) for state in STATES),
            output_field=CharField(),
        ),
    )
    return found


def record(employees: QuerySet[Employee]) -> None:
    """Write where these employees stand, from their account, their departure and the request that speaks for them."""
    today = timezone.localdate()
    employees.update(standing=_wanted(today))


def differences() -> list[int]:
    """Employees whose standing is not what their account and their requests say."""
    today = timezone.localdate()
    found = Employee.objects.order_by().annotate(wanted=_wanted(today))
    return list(found.exclude(standing=F("wanted")).values_list("pk", flat=True))


def rebuild() -> int:
    """Write the standing of those that differ. Returns how many there were."""
    wrong = differences()
    for first in range(0, len(wrong), BATCH):
        record(Employee.objects.filter(pk__in=wrong[first : first + BATCH]))
    return len(wrong)

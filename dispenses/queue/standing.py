"""Where an employee stands, as the employer may know it: never the motif beyond its group."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Case, CharField, Count, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Employee
from accounts.states import STATES, Standing
from dispenses.enums import MotifFamily
from dispenses.models import Dispense
from dispenses.workflow import STATUSES, Status

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

_WANTED = Case(
    *(
        When(latest_status=status.value, then=facts.standing.value)
        for status, facts in STATUSES.items()
        if facts.standing is not None
    ),
    default=Case(When(user__isnull=False, then=Standing.ACTIVE.value), default=Standing.INVITED.value),
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
    """How many of the employer's employees are in each state: exact, or of the last minute for a large employer."""
    key = f"standing-counts:{employer_id}"
    kept: Counts | None = cache.get(key)
    if kept is not None:
        return kept
    rows = Employee.objects.filter(employer=employer_id).order_by().values_list("standing")
    found = dict(rows.annotate(total=Count("pk")))
    by_state = {state.key: found.get(state.standing, 0) for state in STATES}
    counted = Counts(by_state)
    if counted.total >= LARGE:
        counted = Counts(by_state, kept_at=now)
        cache.set(key, counted, KEPT.total_seconds())
    return counted


def latest_sent() -> QuerySet[Dispense]:
    """The latest request sent of the employee of an outer query."""
    return Dispense.objects.filter(employee=OuterRef("pk")).exclude(status=Status.DRAFT.value).order_by("-number")


def with_latest(employees: QuerySet[Employee]) -> QuerySet[Any]:
    """Annotate each employee with the status of the latest request sent, "" without one."""
    latest = Coalesce(Subquery(latest_sent().values("status")[:1]), Value(""), output_field=CharField())
    return employees.annotate(latest_status=latest)


def with_state(employees: QuerySet[Employee]) -> QuerySet[Any]:
    """Annotate each employee with `state`, the key of one of STATES, and with the status of the latest request sent."""
    found: QuerySet[Any] = with_latest(employees).annotate(
        state=Case(
            *(When(standing=state.standing.value, then=Value(state.key)) for state in STATES),
            output_field=CharField(),
        ),
    )
    return found


def record(employees: QuerySet[Employee]) -> None:
    """Write where these employees stand, from their account and their latest request sent."""
    with_latest(employees).update(standing=_WANTED)


def differences() -> list[int]:
    """Employees whose standing is not what their account and their requests say."""
    wrong = with_latest(Employee.objects.order_by()).annotate(wanted=_WANTED).exclude(standing=F("wanted"))
    return list(wrong.values_list("pk", flat=True))


def rebuild() -> int:
    """Write the standing of those that differ. Returns how many there were."""
    wrong = differences()
    for first in range(0, len(wrong), BATCH):
        record(Employee.objects.filter(pk__in=wrong[first : first + BATCH]))
    return len(wrong)

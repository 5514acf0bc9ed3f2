"""Which request speaks for an employee: the dispense in force first, then what was asked last."""

from datetime import date
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from dispenses.models import Dispense
from dispenses.workflow import SENT_OPEN, Status

SPEAKS_FIRST = ("speaks_rank", "-number")


def in_force(day: date) -> Q:
    """Dispenses that let their employee off on `day`."""
    begun = Q(effective_on__isnull=True) | Q(effective_on__lte=day)
    lasting = Q(ends_on__isnull=True) | Q(ends_on__gte=day)
    return Q(status=Status.ACCEPTED.value) & begun & lasting


def ranked(dispenses: QuerySet[Dispense], day: date) -> QuerySet[Any]:
    """Requests sent, the one that speaks for its employee on `day` first: the dispense in force, the one granted for
    another day, the open request, the latest of the others."""
    sent: QuerySet[Any] = dispenses.exclude(status=Status.DRAFT.value)
    found: QuerySet[Any] = sent.annotate(
        speaks_rank=Case(
            When(in_force(day), then=Value(0)),
            When(status=Status.ACCEPTED.value, then=Value(1)),
            When(status__in=SENT_OPEN, then=Value(2)),
            default=Value(3),
            output_field=IntegerField(),
        )
    ).order_by(*SPEAKS_FIRST)
    return found


def speaking(day: date | None = None) -> QuerySet[Any]:
    """The request that speaks for the employee of an outer query, on `day` (today, Europe/Paris, when None)."""
    return ranked(Dispense.objects.filter(employee=OuterRef("pk")), day or timezone.localdate())


def said(*fields: str, day: date | None = None) -> dict[str, Subquery]:
    """Annotations of employees with fields of the request that speaks: `speaking_ends_on` for `ends_on`, the last part
    of the name for a field of its motif."""
    return {f"speaking_{field.rpartition('__')[2]}": Subquery(speaking(day).values(field)[:1]) for field in fields}


def also_open() -> QuerySet[Dispense]:
    """The open request of the employee of an outer query, sent while a dispense goes on."""
    return Dispense.objects.filter(employee=OuterRef("pk"), status__in=SENT_OPEN)


def begins_later(status: str, effective_on: date | None, today: date) -> bool:
    """Whether a dispense is granted, but for a later day than `today`."""
    return status == Status.ACCEPTED and effective_on is not None and effective_on > today

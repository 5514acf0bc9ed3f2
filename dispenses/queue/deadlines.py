"""The next date of an employee, as a correspondent may know it, and what falls due of dispenses within a week."""

from datetime import date
from typing import Any

from django.db.models import Case, DateField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Least, TruncDate

from accounts.due import AHEAD, Due, declare
from accounts.models import LIVE, Employee, Invitation
from accounts.states import Standing
from dispenses.queue.speaking import said
from dispenses.workflow import Status
from portal.lib.dates import LATEST

NONE = LATEST  # sorts who has no deadline after all others
MOST = 5000  # employees of a list that may be sorted by a date that no index holds
# What each part is, in the order in which the first of two that fall on one day is told.
PARTS = {
    "link_ends_on": "fin du lien",
    "dispense_ends_on": "fin de la dispense",
    "contract_ends_on": "fin du contrat",
    "left_on": "départ",
}


def with_deadline(employees: QuerySet[Employee]) -> QuerySet[Any]:
    """Annotate each employee with `deadline`, the nearest of the dates of PARTS that they have; NONE without any."""
    links = Invitation.objects.filter(LIVE, employee=OuterRef("pk"))
    found: QuerySet[Any] = employees.annotate(
        link_ends_on=Case(
            When(
                standing=Standing.INVITED,
                then=Subquery(links.values(day=TruncDate("expires_at"))[:1]),
            ),
            output_field=DateField(),
        ),
        dispense_ends_on=Case(
            When(standing=Standing.DISPENSED, then=said("ends_on")["speaking_ends_on"]), output_field=DateField()
        ),
    )
    nearest = Least(*(Coalesce(F(part), Value(NONE)) for part in PARTS), output_field=DateField())
    gone = When(standing=Standing.LEFT, then=Value(NONE))
    dated: QuerySet[Any] = found.annotate(deadline=Case(gone, default=nearest, output_field=DateField()))
    return dated


def deadline_of(employee: Any) -> tuple[date, str] | None:
    """The deadline of an employee whom `with_deadline` annotated, and what it is; None without any."""
    if employee.deadline == NONE:
        return None
    return employee.deadline, next(what for part, what in PARTS.items() if getattr(employee, part) == employee.deadline)


def _dispenses_due(employees: QuerySet[Employee], field: str, today: date, also: Q) -> QuerySet[Any]:
    """Employees who are let off by a dispense whose `field` falls within the week, annotated with it."""
    path = f"dispenses__{field}"
    found: QuerySet[Any] = employees.filter(
        also,
        dispenses__status=Status.ACCEPTED.value,
        dispenses__superseded_by__isnull=True,
        **{f"{path}__gte": today, f"{path}__lte": today + AHEAD},
    ).exclude(standing=Standing.LEFT)
    dated: QuerySet[Any] = found.annotate(due_on=F(path))
    return dated


def _ends(employees: QuerySet[Employee], today: date) -> QuerySet[Any]:
    return _dispenses_due(employees, "ends_on", today, Q())


def _confirmations(employees: QuerySet[Employee], today: date) -> QuerySet[Any]:
    return _dispenses_due(employees, "confirm_by", today, Q(dispenses__unconfirmed_since__isnull=True))


def register() -> None:
    """Make what falls due of dispenses filters of the list and lines of the correspondent's week."""
    declare(
        Due(
            key="dispense",
            label="Dispense qui finit",
            one="dispense finit\xa0: préparez l’affiliation",
            many="dispenses finissent\xa0: préparez les affiliations",
            find=_ends,
        ),
        Due(
            key="confirmation",
            label="Situation à confirmer par le salarié",
            one="salarié doit confirmer sa situation",
            many="salariés doivent confirmer leur situation",
            find=_confirmations,
        ),
    )

"""What payroll needs to know of an employee on a given day: let off or not, from when, until when, what comes after."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from accounts.models import Employee
from dispenses.models import Dispense
from dispenses.queue.transferred import passed_from
from dispenses.workflow import GRANTED_STATUSES, Status
from portal.lib.dates import ONE_DAY

CHUNK = 2000  # employees in memory at a time
Row = tuple[int, str, str, date | None, date | None, str, str, date]  # of an employee, as facts_on reads it


@dataclass(frozen=True, slots=True)
class Granted:
    """The days of a dispense granted, both included; None: since ever, without end. An ended one counts until then."""

    since: date | None
    until: date | None
    family: str = ""

    def covers(self, day: date) -> bool:
        """Whether the employee is let off on `day`."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def within(self, last_day: date | None) -> "Granted | None":
        """The same for somebody whose last day at work is `last_day`; None when not one day is left."""
        until = min((day for day in (self.until, last_day) if day is not None), default=None)
        if self.since is not None and until is not None and until < self.since:
            return None
        return Granted(self.since, until, self.family)


@dataclass(frozen=True, slots=True)
class Told:
    """Whether an employee is let off on a day, and the dates of the dispense that is told then.

    That dispense is the one that covers the day; else the last that is over, whose affiliation is due; else the next.
    """

    dispensed: bool = False
    effective_on: date | None = None
    ends_on: date | None = None
    affiliation_due_on: date | None = None
    motif_family: str = ""


@dataclass(frozen=True, slots=True)
class PayrollFacts:
    """An employee and what payroll is told of them."""

    employee_id: int
    matricule: str
    establishment_siret: str
    left_on: date | None
    told: Told
    last_name: str = ""
    first_name: str = ""
    hired_on: date | None = None


def told_on(
    day: date, granted: Iterable[Granted], left_on: date | None = None, affiliated_on: date | None = None
) -> Told:
    """What is told on `day` of somebody who has these dispenses, whose last day at work is `left_on` and whom the
    employer declared affiliated from `affiliated_on`."""
    lasting = [period for one in granted if (period := one.within(left_on))]
    current = [one for one in lasting if one.covers(day)]
    over = [one for one in lasting if one.until is not None and one.until < day]
    to_come = [one for one in lasting if one.since is not None and one.since > day]
    if current:
        one = max(current, key=lambda period: period.since or date.min)
    elif over:
        one = max(over, key=lambda period: period.until or date.max)
    elif to_come:
        one = min(to_come, key=lambda period: period.since or date.min)
    else:
        return Told()
    due = affiliation_due_on(one, lasting, left_on, affiliated_on)
    return Told(bool(current), one.since, one.until, due, one.family)


def affiliation_due_on(
    period: Granted, granted: Iterable[Granted], left_on: date | None, affiliated_on: date | None
) -> date | None:
    """The day after the dispense, unless it has no end, another goes on that day, the employee has left by then or is
    declared affiliated since: an affiliation of before the end says nothing of what is due after it."""
    if period.until is None or period.until == date.max:
        return None
    due = period.until + ONE_DAY
    if (left_on is not None and left_on < due) or (affiliated_on is not None and affiliated_on >= due):
        return None
    return None if any(other.covers(due) for other in granted) else due


def granted_to(employee_ids: Sequence[int]) -> dict[int, list[Granted]]:
    """The dispenses granted to each of these employees, over or not; those that a transfer took, until its eve."""
    found: dict[int, list[Granted]] = {}
    rows = Dispense.objects.filter(employee__in=employee_ids, status__in=GRANTED_STATUSES).order_by("number")
    for owner, status, since, until, family in rows.values_list(
        "employee", "status", "effective_on", "ends_on", "motif__family"
    ):
        if status != Status.ENDED or until is not None:
            found.setdefault(owner, []).append(Granted(since, until, family or ""))
    passed = passed_from(employee_ids).filter(dispense__status__in=GRANTED_STATUSES).order_by("dispense")
    for owner, day, since, until, family in passed.values_list(
        "former", "day", "dispense__effective_on", "dispense__ends_on", "dispense__motif__family"
    ):
        period = Granted(since, until, family or "").within(day - ONE_DAY)
        if period:
            found.setdefault(owner, []).append(period)
    return found


def facts_on(day: date, employees: QuerySet[Employee]) -> Iterator[PayrollFacts]:
    """What payroll is told of these employees on `day`, in their order, some thousands in memory at a time."""
    rows = employees.values_list(
        *("pk", "matricule", "establishment_siret", "left_on", "affiliated_on"),
        *("last_name", "first_name", "hired_on"),
    )
    batch: list[Row] = []
    for row in rows.iterator(chunk_size=CHUNK):
        batch.append(row)
        if len(batch) == CHUNK:
            yield from _facts(day, batch)
            batch = []
    yield from _facts(day, batch)


def _facts(day: date, batch: list[Row]) -> Iterator[PayrollFacts]:
    granted = granted_to([row[0] for row in batch]) if batch else {}
    for pk, matricule, siret, left_on, affiliated_on, last_name, first_name, hired_on in batch:
        yield PayrollFacts(
            pk,
            matricule,
            siret,
            left_on,
            told_on(day, granted.get(pk, ()), left_on, affiliated_on),
            last_name,
            first_name,
            hired_on,
        )


def due_after(dispense: Dispense) -> date | None:
    """The day on which the employee of a granted dispense is to be affiliated after it, None while nobody knows one."""
    if dispense.status not in GRANTED_STATUSES:
        return None
    left_on, affiliated_on = dispense.employee.left_on, dispense.employee.affiliated_on
    period = Granted(dispense.effective_on, dispense.ends_on).within(left_on)
    granted = granted_to([dispense.employee_id]).get(dispense.employee_id, [])
    if dispense.superseded_by:  # whose own decision may be written after
        granted.append(Granted(dispense.superseded_by.effective_on, None))
    return affiliation_due_on(period, granted, left_on, affiliated_on) if period else None

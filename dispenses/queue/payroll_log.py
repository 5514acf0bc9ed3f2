"""The log of what changed for payroll: a line per employee and change, its rank given once the change is committed.

Nobody who changes an employee or a dispense writes here. Who reads compares what is told now with the last line of
each employee, under the lock of the employer's book, and adds the lines that differ: a rank is only ever given to what
is committed, so that whoever has read up to a rank has missed nothing before it (docs/adr/0061-payroll-log.md).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from celery import shared_task
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Employee
from dispenses.models import Dispense, PayrollBook, PayrollChange
from dispenses.queue.payroll import PayrollFacts, Told, facts_on
from dispenses.workflow import GRANTED_STATUSES
from portal.lib.bulk_copy import insert_rows
from portal.lib.hints import hint

BATCH = 1000
LATE = timedelta(minutes=15)
"""How long a transaction may last after it dated its change (Employee.changed_at) and before it commits. What would be
later still is found in the night."""
FRESH = timedelta(minutes=5)  # the book says at most this late until when changes were looked for
COLUMNS = (
    "employer_id",
    "employee_id",
    "rank",
    "until_rank",
    "noted_at",
    "matricule",
    "establishment_siret",
    "left_on",
    "dispensed",
    "effective_on",
    "ends_on",
    "affiliation_due_on",
    "motif_family",
)


def follow(employer_id: int, *, whole: bool = False) -> int:
    """Add to the log of an employer what changed since it was last followed. Returns its last rank.

    `whole`: compare every employee, and not those alone whose dates say that something may have changed.
    """
    book, _ = PayrollBook.objects.get_or_create(employer_id=employer_id)
    now, today = timezone.now(), timezone.localdate()
    suspects = Employee.objects.filter(employer=employer_id)
    if not whole and book.followed_at is not None and book.followed_on is not None:
        suspects = suspects.filter(Q(changed_at__gte=book.followed_at - LATE) | _turned(book.followed_on, today))
    for batch in _batches(suspects):
        _compare(employer_id, batch)
    if whole or book.followed_at is None or book.followed_on != today or now - book.followed_at >= FRESH:
        later = Q(followed_at__isnull=True) | Q(followed_at__lt=now)
        PayrollBook.objects.filter(later, pk=employer_id).update(followed_at=now, followed_on=today)
    return PayrollBook.objects.values_list("head", flat=True).get(pk=employer_id)


def changes(employer_id: int, after: int, up_to: int | None = None) -> QuerySet[PayrollChange]:
    """The last line of each employee among those after a rank, and up to another unless None, in the order of ranks."""
    found = PayrollChange.objects.filter(employer=employer_id, employee__employer=employer_id, rank__gt=after)
    if up_to is None:
        return found.filter(until_rank__isnull=True).order_by("rank")
    last = Q(until_rank__isnull=True) | Q(until_rank__gt=up_to)
    return found.filter(last, rank__lte=up_to).order_by("rank")


@shared_task(name="dispenses.tasks.compare_payroll")
def compare(employer_id: int) -> int:
    """Compare every employee of a company with its log. Returns its last rank."""
    return follow(employer_id, whole=True)


@shared_task(name="dispenses.tasks.follow_payroll")
def follow_all() -> int:
    """Have every company whose log is read compared, one task each. Returns how many there are."""
    books = list(PayrollBook.objects.order_by("pk").values_list("pk", flat=True))
    for employer_id in books:
        hint(compare, employer_id)
    return len(books)


def _turned(since: date, today: date) -> Q:
    """Employees for whom the days from `since` to `today` alone may have changed something."""
    if since >= today:
        return Q(pk__in=())
    begun = Q(effective_on__gt=since, effective_on__lte=today)
    over = Q(ends_on__gte=since, ends_on__lt=today)
    granted = Dispense.objects.filter(begun | over, employee=OuterRef("pk"), status__in=GRANTED_STATUSES)
    return Q(left_on__gte=since, left_on__lt=today) | Q(Exists(granted))


def _batches(employees: QuerySet[Employee]) -> Iterator[list[int]]:
    keys = employees.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=BATCH)
    while batch := list(islice(keys, BATCH)):
        yield batch


@transaction.atomic
def _compare(employer_id: int, employee_ids: list[int]) -> None:
    """Add a line for those of whom something else is told than in their last one. Everything is read under the lock."""
    book = PayrollBook.objects.select_for_update().get(pk=employer_id)
    mine = Employee.objects.filter(employer=employer_id, pk__in=employee_ids).order_by("pk")
    lines = PayrollChange.objects.filter(employer=employer_id, until_rank__isnull=True, employee__in=employee_ids)
    latest = {line.employee_id: line for line in lines}
    new: list[PayrollFacts] = []
    replaced: list[PayrollChange] = []
    for facts in facts_on(timezone.localdate(), mine):
        line = latest.get(facts.employee_id)
        if line is None or _said(line) != (facts.matricule, facts.establishment_siret, facts.left_on, facts.told):
            new.append(facts)
            if line is not None:
                line.until_rank = book.head + len(new)
                replaced.append(line)
    if not new:
        return
    PayrollChange.objects.bulk_update(replaced, ["until_rank"])
    insert_rows(PayrollChange, COLUMNS, _rows(employer_id, book.head, new, timezone.now()))
    book.head += len(new)
    book.save(update_fields=["head"])


def _said(line: PayrollChange) -> tuple[str, str, date | None, Told]:
    return line.matricule, line.establishment_siret, line.left_on, told_by(line)


def told_by(line: PayrollChange) -> Told:
    """What a line of the log tells."""
    return Told(line.dispensed, line.effective_on, line.ends_on, line.affiliation_due_on, line.motif_family)


def _rows(employer_id: int, head: int, new: list[PayrollFacts], at: datetime) -> Iterator[tuple[object, ...]]:
    for rank, facts in enumerate(new, start=head + 1):
        told = facts.told
        yield (
            *(employer_id, facts.employee_id, rank, None, at),
            *(facts.matricule, facts.establishment_siret, facts.left_on),
            *(told.dispensed, told.effective_on, told.ends_on, told.affiliation_due_on, told.motif_family),
        )

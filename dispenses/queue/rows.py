"""The queue's row of each request: written by the move itself (`moves.apply`), made anew from the history at will."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import Employee
from dispenses.models import Dispense, QueueEntry, TimelineEvent
from dispenses.queue import delays
from dispenses.workflow import TRANSITIONS, Role, Status
from portal.lib import searching

BATCH = 500
SEARCHED = frozenset({"last_name", "birth_name", "first_name", "matricule"})
DERIVED = (
    "status",
    "submitted_at",
    "active_at",
    "decided_at",
    "due_on",
    "days_left",
    "employer",
    "motif_code",
    "motif_family",
    "search",
)


def record(dispense: Dispense, *, at: datetime, role: Role) -> None:
    """Bring the row up to date with a move just made on the locked request; who it is assigned to stays."""
    if dispense.submitted_at is None:
        return
    entry = QueueEntry.objects.filter(dispense=dispense).first()
    if entry is None:
        _built(dispense).save(force_insert=True)
        return
    clock = delays.step(
        delays.Clock(entry.due_on, entry.days_left),
        runs=dispense.status == Status.IN_PROGRESS,
        on=timezone.localdate(at),
        delay=settings.PORTAL_DELAY_WORKING_DAYS,
    )
    _fill(entry, dispense, clock, at if role is Role.EMPLOYEE else entry.active_at)
    entry.save(update_fields=DERIVED)


def rebuild() -> int:
    """Make every row anew from its request and history, assignments kept. Returns how many there are.

    Due dates are those of the delay now promised: after a change of PORTAL_DELAY_WORKING_DAYS, run it or not.
    """
    done = 0
    for batch in _sent_in_batches():
        QueueEntry.objects.bulk_create(
            [_built(dispense) for dispense in batch],
            update_conflicts=True,
            unique_fields=["dispense"],
            update_fields=DERIVED,
        )
        done += len(batch)
    return done


@shared_task(name="dispenses.tasks.refresh_people")
def refresh_people(now: datetime | None = None) -> int:
    """Write again what the rows say of employees changed in the last two days. Returns how many rows."""
    now = now or timezone.now()
    return _search_again(Dispense.objects.filter(employee__changed_at__gte=now - timedelta(days=2)))


def refresh_person(employee: Employee) -> int:
    """Write again what the rows say of an employee just corrected. Returns how many rows changed."""
    return _search_again(Dispense.objects.filter(employee=employee))


def _search_again(dispenses: QuerySet[Dispense]) -> int:
    changed = dispenses.filter(queue_entry__isnull=False).select_related("employee", "queue_entry")
    stale = []
    for dispense in changed.iterator(chunk_size=BATCH):
        entry, wanted = dispense.queue_entry, _search_of(dispense)
        if entry.search != wanted:
            entry.search = wanted
            stale.append(entry)
    QueueEntry.objects.bulk_update(stale, ["search"], batch_size=BATCH)
    return len(stale)


def differences() -> list[int]:
    """Numbers of the requests whose row is missing or is not what the history says."""
    found: list[int] = []
    for batch in _sent_in_batches():
        rows = QueueEntry.objects.in_bulk([dispense.number for dispense in batch])
        for dispense in batch:
            row, wanted = rows.get(dispense.number), _built(dispense)
            if row is None or any(getattr(row, name) != getattr(wanted, name) for name in DERIVED):
                found.append(dispense.number)
    return found


def _sent_in_batches() -> Iterator[list[Dispense]]:
    """Every request sent, a batch locked at a time."""
    sent = (
        Dispense.objects.filter(submitted_at__isnull=False)
        .select_related("employee__employer", "motif")
        .prefetch_related(Prefetch("events", TimelineEvent.objects.order_by("at", "id")))
        .order_by("number")
    )
    last = 0
    while True:
        with transaction.atomic():
            batch = list(sent.select_for_update(of=("self",)).filter(number__gt=last)[:BATCH])
            if not batch:
                return
            last = batch[-1].number
            yield batch


def _built(dispense: Dispense) -> QueueEntry:
    """The row that the request and its history give."""
    events = sorted(dispense.events.all(), key=lambda event: (event.at, event.pk))
    sent_at = dispense.submitted_at
    if sent_at is None:
        raise ValueError(f"La demande N°{dispense.number} n’est pas envoyée.")
    happened = [(timezone.localdate(event.at), event.to_status == Status.IN_PROGRESS) for event in events]
    clock = delays.replay(
        [(timezone.localdate(sent_at), True), *happened[1:]], delay=settings.PORTAL_DELAY_WORKING_DAYS
    )
    own = [
        event.at
        for event in events
        if event.transition in TRANSITIONS and TRANSITIONS[event.transition].role is Role.EMPLOYEE
    ]
    entry = QueueEntry(dispense=dispense)
    _fill(entry, dispense, clock, max([sent_at, *own[1:]]))
    return entry


def _fill(entry: QueueEntry, dispense: Dispense, clock: delays.Clock | None, active_at: datetime) -> None:
    employee, motif = dispense.employee, dispense.motif
    if clock is None or motif is None or dispense.submitted_at is None:
        raise ValueError(f"La demande N°{dispense.number} n’a pas tout d’une demande envoyée.")
    entry.status, entry.submitted_at, entry.decided_at = dispense.status, dispense.submitted_at, dispense.decided_at
    entry.due_on, entry.days_left = clock.due_on, clock.days_left
    entry.active_at = active_at
    entry.employer = employee.employer
    entry.motif_code, entry.motif_family = motif.code, motif.family
    entry.search = _search_of(dispense)


def _search_of(dispense: Dispense) -> str:
    employee = dispense.employee
    return searching.search_text(
        employee.last_name, employee.birth_name, employee.first_name, dispense.matricule, employee.matricule
    )

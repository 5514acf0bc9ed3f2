"""Requests refused long ago, each with all that a decision leaves and its files: copies made by PostgreSQL itself."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.db import connection, models
from django.utils import timezone

from accounts.models import Employee, Employer, User
from dispenses.enums import Judged, Pending, PreviewStatus, ScanStatus
from dispenses.models import (
    Declaration,
    Dispense,
    Justificatif,
    PendingDecision,
    PieceVerdict,
    QueueEntry,
    TimelineEvent,
    justificatif_storage,
)
from tests.bench.desk_data import FIRST, copy, without_indexes
from tests.factories import DispenseFactory

YEARS = 8  # since they were sent and refused
PARTS: tuple[type[models.Model], ...] = (Declaration, TimelineEvent, QueueEntry, PieceVerdict, PendingDecision)


def fill(shares: Sequence[tuple[Employer, int]], staff: User, pictures: Sequence[str]) -> int:
    """So many requests for each employer, with one file each and its `pictures`. Returns how many in all."""
    original = DispenseFactory(refused=True, staff=staff)
    _complete(original, staff)
    at = f"TIMESTAMPTZ '{timezone.now() - timedelta(days=366 * YEARS)}'"
    first = 1
    with without_indexes((Employee, Dispense, Justificatif, *PARTS)):
        for employer, size in shares:
            _copies(original, employer, f"SELECT generate_series({first}, {first + size - 1}) AS n", at)
            first += size
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    folder = Path(justificatif_storage().path(""))
    for n in range(1, first):
        path = folder / _key(n)
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in pictures:
            Path(f"{path}{suffix}").write_bytes(b"x" * 1000)
    return first - 1


def _complete(original: Dispense, staff: User) -> None:
    """What a desk adds to a decision: a verdict, and the decision that could be undone."""
    at = original.decided_at or timezone.now()
    PieceVerdict.objects.create(dispense=original, piece="a", label="a", verdict=Judged.ACCEPTED, at=at, by=staff)
    PendingDecision.objects.create(
        dispense=original,
        name="refuse",
        seen_at=at,
        taken_at=at,
        taken_by=staff,
        effective_at=at,
        state=Pending.DONE,
        settled_at=at,
    )


def _copies(original: Dispense, employer: Employer, rows: str, at: str) -> None:
    number, of = f"{FIRST} + n", f"dispense_id = {original.number}"
    copy(
        Employee,
        f"id = {original.employee_id}",
        rows,
        id=number,
        employer_id=f"{employer.pk}",
        user_id="NULL",
        activated_at="NULL",
        professional_email="'v' || n || '@banc.example'",
        matricule="'B-' || n",
    )
    dates = dict.fromkeys(("status_at", "created_at", "submitted_at", "decided_at"), at)
    copy(Dispense, f"number = {original.number}", rows, number=number, employee_id=number, **dates)
    copy(Declaration, of, rows, dispense_id=number, signed_at=at)
    copy(TimelineEvent, of, rows, dispense_id=number, at=at)
    entry = dict.fromkeys(("submitted_at", "active_at", "decided_at"), at)
    copy(QueueEntry, of, rows, dispense_id=number, employer_id=f"{employer.pk}", due_on=f"({at})::date", **entry)
    copy(PieceVerdict, of, rows, dispense_id=number)
    copy(PendingDecision, of, rows, dispense_id=number)
    file = original.justificatifs.order_by("pk").values_list("pk", flat=True)[0]
    copy(
        Justificatif,
        f"id = {file}",
        rows,
        dispense_id=number,
        file="substr(md5(n::text), 1, 2) || '/' || md5(n::text)",
        received_at=at,
        sent_at=at,
        scanned_at=at,
        scan_status=f"'{ScanStatus.CLEAN.value}'",
        preview_status=f"'{PreviewStatus.READY.value}'",
        preview_pages="1",
    )


def _key(n: int) -> str:
    """As PostgreSQL writes it above."""
    digest = hashlib.md5(f"{n}".encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:2]}/{digest}"

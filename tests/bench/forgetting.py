"""Requests and their files forgotten, from the search to the last file, beside a bare deletion of as many.

`python -m tests.bench.forgetting prepare | speed` are its parts, each in a process of its own.
"""

import json
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.databases import prepared
from tests.bench.figures import Figure, compare
from tests.bench.processes import answer_of, high_water
from tests.bench.sizes import sized, spaced
from tests.bench.turns import in_turns

if TYPE_CHECKING:
    from accounts.models import Employer, User

TURNS = 5
SIZE = sized(20_000, 400)  # requests of a turn
YEARS = 8  # since they were sent and refused
PICTURES = ("", "-vignette.png", "-1.png")  # after the key of each file
GOAL, MEMORY_GOAL = 0.2, 1.2
OURS, PLAIN = "Banc effacement", "Banc nu"


def figures(folder: Path) -> Iterator[Figure]:
    """Speed over all the turns, then the memory after the last beside that after the first."""
    with prepared(folder) as base:
        answer_of("tests.bench.forgetting", base.environment, "prepare")
        found = answer_of("tests.bench.forgetting", base.environment, "speed")
        detail = f"{spaced(TURNS * SIZE)} demandes, {spaced(TURNS * SIZE * len(PICTURES))} fichiers, {base.server}"
        yield compare(
            "effacement / suppression nue",
            found["ours"],
            found["plain"],
            goal=GOAL,
            unit="demandes/s",
            detail=detail,
        )
        name = f"mémoire, effacement de {spaced(TURNS * SIZE)} / {spaced(SIZE)} demandes"
        last, first = found["memory"]
        yield compare(
            name,
            [last],
            [first],
            goal=MEMORY_GOAL,
            better="lower",
            unit="Mo",
            detail=f"processus entier, {base.server}",
        )


def _prepare() -> int:
    """As many requests for each way at each turn, an employer a turn: ours are held until their turn comes."""
    from accounts.models import Employer
    from dispenses.models import LegalHold
    from tests.factories import StaffFactory

    staff = StaffFactory()
    for turn in range(TURNS):
        for rank, name in enumerate((OURS, PLAIN)):
            employer = Employer.objects.create(name=f"{name} {turn}", siret=f"8{rank}{turn:012d}")
            LegalHold.objects.create(employer=employer, reason="Attend son tour", placed_by=staff)
            for first in range(0, SIZE, 2000):
                _requests(employer, staff, range(first, min(SIZE, first + 2000)))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return TURNS * SIZE


def _requests(employer: "Employer", staff: "User", numbers: range) -> None:
    """Requests refused long ago, each with all that a decision leaves, and its files."""
    from django.utils import timezone

    from accounts.models import Employee
    from dispenses.enums import Judged, MotifFamily, Pending, PreviewStatus, ScanStatus
    from dispenses.models import (
        Declaration,
        Dispense,
        Justificatif,
        Motif,
        PendingDecision,
        PieceVerdict,
        QueueEntry,
        TimelineEvent,
        justificatif_storage,
        random_key,
    )

    at, motif = timezone.now() - timedelta(days=366 * YEARS), Motif.objects.get(code="conjoint")
    employees = Employee.objects.bulk_create(
        Employee(
            employer=employer,
            first_name="Virginie",
            last_name=f"Durand-{index:06d}",
            professional_email=f"v{index}@banc{employer.pk}.example",
            matricule=f"B-{index:06d}",
            hired_on=at.date(),
            contract_type="cdi",
        )
        for index in numbers
    )
    dispenses = Dispense.objects.bulk_create(
        Dispense(
            employee=employee,
            motif=motif,
            status="refused",
            status_at=at,
            created_at=at,
            submitted_at=at,
            decided_at=at,
            decided_by=staff,
            decision_reason="Sans preuve.",
            decision_rule="art. D911-2",
            hired_on=at.date(),
            history_rank=3,
            history_seal="0" * 64,
        )
        for employee in employees
    )
    Declaration.objects.bulk_create(
        Declaration(
            dispense=one, signed_at=at, signed_by=staff, motif_label="m", legal_basis="l", text="t" * 800, answers=[]
        )
        for one in dispenses
    )
    TimelineEvent.objects.bulk_create(
        TimelineEvent(
            dispense=one, transition=name, from_status="draft", to_status="refused", at=at, actor_label="le centre"
        )
        for one in dispenses
        for name in ("submit", "refuse")
    )
    QueueEntry.objects.bulk_create(
        QueueEntry(
            dispense=one, status="refused", submitted_at=at, active_at=at, decided_at=at, due_on=at.date(), days_left=1,
            employer=employer, motif_code="conjoint", motif_family=MotifFamily.COUVERT, search="durand virginie",
        )
        for one in dispenses
    )  # fmt: skip
    PieceVerdict.objects.bulk_create(
        PieceVerdict(dispense=one, piece="a", label="a", verdict=Judged.ACCEPTED, at=at, by=staff) for one in dispenses
    )
    PendingDecision.objects.bulk_create(
        PendingDecision(
            dispense=one, name="refuse", seen_at=at, taken_at=at, taken_by=staff, effective_at=at, state=Pending.DONE,
            settled_at=at,
        )
        for one in dispenses
    )  # fmt: skip
    files = Justificatif.objects.bulk_create(
        Justificatif(
            dispense=one, piece="a", file=random_key(), name="a.pdf", content_type="application/pdf", size=1000,
            sha256="0" * 64, received_at=at, sent_at=at, scan_status=ScanStatus.CLEAN, scanned_at=at,
            preview_status=PreviewStatus.READY, preview_pages=1,
        )
        for one in dispenses
    )  # fmt: skip
    folder = Path(justificatif_storage().path(""))
    for file in files:
        path = folder / (file.file.name or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in PICTURES:
            Path(f"{path}{suffix}").write_bytes(b"x" * 1000)


def _speed() -> dict[str, list[float]]:
    """Requests a second, ours and the bare way, turn by turn; and the memory after the last turn, after the first."""
    peaks: list[float] = []
    turns = {OURS: iter(range(TURNS)), PLAIN: iter(range(TURNS))}

    def ours() -> float:
        seconds = _forgotten(f"{OURS} {next(turns[OURS])}")
        peaks.append(high_water() / 1024 / 1024)
        return SIZE / seconds

    def plain() -> float:
        return SIZE / _deleted(f"{PLAIN} {next(turns[PLAIN])}")

    return {**in_turns({"ours": ours, "plain": plain}, TURNS), "memory": [peaks[-1], peaks[0]]}


def _forgotten(name: str) -> float:
    """Seconds of the two nights: found and announced, then forgotten with the files proven gone."""
    from django.utils import timezone

    from dispenses.keeping.evidence import NOTICE, forget_evidence
    from dispenses.models import LeavingFile, LegalHold, Tombstone

    before, now = Tombstone.objects.count(), timezone.now()
    hold = LegalHold.objects.get(employer__name=name)
    LegalHold.objects.filter(pk=hold.pk).update(lifted_at=now, lifted_by=hold.placed_by)
    start = time.perf_counter()
    forget_evidence(now, seconds=3600)
    forget_evidence(now + NOTICE, seconds=3600)
    seconds = time.perf_counter() - start
    left = LeavingFile.objects.count()
    if Tombstone.objects.count() - before != SIZE or left:
        raise RuntimeError(f"{Tombstone.objects.count() - before} demandes effacées, {left} fichiers restent")
    return seconds


def _deleted(name: str) -> float:
    """Seconds of one statement for each table and one call for each file: nothing is checked, told or remembered."""
    from django.db import connection, transaction

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

    storage = justificatif_storage()
    start = time.perf_counter()
    keys = list(Justificatif.objects.filter(dispense__employee__employer__name=name).values_list("file", flat=True))
    chosen = (
        "SELECT d.number FROM dispenses_dispense d JOIN accounts_employee e ON e.id = d.employee_id"
        " JOIN accounts_employer c ON c.id = e.employer_id WHERE c.name = %s"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for part in (PendingDecision, PieceVerdict, Declaration, TimelineEvent, Justificatif, QueueEntry):
            cursor.execute(f"DELETE FROM {part._meta.db_table} WHERE dispense_id IN ({chosen})", [name])
        cursor.execute(f"DELETE FROM {Dispense._meta.db_table} WHERE number IN ({chosen})", [name])
    for key in keys:
        for suffix in PICTURES:
            storage.delete(f"{key}{suffix}")
    return time.perf_counter() - start


def main(arguments: list[str]) -> None:
    import django

    django.setup()
    print(json.dumps(_prepare() if arguments[0] == "prepare" else _speed()))


if __name__ == "__main__":
    main(sys.argv[1:])

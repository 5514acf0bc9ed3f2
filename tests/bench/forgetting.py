"""Requests and their files forgotten, from the search to the last file, beside a bare deletion of as many.

`python -m tests.bench.forgetting prepare | speed` are its parts, each in a process of its own.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.databases import prepared
from tests.bench.figures import Figure, compare
from tests.bench.processes import answer_of, high_water
from tests.bench.runner import LeftOut
from tests.bench.sizes import sized, spaced
from tests.bench.turns import in_turns

TURNS = 5
SIZE, PLAIN_SIZE = sized(10_000, 400), sized(4_000, 400)  # requests of a turn, ours and the bare way's
PICTURES = ("", "-vignette.png", "-1.png")  # after the key of each file
GOAL, MEMORY_GOAL = 0.15, 1.2
OURS, PLAIN = "Banc effacement", "Banc nu"


def figures(folder: Path) -> Iterator[Figure]:
    """Speed over all the turns, then the memory after the last beside that after the first."""
    with prepared(folder) as base:
        if base.server != "PostgreSQL":
            raise LeftOut("ne se mesure que sur PostgreSQL")
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
    from tests.bench import forgetting_data
    from tests.factories import StaffFactory

    staff, shares = StaffFactory(), []
    for rank, (name, size) in enumerate(((OURS, SIZE), (PLAIN, PLAIN_SIZE))):
        for turn in range(TURNS):
            employer = Employer.objects.create(name=f"{name} {turn}", siret=f"8{rank}{turn:012d}")
            LegalHold.objects.create(employer=employer, reason="Attend son tour", placed_by=staff)
            shares.append((employer, size))
    return forgetting_data.fill(shares, staff, PICTURES)


def _speed() -> dict[str, list[float]]:
    """Requests a second, ours and the bare way, turn by turn; and the memory after the last turn, after the first."""
    peaks: list[float] = []
    turns = {OURS: iter(range(TURNS)), PLAIN: iter(range(TURNS))}

    def ours() -> float:
        seconds = _forgotten(f"{OURS} {next(turns[OURS])}")
        peaks.append(high_water() / 1024 / 1024)
        return SIZE / seconds

    def plain() -> float:
        return PLAIN_SIZE / _deleted(f"{PLAIN} {next(turns[PLAIN])}")

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

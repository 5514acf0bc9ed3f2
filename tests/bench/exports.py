"""Exports of a company: memory at 10,000 and 100,000 employees, speed beside a bare csv.writer over the same columns.

`python -m tests.bench.exports prepare | speed | peak CSV|XLSX EMPLOYER` are its parts, each in a process of its own.
"""

import csv
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tests.bench.databases import Base, prepared
from tests.bench.figures import Figure, compare
from tests.bench.processes import answer_of, high_water
from tests.bench.sizes import sized, spaced
from tests.bench.turns import in_turns

if TYPE_CHECKING:
    from dispenses.exports.columns import Listing

SIZES = (10_000, sized(100_000, 15_000))
ROUNDS, MEMORY_ROUNDS = sized(7, 2), 1
GOAL, MEMORY_GOAL = 0.5, 1.2


def figures(folder: Path) -> Iterator[Figure]:
    """Speed of a CSV, then memory of both formats."""
    with prepared(folder) as base:
        small, large = answer_of("tests.bench.exports", base.environment, "prepare")
        found = answer_of("tests.bench.exports", base.environment, "speed", str(large))
        said = {"goal": GOAL, "unit": "lignes/s", "detail": f"{spaced(SIZES[1])} salariés, {base.server}"}
        yield compare("export CSV / csv.writer nu", found["ours"], found["plain"], **said)
        for form in ("csv", "xlsx"):
            yield _memory(base, form, small, large)


def _memory(base: Base, form: str, small: int, large: int) -> Figure:
    """Peak of a process that exports the large company beside that of one that exports the small."""

    def peak(employer_id: int) -> float:
        return float(answer_of("tests.bench.exports", base.environment, "peak", form, str(employer_id)))

    found = in_turns({"ours": partial(peak, large), "theirs": partial(peak, small)}, MEMORY_ROUNDS)
    name = f"mémoire export {form.upper()}, {spaced(SIZES[1])} / {spaced(SIZES[0])}"
    said = {"unit": "Mo", "detail": f"processus entier, {base.server}"}
    return compare(name, found["ours"], found["theirs"], goal=MEMORY_GOAL, better="lower", **said)


def _prepare() -> list[int]:
    from accounts.models import Employee, Employer

    made = []
    for size in SIZES:
        employer = Employer.objects.create(name=f"Banc {size}", siret=f"9{size:013d}")
        for first in range(0, size, 5000):
            Employee.objects.bulk_create(
                Employee(
                    employer=employer,
                    first_name="Virginie",
                    last_name=f"Durand-{index:06d}",
                    professional_email=f"v{index}@banc{size}.example",
                    matricule=f"B-{index:06d}",
                    hired_on=date(2018, 9, 3),
                    contract_type="cdi",
                )
                for index in range(first, first + 5000)
            )
        made.append(employer.pk)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


def _listing(employer_id: int) -> "Listing":
    from accounts.models import Employer
    from dispenses.exports import lists

    return lists.employees(Employer.objects.get(pk=employer_id))


def write_bare(listing: "Listing", target: TextIO) -> None:
    """The same columns of the same query, by nothing but the csv module; a column that reads two values writes one."""
    rows = listing.source.values_list(*(column.reads[0] for column in listing.columns))
    csv.writer(target, delimiter=";").writerows(rows.iterator())


def _speed(employer_id: int) -> dict[str, list[float]]:
    """Rows a second, ours and the bare way, turn by turn; both make the same columns of the same query."""
    from dispenses.exports.download import csv_pieces

    def ours() -> float:
        start = time.perf_counter()
        with Path(os.devnull).open("wb") as target:
            for piece in csv_pieces(_listing(employer_id)):
                target.write(piece)
        return SIZES[1] / (time.perf_counter() - start)

    def plain() -> float:
        start = time.perf_counter()
        with Path(os.devnull).open("w", encoding="utf-8", newline="") as target:
            write_bare(_listing(employer_id), target)
        return SIZES[1] / (time.perf_counter() - start)

    return in_turns({"ours": ours, "plain": plain}, ROUNDS, warm_up=1)


def _peak(form: str, employer_id: int) -> float:
    """Peak memory of a process that makes one export, in MB."""
    from dispenses.exports import sheets
    from dispenses.exports.download import csv_pieces

    listing = _listing(employer_id)
    if form == "csv":
        for _ in csv_pieces(listing):
            pass
    else:
        sheets.write(listing.title, listing.header, listing.rows()).close()
    return high_water() / 1024 / 1024


def main(arguments: list[str]) -> None:
    import django

    django.setup()
    if arguments[0] == "prepare":
        print(json.dumps(_prepare()))
    elif arguments[0] == "speed":
        print(json.dumps(_speed(int(arguments[1]))))
    else:
        print(_peak(arguments[1], int(arguments[2])))


if __name__ == "__main__":
    main(sys.argv[1:])

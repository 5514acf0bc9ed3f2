"""Exports of a company: memory at 10,000 and 100,000 employees, speed beside a bare csv.writer over the same columns.

`python -m tests.bench.exports prepare | speed | peak CSV|XLSX EMPLOYER` are its parts, each in a process of its own.
"""

import csv
import json
import os
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from tests.bench.figures import Figure, compare

ROOT = Path(__file__).resolve().parents[2]
SIZES = (10_000, 100_000)
ROUNDS = 7
GOAL, MEMORY_GOAL = 0.5, 1.2


def _run(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "tests.bench.exports", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def figures(environment: dict[str, str], server: str) -> list[Figure]:
    """The three figures, on the bench's database."""
    small, large = json.loads(_run(environment, "prepare"))
    speeds = json.loads(_run(environment, "speed", str(large)))
    found = [
        compare(
            "export CSV / csv.writer nu",
            speeds["ours"],
            speeds["plain"],
            goal=GOAL,
            unit="lignes/s",
            detail=f"{SIZES[1]} salariés, {server}",
        )
    ]
    for form in ("csv", "xlsx"):
        low, high = (float(_run(environment, "peak", form, str(pk))) for pk in (small, large))
        found.append(
            Figure(
                name=f"mémoire export {form.upper()}, 100 000 / 10 000",
                ratio=round(high / low, 3),
                goal=MEMORY_GOAL,
                better="lower",
                detail=f"{high:.0f} Mo contre {low:.0f}, processus entier, {server}",
            )
        )
    return found


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


def _listing(employer_id: int) -> object:
    from accounts.models import Employer
    from dispenses.exports import lists

    return lists.employees(Employer.objects.get(pk=employer_id))


def _speed(employer_id: int) -> dict[str, list[float]]:
    """Rows a second, ours and the bare way, turn by turn; both make the same columns of the same query."""
    from dispenses.exports.leaving import csv_pieces

    def ours() -> None:
        with Path(os.devnull).open("wb") as target:
            for piece in csv_pieces(_listing(employer_id)):  # type: ignore[arg-type]
                target.write(piece)

    def plain() -> None:
        with Path(os.devnull).open("w", encoding="utf-8", newline="") as target:
            csv.writer(target, delimiter=";").writerows(_listing(employer_id).source.iterator())  # type: ignore[attr-defined]

    found: dict[str, list[float]] = {"ours": [], "plain": []}
    ours(), plain()
    for turn in range(ROUNDS):
        for name, act in (("ours", ours), ("plain", plain))[:: 1 if turn % 2 else -1]:
            start = time.perf_counter()
            act()
            found[name].append(SIZES[1] / (time.perf_counter() - start))
    return found


def _peak(form: str, employer_id: int) -> float:
    """Peak memory of a process that makes one export, in MB."""
    from dispenses.exports import sheets
    from dispenses.exports.leaving import csv_pieces

    listing = _listing(employer_id)
    if form == "csv":
        for _ in csv_pieces(listing):  # type: ignore[arg-type]
            pass
    else:
        sheets.write(listing.title, listing.header, listing.rows()).close()  # type: ignore[attr-defined]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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

"""A company's file, from its bytes to people, invitations and queued mails; beside it, two plain ways for the rows.

`python -m tests.bench.imports WAY ROWS` does one of them in a process of its own and prints seconds and peak memory.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

from tests.bench.databases import prepared
from tests.bench.figures import Figure, compare
from tests.bench.processes import PeakOfTree, answer_of
from tests.bench.sizes import sized, spaced
from tests.bench.turns import in_turns

ROWS = sized(20_000, 1_000)
PLAIN_ROWS = sized(1_000, 100)  # django-import-export is too slow for more
WAYS = {"csv": ROWS, "bulk_create": ROWS, "xlsx": ROWS, "import_export": PLAIN_ROWS}
GOALS = {"csv": 0.5, "xlsx": 0.4}  # of bulk_create
ROUNDS, MEMORY_ROUNDS = sized(3, 2), 1
SIZES = (sized(300_000, 3_000), sized(10_000, 2_000))
WORKBOOK_ROWS = sized(100_000, 2_000)
MOST_MEMORY = 300.0  # MB
Peaks = dict[tuple[str, int], list[float]]
HEADINGS = (
    "matricule;nir;nom_naissance;nom_usage;prenom;date_naissance;email;date_embauche;type_contrat;date_fin_contrat;"
    "temps_partiel;categorie;siret"
)


def line(rank: int) -> list[str]:
    """A believable employee, each with a NIR of 13 digits."""
    born = date(1960 + rank % 40, 1 + rank % 12, 1 + rank % 28)
    nir = f"{1 + rank % 2}{born:%y%m}{1 + rank % 95:02d}{rank % 990 + 1:03d}{rank // 990 % 999 + 1:03d}"
    hired = date(2000 + rank % 25, 1 + rank % 12, 1 + rank % 28)
    who = [f"M{rank:06d}", nir, f"Durand-{rank}", "", f"Zoé {rank % 700}", f"{born:%d/%m/%Y}"]
    contract = [f"personne.{rank}@entreprise.exemple", f"{hired:%d/%m/%Y}", "CDI", "", "non", "Non cadre"]
    return [*who, *contract, "73282932000074"]


def write_csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADINGS + "\n")
        file.writelines(";".join(line(rank)) + "\n" for rank in range(rows))


def write_xlsx(path: Path, rows: int) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS.split(";"))
        for rank in range(rows):
            for place, cell in enumerate(line(rank)):
                sheet.write_string(rank + 1, place, cell)


def one(way: str, rows: int, folder: Path) -> float:
    """Seconds of one way, its file made before."""
    import django

    django.setup()
    from tests.factories import CorrespondentFactory, EmployerFactory, UserFactory

    mark = time.time_ns()  # each turn has an employer of its own
    employer = EmployerFactory(siret=str(mark)[-14:])
    role = CorrespondentFactory(employer=employer, user=UserFactory(email=f"banc-{mark}@exemple.fr"))
    path = folder / f"effectif.{way}"
    if way in {"csv", "xlsx"}:
        (write_csv if way == "csv" else write_xlsx)(path, rows)
        return _ours(role, path, rows)
    plain: dict[str, Callable[..., float]] = {"bulk_create": _bulk_create, "import_export": _import_export}
    return plain[way](role.employer, rows)


def _ours(role: "object", path: Path, rows: int) -> float:
    from django.core.files.uploadedfile import UploadedFile
    from django.urls import reverse

    from accounts.enums import ImportStatus
    from accounts.imports import runs

    reverse("connexion")  # a worker loads its addresses once in its life, half a second
    began = time.perf_counter()
    with path.open("rb") as file:
        upload = UploadedFile(file, path.name, size=path.stat().st_size)
        run = runs.start(employer=role.employer, by=role.user, upload=upload)
    while run.status != ImportStatus.DONE:
        runs.work(run.pk)
        run.refresh_from_db()
        if run.status == ImportStatus.READY:
            runs.confirm(run=run, by=role.user)
            run.refresh_from_db()
    seconds = time.perf_counter() - began
    assert run.created == rows, (run.created, run.refusal, run.preview.get("problems"))
    return seconds


def _people(employer: "object", rows: int) -> "list[dict[str, object]]":
    """The same rows as values of the model, what is derived from them included."""
    from accounts.nir import clean_nir, seal_nir
    from portal.lib import searching

    people = []
    for rank in range(rows):
        cells = line(rank)
        people.append(
            {
                "employer": employer,
                "matricule": cells[0],
                "sealed_nir": seal_nir(clean_nir(cells[1])),
                "birth_name": cells[2],
                "last_name": cells[2],
                "first_name": cells[4],
                "birth_date": date(*reversed([int(part) for part in cells[5].split("/")])),
                "professional_email": cells[6],
                "hired_on": date(*reversed([int(part) for part in cells[7].split("/")])),
                "contract_type": "cdi",
                "category": cells[11],
                "establishment_siret": cells[12],
                "search": searching.search_text(cells[2], cells[2], cells[4], cells[0], cells[6]),
                "sort_name": searching.sort_key(cells[2], cells[4]),
            }
        )
    return people


def _bulk_create(employer: "object", rows: int) -> float:
    from accounts.models import Employee

    people = _people(employer, rows)
    began = time.perf_counter()
    Employee.objects.bulk_create([Employee(**person) for person in people], batch_size=1000)
    return time.perf_counter() - began


def _import_export(employer: "object", rows: int) -> float:
    import tablib
    from import_export import resources

    from accounts.models import Employee

    names = [name for name in _people(employer, 1)[0] if name != "employer"]

    class EmployeeResource(resources.ModelResource):
        class Meta:
            model = Employee
            fields = ("employer", *names)
            import_id_fields = ("employer", "matricule")

    people = _people(employer, rows)
    data = tablib.Dataset(headers=["employer", *names])
    for person in people:
        data.append([employer.pk, *(person[name] for name in names)])
    began = time.perf_counter()
    result = EmployeeResource().import_data(data, raise_errors=True)
    seconds = time.perf_counter() - began
    assert result.totals["new"] == rows, result.totals
    return seconds


def figures(folder: Path) -> Iterator[Figure]:
    """Speed of both formats beside the two plain ways, then memory: of each format, and at two sizes."""
    with prepared(folder) as base:
        detail = f"{spaced(ROWS)} lignes, {base.server}"
        peaks: Peaks = {}
        ways = {way: partial(_apart, way, rows, base.environment, peaks) for way, rows in WAYS.items()}
        speeds = in_turns(ways, ROUNDS)
        for way, goal in GOALS.items():
            beside = partial(compare, ours=speeds[way], unit="lignes/s", detail=detail)
            yield beside(f"import {way} / bulk_create seul", theirs=speeds["bulk_create"], goal=goal)
            yield beside(f"import {way} / django-import-export", theirs=speeds["import_export"], goal=5)
        large, small = SIZES
        sizes = {str(size): partial(_apart, "csv", size, base.environment, peaks) for size in SIZES}
        sizes["xlsx"] = partial(_apart, "xlsx", WORKBOOK_ROWS, base.environment, peaks)
        in_turns(sizes, MEMORY_ROUNDS)
        most = [MOST_MEMORY] * MEMORY_ROUNDS
        yield _memory(f"mémoire, import csv de {spaced(large)} lignes / 300 Mo", peaks["csv", large], most, 1.0)
        workbook = peaks["xlsx", WORKBOOK_ROWS]
        yield _memory(f"mémoire, import xlsx de {spaced(WORKBOOK_ROWS)} lignes / 300 Mo", workbook, most, 1.0)
        name = f"mémoire, import csv de {spaced(large)} / {spaced(small)} lignes"
        yield _memory(name, peaks["csv", large], peaks["csv", small], 1.2)


def _apart(way: str, rows: int, environment: dict[str, str], peaks: Peaks) -> float:
    """Rows per second of one way in a process of its own, whose peak of memory in MB joins `peaks`."""
    found = answer_of("tests.bench.imports", environment, way, str(rows))
    peaks.setdefault((way, rows), []).append(found["peak"] / 1e6)
    return float(rows / found["seconds"])


def _memory(name: str, ours: list[float], theirs: list[float], goal: float) -> Figure:
    detail = "processus et ses enfants ensemble"
    return compare(name, ours, theirs, goal=goal, better="lower", unit="Mo", detail=detail)


def main() -> None:
    with tempfile.TemporaryDirectory() as name, PeakOfTree() as tree:
        seconds = one(sys.argv[1], int(sys.argv[2]), Path(name))
    print(json.dumps({"seconds": seconds, "peak": tree.peak}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
    main()

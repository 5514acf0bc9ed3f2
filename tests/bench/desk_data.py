"""Requests by the million for the desk's bench: copies of a few real ones, made by PostgreSQL itself in minutes."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db import connection, models
from django.utils import timezone

from accounts.models import Employee, Employer
from dispenses.models import Complement, Declaration, Dispense, Justificatif, QueueEntry, TimelineEvent
from dispenses.queue import figures
from portal.lib import searching
from tests.factories import DispenseFactory, EmployeeFactory, EmployerFactory, StaffFactory

FIRST = 10_000_000
COPIED = (Employee, Dispense, Declaration, TimelineEvent, Complement, Justificatif, QueueEntry)
# Of 20 requests, how many are at each stage.
SHARES = {
    "accepted": range(6, 20),
    "refused": (4, 5),
    "withdrawn": (3,),
    "awaiting_complement": (2,),
    "in_progress": (0, 1),
}
STARTS = (
    "mar",
    "dur",
    "ber",
    "lef",
    "mor",
    "gar",
    "rou",
    "vin",
    "fau",
    "per",
    "bon",
    "cle",
    "dav",
    "mic",
    "sim",
    "lau",
)
ENDS = (
    "tin",
    "and",
    "nard",
    "evre",
    "eau",
    "nier",
    "ssel",
    "cent",
    "rel",
    "rin",
    "net",
    "ment",
    "id",
    "el",
    "on",
    "rent",
    "ard",
    "ot",
)
FIRSTS = (
    "anais",
    "bruno",
    "chloe",
    "damien",
    "elodie",
    "farid",
    "gaelle",
    "hugo",
    "ines",
    "jules",
    "karim",
    "lea",
    "marc",
    "nadia",
)
LAST_NAME = f"(ARRAY{list(STARTS)!r})[1 + n % {len(STARTS)}] || (ARRAY{list(ENDS)!r})[1 + n / 7 % {len(ENDS)}]"
FIRST_NAME = f"(ARRAY{list(FIRSTS)!r})[1 + n / 11 % {len(FIRSTS)}]"
MATRICULE = "'M' || lpad(n::text, 7, '0')"
OLD = "now() - (n::bigint * 7919 % 1095) * interval '1 day' - interval '1 hour' - (n % 600) * interval '1 minute'"
RECENT = "now() - (n / 20 % 40) * interval '12 hours' - (n % 600) * interval '1 minute'"


def copy(model: type[models.Model], where: str, rows: str, **changes: str) -> None:
    """Insert a copy of each row `where` for each n of `rows`; `changes`: column → expression over n and t (the row)."""
    columns = [field.column for field in model._meta.concrete_fields if isinstance(field.column, str)]
    if model._meta.pk.column not in changes:
        columns.remove(model._meta.pk.column)
    values = ", ".join(changes.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, ({rows}) AS g WHERE t.{where}")


def fill(count: int) -> None:
    """`count` requests over three years, one in ten in progress, among an employer for 500 of them (20 at least)."""
    employers = add_employers(max(20, count // 500))
    originals = {stage: DispenseFactory(**{stage: True}, staff=StaffFactory()) for stage in SHARES}
    with without_indexes(COPIED):
        two_at_once(_copy_all(originals, count, employers))
    _decide(count)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    figures.rebuild(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE dispenses_weeklyfigure")


def _decide(count: int) -> None:
    """What the desk kept of its decisions: all those of the past, and the few that wait for their effect."""
    into = (
        "INSERT INTO dispenses_pendingdecision (dispense_id, name, data, seen_at, taken_by_id, told, taken_at,"
        " effective_at, state, settled_at) SELECT number, 'accept', '{}', status_at, %s, '',"
    )
    reviewer = StaffFactory().pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"{into} decided_at, decided_at, 'done', decided_at FROM dispenses_dispense WHERE decided_at IS NOT NULL",
            [reviewer],
        )
        cursor.execute(
            f"{into} now(), now() + interval '1 day', 'waiting', NULL FROM dispenses_dispense"
            f" WHERE status = 'in_progress' LIMIT %s",
            [reviewer, count // 5000 + 1],
        )


@contextlib.contextmanager
def without_indexes(copied: Iterable[type[models.Model]]) -> Iterator[None]:
    """Made again at the end, which is quicker than row by row. Those of constraints stay."""
    tables = [model._meta.db_table for model in copied]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE NOT indisunique AND indrelid::regclass::text = ANY(%s)",
            [tables],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    two_at_once(partial(_execute, definition) for _, definition in indexes)


def _execute(command: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(command)


def two_at_once(tasks: Iterable[Callable[[], None]]) -> None:
    """Each on a connection of its own, in any order: PostgreSQL gives a core to each."""
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(_on_its_own, task) for task in tasks]:
            done.result()


def _on_its_own(task: Callable[[], None]) -> None:
    try:
        _execute("SET synchronous_commit = off")
        _execute("SET maintenance_work_mem = '512MB'")
        _execute("SET session_replication_role = replica")  # no look at the other end of each foreign key
        task()
    finally:
        connection.close()


def _copy_all(originals: dict[str, Dispense], count: int, employers: int) -> Iterator[Callable[[], None]]:
    model = EmployeeFactory(employer_id=employers)
    yield partial(
        copy,
        Employee,
        f"id = {model.pk}",
        f"SELECT generate_series(1, {count}) AS n",
        id=f"{FIRST} + n",
        employer_id=_employer(employers, count),
        last_name=f"initcap({LAST_NAME})",
        first_name=f"initcap({FIRST_NAME})",
        professional_email="'p' || n || '@exemple.fr'",
        matricule=MATRICULE,
    )
    for stage, original in originals.items():
        yield from _copies(original, stage, count, employers)


def add_employers(count: int) -> int:
    """Identifier of the first of `count` employers."""
    made = Employer.objects.bulk_create(
        EmployerFactory.build(
            name=f"Employeur {n:05}",
            siret=f"{n:014d}",
            search=searching.search_text(f"Employeur {n:05}"),
            sort_name=searching.sort_key(f"Employeur {n:05}"),
        )
        for n in range(count)
    )
    return int(made[0].pk)


def _employer(first: int, count: int) -> str:
    return f"{first} + n % {max(20, count // 500)}"


def _copies(original: Dispense, stage: str, count: int, employers: int) -> Iterator[Callable[[], None]]:
    rest = ", ".join(str(rest) for rest in SHARES[stage])
    rows = f"SELECT n FROM generate_series(1, {count}) AS n WHERE n % 20 IN ({rest})"
    number, sent = f"{FIRST} + n", OLD if stage not in ("in_progress", "awaiting_complement") else RECENT
    of, one = f"dispense_id = {original.number}", {"dispense_id": number}
    decided = f"CASE WHEN t.decided_at IS NULL THEN NULL ELSE ({sent}) + interval '9 days' END"
    yield partial(
        copy,
        Dispense,
        f"number = {original.number}",
        rows,
        number=number,
        employee_id=number,
        matricule=MATRICULE,
        submitted_at=sent,
        created_at=sent,
        status_at=f"({sent}) + interval '1 hour'",
        decided_at=decided,
    )
    yield partial(copy, Declaration, of, rows, **one, signed_at=sent)
    yield partial(copy, TimelineEvent, of, rows, **one, at=sent)
    yield partial(copy, Complement, of, rows, **one)
    key = "md5(n::text || t.piece)"
    yield partial(
        copy,
        Justificatif,
        of,
        rows,
        **one,
        sha256=f"{key} || {key}",
        file=f"'aa/' || {key}",
        received_at=sent,
        sent_at=sent,
    )
    entry: Mapping[str, Any] = {
        "submitted_at": sent,
        "active_at": sent,
        "decided_at": decided,
        "due_on": f"(({sent}) + interval '14 days')::date",
        "employer_id": _employer(employers, count),
        "search": f"' ' || {LAST_NAME} || ' ' || {FIRST_NAME} || ' ' || lower({MATRICULE}) || ' '",
    }
    yield partial(copy, QueueEntry, of, rows, **one, **entry)

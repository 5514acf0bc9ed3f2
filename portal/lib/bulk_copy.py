"""Many rows at once: COPY on PostgreSQL, the ORM elsewhere."""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection, models
from django.db.models import AutoField
from django.utils import timezone

PIECE = 1_000  # rows per statement where there is no COPY
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, whose values stand in the order of `columns` (names of fields, foreign keys as `x_id`).

    Other fields take their default. Raises IntegrityError as any insertion does.
    """
    if connection.vendor != "postgresql":
        made = [model(**dict(zip(columns, row, strict=True))) for row in rows]
        model._default_manager.bulk_create(made, batch_size=PIECE)
        return
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    others = [field for field in by_name.values() if field.attname not in columns and not isinstance(field, AutoField)]
    given = [by_name[name] for name in columns]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in [*given, *others])
    rest = "".join(f"\t{_text(_default(field))}" for field in others) + "\n"
    lines = (_line(row) + rest for row in rows)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", _Stream(lines))


def new_keys(model: type[models.Model], count: int) -> list[int]:
    """Primary keys for `count` new rows, taken from PostgreSQL's sequence, so that other rows can point to them."""
    table, column = model._meta.db_table, model._meta.pk.column if model._meta.pk else "id"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, column, count]
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _default(field: "models.Field[Any, Any]") -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return timezone.now()
    return field.get_default()


def _line(row: Sequence[Any]) -> str:
    """The values of a row in COPY's text format; the strings are looked at together, since few need an escape."""
    strings = "".join([value for value in row if value.__class__ is str])
    if "\\" in strings or "\t" in strings or "\n" in strings or "\r" in strings:  # faster than a pattern
        return "\t".join([_text(value) for value in row])
    return "\t".join([value if value.__class__ is str else _text(value) for value in row])


def _text(value: Any) -> str:
    """A value in COPY's text format."""
    if value is None:
        return r"\N"
    if value.__class__ is int:
        return str(value)
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    return _moment(value) if isinstance(value, date) else str(value)


@lru_cache(maxsize=1024)
def _moment(value: date) -> str:
    """Of a day or of an instant, which many rows share."""
    return value.isoformat()


class _Stream(io.TextIOBase):
    """What COPY reads from: the lines of an iterator, a piece of them at a time."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.rest = ""

    def read(self, size: int | None = -1) -> str:
        pieces, length = [self.rest], len(self.rest)
        for line in self.lines:
            pieces.append(line)
            length += len(line)
            if size is not None and 0 <= size <= length:
                break
        text = "".join(pieces)
        cut = len(text) if size is None or size < 0 else size
        self.rest = text[cut:]
        return text[:cut]

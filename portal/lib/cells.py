"""One cell of an exported file: dates in French."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from portal.lib.spreadsheets import safe

BOM = "\ufeff"
DELIMITER = ";"
Value = str | int | float | bool | Decimal | date | datetime | None


def cell(value: Value) -> str | int | float | Decimal:
    """`value` as a CSV cell: text made safe, « 05/09/2018 » for a date and « 05/09/2018 10:32 » for a time in Paris."""
    if value.__class__ is str:
        return safe(value)  # type: ignore[arg-type]
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value) if timezone.is_aware(value) else value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return safe(value) if isinstance(value, str) else value


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(
    header: Sequence[str], rows: Iterable[Sequence[Value]], *, delimiter: str = DELIMITER, mark: str = BOM
) -> Iterator[str]:
    """Lines of a CSV file: byte order mark, semicolons, CRLF, one string per row. No heading for an empty `header`."""
    writer = csv.writer(_Echo(), delimiter=delimiter)
    write, make = writer.writerow, cell
    yield mark + (str(write([safe(label) for label in header])) if header else "")
    for row in rows:
        yield write([make(value) for value in row])  # type: ignore[misc]

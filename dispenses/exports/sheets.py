"""The same rows as an XLSX workbook, in bounded memory."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO

import xlsxwriter
from django.utils import timezone

from portal.lib.cells import Value
from portal.lib.spreadsheets import safe

MAX_ROWS = 200_000  # of one workbook: beyond, spreadsheets suffer and the person waits too long; CSV has no limit
MAX_TEXT = 32_767  # characters of a cell
DATES = "dd/mm/yyyy"
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write(
    title: str, header: Sequence[str], rows: Iterable[Sequence[Value]], *, dates: str = DATES, width: int = 0
) -> IO[bytes]:
    """Workbook in a temporary file without a name, ready to be read. Texts are texts: no formula, no link.

    `dates`: how a spreadsheet shows days. `width`: how many columns there are, where it is not that of the header.
    """
    target = tempfile.TemporaryFile("w+b")  # noqa: SIM115 – the caller streams it, then closes it
    with tempfile.TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(target, {**OPTIONS, "default_date_format": dates, "tmpdir": folder})
        sheet = book.add_worksheet(title[:31])
        hour = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        bold = book.add_format({"bold": True})
        if header:
            sheet.freeze_panes(1, 0)
        sheet.set_column(0, (width or len(header)) - 1, 18)
        for column, label in enumerate(header):
            sheet.write_string(0, column, safe(label), bold)
        for line, row in enumerate(rows, start=1 if header else 0):
            for column, value in enumerate(row):
                if value.__class__ is str:
                    sheet.write_string(line, column, safe(value)[:MAX_TEXT])  # type: ignore[arg-type]
                elif value is not None:
                    _write(sheet, line, column, value, hour)
        book.close()
    target.seek(0)
    return target


def _write(
    sheet: xlsxwriter.worksheet.Worksheet, line: int, column: int, value: Value, hour: xlsxwriter.format.Format
) -> None:
    if isinstance(value, bool):
        sheet.write_string(line, column, "oui" if value else "non")
    elif isinstance(value, datetime):
        local = timezone.make_naive(value) if timezone.is_aware(value) else value
        sheet.write_datetime(line, column, local.replace(microsecond=0), hour)
    elif isinstance(value, date):
        sheet.write_datetime(line, column, value)
    elif isinstance(value, (int, float, Decimal)):
        sheet.write_number(line, column, value)
    else:
        sheet.write_string(line, column, safe(str(value))[:MAX_TEXT])

"""A program of its own: the first filled sheet of a workbook as CSV, in a process that holds nothing and may die.

`python -I workbook_reader.py WORKBOOK CSV` says why it refuses on its standard output. calamine takes the size of a
sheet from its cells, so that one cell at XFD1048576 asks for gigabytes: the limit of memory ends the process.
"""

import csv
import datetime
import resource
import sys
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MEMORY = 1_000_000_000  # bytes of address space, of which 100 MB for the libraries
CPU_SECONDS = 100
MOST_CELLS = 2_500_000  # of a sheet: 190,000 lines of 13 columns
FILE_BYTES = 500_000_000


class Refused(Exception):
    """One of the words that workbooks.py turns into French."""


def text(value: Any) -> str:
    """A cell as it would be typed: whole numbers without a point, dates in ISO form."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time.min else value.isoformat(" ")
    return "" if value is None else str(value)


def convert(workbook: str, target: str) -> None:
    """Raises Refused, or what calamine raises."""
    book = CalamineWorkbook.from_path(workbook)
    for sheet in book.sheets_metadata:
        if sheet.typ != SheetTypeEnum.WorkSheet or sheet.visible != SheetVisibleEnum.Visible:
            continue
        rows = book.get_sheet_by_name(sheet.name)
        if not rows.height:
            continue
        if rows.total_height * rows.width > MOST_CELLS:
            raise Refused("too_large")
        with open(target, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerows([text(cell) for cell in row] for row in rows.iter_rows())
        return
    raise Refused("empty")


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        convert(sys.argv[1], sys.argv[2])
    except Refused as refused:
        sys.stdout.write(str(refused))
        return 1
    except MemoryError:
        sys.stdout.write("too_large")
        return 1
    except (CalamineError, OSError, ValueError):
        sys.stdout.write("damaged")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

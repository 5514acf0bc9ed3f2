"""A program of its own: a sheet of a workbook as CSV, in a process that may die of its limits.

`python -I workbook_reader.py WORKBOOK CSV LINES SHEET HIDDEN` writes at most LINES filled lines, the blank ones between
them kept. SHEET is a rank among those that are shown; -1 asks for the only one, or else for the first lines of each.
Rows and columns that are hidden are counted and left out, unless HIDDEN is 1. Its standard output is JSON, or the code
of a refusal. Parts are inflated and parsed as they come (ECMA-376, part 1, 18):
memory does not grow with the sheet, whatever size the sheet claims, and a document type (entities) is never read.
"""

import csv
import datetime
import errno
import json
import os
import re
import resource
import sys
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import IO, Any
from xml.parsers import expat

MEMORY = 300_000_000  # bytes of address space; 60 MB are used, whatever the sheet
CPU_SECONDS = 100
FILE_BYTES = 500_000_000
CHUNK = 256 * 1024  # bytes
MOST_TAG = 1024 * 1024  # bytes of one tag or comment: expat reads it again from its start with each chunk
HEAD_LINES = 10  # of each sheet, among which its headings are sought
HEAD_COLUMNS = 100
HEAD_CHARACTERS = 80
MOST_SHEETS = 50
TRUE = {"1", "true"}
LEAST_ROW = 20  # bytes of a filled row
MOST_COLUMNS = 500
MOST_CHARACTERS = 32_767  # of a cell: Excel's own limit
MOST_ROWS = 1_048_576
OF_DISKS = {errno.EFBIG: "too_large", errno.ENOSPC: "disk", errno.EDQUOT: "disk", errno.EIO: "disk"}
BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NO_DATE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_FROM_1900 = datetime.datetime.fromisoformat("1899-12-30")  # its calendar has a 29 February 1900, its day 60
_FROM_1904 = datetime.datetime.fromisoformat("1904-01-01")
Attributes = dict[str, str]


class Refused(Exception):
    """One of the words that workbooks.py turns into French."""


class Full(Exception):
    """As many lines as were asked for."""


@lru_cache(maxsize=1024)
def local(name: str) -> str:
    """The name of an element or attribute without its prefix."""
    return name.rpartition(":")[2]


def parse(
    book: zipfile.ZipFile,
    part: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Read a part of the workbook piece by piece. Raises Refused for a document type and for an endless tag."""

    def refuse(*given: Any) -> None:
        raise Refused("damaged")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    fed = 0
    with book.open(part) as file:
        while chunk := file.read(CHUNK):
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > MOST_TAG:
                raise Refused("too_large")
    parser.Parse(b"", True)


class Strings:
    """The strings that cells share: on disk, with their places in memory (8 bytes each)."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.places = array("Q", [0])
        self.pieces: list[str] = []
        self.taken = self.phonetic = False
        self.get = lru_cache(maxsize=20_000)(self._get)

    def load(self, book: zipfile.ZipFile, part: str) -> None:
        parse(book, part, self._start, self._end, self._text)
        self.file.flush()

    def _start(self, name: str, attributes: Attributes) -> None:
        name = local(name)
        if name == "rPh":
            self.phonetic = True
        self.taken = name == "t" and not self.phonetic

    def _end(self, name: str) -> None:
        name = local(name)
        self.taken = False
        if name == "rPh":
            self.phonetic = False
        elif name == "si":
            content = joined(self.pieces).encode("utf-8", "replace")
            self.file.write(content)
            self.places.append(self.places[-1] + len(content))
            self.pieces = []

    def _text(self, text: str) -> None:
        if self.taken and len(self.pieces) < MOST_CHARACTERS:
            self.pieces.append(text)

    def _get(self, rank: int) -> str:
        if not 0 <= rank < len(self.places) - 1:
            raise Refused("damaged")
        begun = self.places[rank]
        return os.pread(self.file.fileno(), self.places[rank + 1] - begun, begun).decode("utf-8")


def joined(pieces: list[str]) -> str:
    """The text of a cell, its `_x000D_` read. Raises Refused beyond what a cell may hold."""
    text = pieces[0] if len(pieces) == 1 else "".join(pieces)
    if len(text) > MOST_CHARACTERS:
        raise Refused("too_large")
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class Book:
    """What a workbook says of its sheets, strings and styles."""

    def __init__(self, archive: zipfile.ZipFile, strings: IO[bytes], most: int) -> None:
        self.archive = archive
        self.targets: dict[str, str] = {}
        self.sheets: list[tuple[str, str]] = []  # part and name
        self.from_1904 = False
        self.formats: dict[int, str] = {}
        self.dates: list[bool] = []
        self.zeros: list[int] = []  # digits that a format such as 000000 shows at least
        self.strings = Strings(strings)
        parse(archive, "xl/_rels/workbook.xml.rels", self._relation)
        parse(archive, "xl/workbook.xml", self._workbook)
        for part, _ in self.sheets if len(self.sheets) == 1 else ():
            refuse_many(archive, part, most)
        self._in_styles = False
        names = set(archive.namelist())
        if "xl/styles.xml" in names:
            parse(archive, "xl/styles.xml", self._style, self._style_end)
        if "xl/sharedStrings.xml" in names:
            self.strings.load(archive, "xl/sharedStrings.xml")

    def _relation(self, name: str, attributes: Attributes) -> None:
        if local(name) == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            target = attributes["Target"]
            self.targets[attributes["Id"]] = target[1:] if target.startswith("/") else f"xl/{target}"

    def _workbook(self, name: str, attributes: Attributes) -> None:
        found = {local(key): value for key, value in attributes.items()}
        if local(name) == "workbookPr":
            self.from_1904 = found.get("date1904") in {"1", "true"}
        elif local(name) == "sheet" and found.get("state", "visible") == "visible" and found["id"] in self.targets:
            self.sheets.append((self.targets[found["id"]], found.get("name", "")))

    def _style(self, name: str, attributes: Attributes) -> None:
        name = local(name)
        if name == "numFmt":
            self.formats[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name == "cellXfs":
            self._in_styles = True
        elif name == "xf" and self._in_styles:
            number = int(attributes.get("numFmtId", "0"))
            bare = _NO_DATE.sub("", self.formats.get(number, "")).lower()
            self.dates.append(number in BUILT_IN_DATES or bool(set(bare) & set("dmyhs")))
            self.zeros.append(len(bare) if bare and not bare.strip("0") else 0)

    def _style_end(self, name: str) -> None:
        if local(name) == "cellXfs":
            self._in_styles = False


class Sheet:
    """One sheet, written line by line as it is parsed. `written`: filled lines. Its handlers run a million times."""

    def __init__(self, book: Book, writer: Any, most: int, with_hidden: bool) -> None:
        self.book, self.writer, self.most, self.with_hidden = book, writer, most, with_hidden
        self.hidden = False  # the row being read
        self.hidden_rows = 0
        self.hidden_ranges: list[tuple[int, int]] = []
        self.hidden_columns: set[int] = set()
        self.written = self.row = self.column = 0
        self.cells: list[str] = []
        self.kind, self.style, self.content = "n", "", ""
        self.phonetic = False
        self.pieces: list[str] = []  # what was read since the last tag that opens a text
        self.columns: dict[str, int] = {}

    def read(self, part: str) -> None:
        """Raises Full once `most` lines are written."""
        parse(self.book.archive, part, self._start, self._end, self.pieces.append)

    def _start(self, name: str, attributes: Attributes) -> None:
        if ":" in name:
            name = local(name)
        if name == "c":
            reference = attributes.get("r")
            self.column = self._column(reference) if reference else self.column + 1
            self.kind, self.style, self.content = attributes.get("t", "n"), attributes.get("s", ""), ""
        elif name == "v" or name == "t":
            self.pieces.clear()
        elif name == "row":
            number = int(attributes.get("r", self.row + 1))
            if not self.row < number <= MOST_ROWS:
                raise Refused("damaged")
            self.writer.writerows([()] * (number - self.row - 1))
            self.row, self.column, self.cells = number, 0, []
            self.hidden = attributes.get("hidden") in TRUE and not self.with_hidden
        elif name == "rPh":
            self.phonetic = True
        elif name == "col" and attributes.get("hidden") in TRUE and not self.with_hidden:
            self.hidden_ranges = [*self.hidden_ranges[:MOST_COLUMNS], (int(attributes["min"]), int(attributes["max"]))]

    def _end(self, name: str) -> None:
        if ":" in name:
            name = local(name)
        if name == "c":
            if self.content and (value := self._value(self.content)):
                self._place(value)
        elif name == "v" or name == "t":
            if not self.phonetic:
                self.content += joined(self.pieces)
        elif name == "row":
            self._end_row()
        elif name == "rPh":
            self.phonetic = False

    def _end_row(self) -> None:
        if self.hidden and self.cells:
            self.hidden_rows += 1
            self.cells = []
        self.writer.writerow(self.cells)
        self.written += bool(self.cells)
        if self.written >= self.most:
            raise Full

    def _column(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        rank = self.columns.get(letters)
        if rank is None:
            if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
                raise Refused("damaged")
            rank = 0
            for letter in letters.upper():
                rank = rank * 26 + ord(letter) - 64
            self.columns[letters] = rank
        return rank

    def _place(self, value: str) -> None:
        if self.column > MOST_COLUMNS:
            raise Refused("too_large")
        if self.hidden_ranges and any(first <= self.column <= last for first, last in self.hidden_ranges):
            self.hidden_columns.add(self.column)
            return
        if missing := self.column - 1 - len(self.cells):
            if missing < 0:
                raise Refused("damaged")
            self.cells.extend([""] * missing)
        self.cells.append(value)

    def _value(self, text: str) -> str:
        if self.kind == "s":
            return self.book.strings.get(int(text))
        if self.kind == "n":
            return self._number(text)
        if self.kind == "b":
            return "oui" if text.strip() == "1" else "non"
        return text

    def _number(self, text: str) -> str:
        """As it would be typed: whole numbers without a point, dates in ISO form."""
        value = float(text)
        if self.style and value >= 0 and self._is_date(int(self.style)):
            return day(value, self.book.from_1904) or text
        if not value.is_integer() or abs(value) >= 1e15:
            return repr(value)
        return str(int(value)).zfill(self._zeros(int(self.style)) if self.style and value >= 0 else 0)

    def _zeros(self, style: int) -> int:
        return self.book.zeros[style] if 0 <= style < len(self.book.zeros) else 0

    def _is_date(self, style: int) -> bool:
        return 0 <= style < len(self.book.dates) and self.book.dates[style]


@lru_cache(maxsize=50_000)
def day(value: float, from_1904: bool) -> str:
    """A date of Excel's calendar in ISO form, its hour when it has one; "" beyond the year 9999."""
    origin = _FROM_1904 if from_1904 else _FROM_1900 if value >= 60 else _FROM_1900 + datetime.timedelta(days=1)
    try:
        found = origin + datetime.timedelta(seconds=round(value * 86400))
    except OverflowError:
        return ""
    return found.date().isoformat() if found.time() == datetime.time.min else found.isoformat(" ")


def refuse_many(archive: zipfile.ZipFile, part: str, most: int) -> None:
    """Count the rows that hold something, before their strings are read. Raises Refused past `most`.

    Only the usual names of elements are counted: a sheet that has others is counted as it is converted.
    """
    if archive.getinfo(part).file_size < most * LEAST_ROW:
        return
    rows, rest = 0, b""
    with archive.open(part) as file:
        while chunk := file.read(CHUNK):
            *whole, rest = (rest + chunk).split(b"<row")
            rows += sum(b"<v>" in piece or b"<t" in piece for piece in whole)
            if rows > most:
                raise Refused("too_many_lines")
            if len(rest) > MOST_TAG:
                return


class Head:
    """What writes the first lines of a sheet, shortened."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = []

    def writerow(self, cells: list[str]) -> None:
        if cells:
            self.lines.append([cell[:HEAD_CHARACTERS] for cell in cells[:HEAD_COLUMNS]])

    def writerows(self, rows: list[tuple[()]]) -> None:
        """Blank ones: nothing."""


def head(book: Book, part: str, with_hidden: bool) -> list[list[str]]:
    """The first filled lines of a sheet; none of one that cannot be read, which nobody may want."""
    found = Head()
    try:
        Sheet(book, found, HEAD_LINES, with_hidden).read(part)
    except Full:
        pass
    except (Refused, expat.ExpatError, ValueError, KeyError):
        return []
    return found.lines


def convert(workbook: str, target: str, most: int, rank: int, with_hidden: bool) -> dict[str, Any]:
    """What was written, or the heads of the sheets. Raises Refused, or what a torn archive or a torn part raises."""
    with (
        zipfile.ZipFile(workbook) as archive,
        tempfile.TemporaryFile(dir=os.path.dirname(target)) as strings,
        open(target, "w", encoding="utf-8", newline="") as file,
    ):
        book = Book(archive, strings, most)
        if rank < 0 and len(book.sheets) > 1:
            return {"heads": [head(book, part, with_hidden) for part, _ in book.sheets[:MOST_SHEETS]]}
        part, name = book.sheets[max(rank, 0)] if book.sheets else ("", "")
        if not part:
            raise Refused("empty")
        sheet = Sheet(book, csv.writer(file, delimiter=";"), most, with_hidden)
        with suppress(Full):
            sheet.read(part)
        if not sheet.written:
            raise Refused("all_hidden" if sheet.hidden_rows or sheet.hidden_columns else "empty")
        return {"name": name, "hidden_rows": sheet.hidden_rows, "hidden_columns": len(sheet.hidden_columns)}


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        done = convert(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "1")
        sys.stdout.write(json.dumps(done))
    except Refused as refused:
        sys.stdout.write(str(refused))
    except MemoryError:
        sys.stdout.write("too_large")
    except expat.ExpatError as error:
        sys.stdout.write("too_large" if error.code == 1 else "damaged")  # 1: out of memory
    except OSError as error:
        sys.stdout.write(OF_DISKS.get(error.errno or 0, "damaged"))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, LookupError, ValueError, OverflowError):
        sys.stdout.write("damaged")
    else:
        return 0
    return 1


if __name__ == "__main__":
    raise SystemExit(main())

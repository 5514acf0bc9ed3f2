"""A file → lines of cells, its kind, encoding and delimiter found from its bytes alone."""

import codecs
import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from django.conf import settings

from accounts.imports import columns, encodings, workbooks
from accounts.imports.exceptions import Code, FileRefused

CHUNK = 1024 * 1024  # bytes
HEAD = 16 * 1024  # bytes in which the delimiter is sought
DELIMITERS = (";", ",", "\t", "|")
LINES_ABOVE = 10  # lines that may stand above the headings
LOOKED_AT = 50  # lines after the headings that tell what a doubtful column holds
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
CSV_ADVICE = "Enregistrez la feuille au format CSV UTF-8 ou XLSX, puis choisissez ce nouveau fichier."


@dataclass(frozen=True)
class Table:
    """A file that can be read: its headings as written, where each column is, and what follows."""

    path: Path
    kind: str  # csv or xlsx
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    positions: dict[str, int]
    lines_above: int
    sheet: str = ""  # its name, in a workbook that has others
    hidden_rows: int = 0
    hidden_columns: int = 0

    @property
    def ignored(self) -> list[str]:
        return columns.ignored(self.headings, self.positions)

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """(number of the line in the file, its cells), blank lines left out. Raises FileRefused on a torn line."""
        return islice(_lines(self.path, self.kind, self.encoding, self.delimiter), self.lines_above + 1, None)

    def has_more_lines_than(self, most: int) -> bool:
        """Whether it has, told without reading what they say; a file with fewer line ends is not even split."""
        if _line_ends(self.path) <= most:
            return False
        return next(islice(self.lines(), most, None), None) is not None

    def cells(self, line: Sequence[str]) -> dict[str, str]:
        """The cells of a line by column."""
        size = len(line)
        return {name: line[place].strip() if place < size else "" for name, place in self.positions.items()}


def open_table(
    path: Path, folder: Path, *, with_hidden: bool = False, chosen: Mapping[str, str] | None = None
) -> Table:
    """Recognise a file; a workbook is first turned into a CSV file in `folder`. Raises FileRefused, HeadingsAsked."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip():
        raise FileRefused("Ce fichier est vide. Choisissez-en un autre.", code=Code.EMPTY)
    if head.startswith(OLD_EXCEL):
        raise FileRefused(
            f"Ce fichier est un classeur protégé ou d’un ancien format (.xls). {CSV_ADVICE}", code=Code.OLD_FORM
        )
    if head.startswith(b"PK"):
        most_lines = settings.PORTAL_IMPORT_MAX_ROWS + LINES_ABOVE + 1  # one too many is enough to refuse
        sheet = workbooks.converted(path, folder, most_lines, with_hidden=with_hidden)
        table = _table(sheet.path, "xlsx", "utf-8", ";", chosen, hidden_columns=sheet.hidden_columns)
        return replace(table, sheet=sheet.name, hidden_rows=sheet.hidden_rows, hidden_columns=sheet.hidden_columns)
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    if encoding != "utf-16":
        if b"\0" in head:
            raise _no_table()
        path = encodings.as_utf8(path, folder)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        text = file.read(HEAD)
    if "\0" in text:
        raise _no_table()
    return _table(path, "csv", encoding, _delimiter(text), chosen)


def _no_table() -> FileRefused:
    return FileRefused(f"Ce fichier n’est ni un CSV ni un classeur XLSX. {CSV_ADVICE}", code=Code.NO_TABLE)


def _table(
    path: Path,
    kind: str,
    encoding: str,
    delimiter: str,
    chosen: Mapping[str, str] | None,
    *,
    hidden_columns: int = 0,
) -> Table:
    first: Sequence[str] = ()
    for above, (_, cells) in enumerate(islice(_lines(path, kind, encoding, delimiter), LINES_ABOVE)):
        first = first or cells
        if columns.recognised(cells) >= columns.RECOGNISED:
            found = columns.recognise(cells, chosen)
            if lacking := columns.missing(found):
                if any("\ufffd" in cell for cell in cells):
                    raise encodings.unreadable()
                if hidden_columns:
                    raise FileRefused(
                        f"Pas de valeurs visibles pour {_named(lacking)}, et des colonnes sont masquées. "
                        "Affichez-les dans le tableur et enregistrez le classeur, "
                        "ou cochez «\xa0Lire aussi ce qui est masqué\xa0».",
                        code=Code.COLUMN_HIDDEN,
                    )
                raise FileRefused(
                    f"Il manque {_named(lacking)}. Complétez le fichier, ou partez du modèle.", code=Code.COLUMN_MISSING
                )
            following = islice(_lines(path, kind, encoding, delimiter), above + 1, above + 1 + LOOKED_AT)
            found = columns.without_doubtful(found, cells, [line for _, line in following])
            return Table(path, kind, encoding, delimiter, tuple(cells), found, above)
    shown = ", ".join(f"«\xa0{cell[:30]}\xa0»" for cell in first[:5] if cell.strip()) or "rien"
    raise FileRefused(
        f"Les titres des colonnes n’ont pas été reconnus (la première ligne contient {shown}). "
        "Mettez sur la première ligne\xa0: matricule, nom_naissance, prenom, email, date_embauche… "
        "ou partez du modèle.",
        code=Code.HEADINGS_UNKNOWN,
    )


def _named(headings: list[str]) -> str:
    listed = ", ".join(f"«\xa0{heading}\xa0»" for heading in headings)
    return f"la colonne {listed}" if len(headings) == 1 else f"les colonnes {listed}"


def _line_ends(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") + chunk.count(b"\r") for chunk in iter(lambda: file.read(CHUNK), b""))


def _delimiter(text: str) -> str:
    """The one that recognises most headings; of equals, the one that the first full lines have most, quotes apart."""
    lines = [line for line in text.splitlines() if line.strip()][:LINES_ABOVE]
    outside = "\n".join("".join(line.split('"')[::2]) for line in lines)
    return max(DELIMITERS, key=lambda one: (_recognised(lines, one), outside.count(one), -DELIMITERS.index(one)))


def _recognised(lines: Sequence[str], delimiter: str) -> int:
    return max((columns.recognised(cells) for cells in csv.reader(lines, delimiter=delimiter)), default=0)


def _lines(path: Path, kind: str, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Filled lines with their number as the person sees it: of the row in a workbook, of the text in a CSV file."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        begun = 1
        try:
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield begun, cells
                begun = begun + 1 if kind == "xlsx" else reader.line_num + 1
        except csv.Error as error:
            raise FileRefused(_torn(begun), code=Code.TORN_LINE) from error


def _torn(line: int) -> str:
    return (
        f"Ligne {line}\xa0: un guillemet ouvert n’est pas refermé, la suite du fichier ne peut pas être lue. "
        "Refermez-le ou retirez-le."
    )

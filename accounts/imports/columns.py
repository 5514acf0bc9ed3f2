"""The columns of a company's file, and how a heading is recognised whatever its accents, case or usual synonym."""

from collections.abc import Sequence

from accounts.employee.fields import FIELDS
from accounts.employee.values import plain
from accounts.imports.exceptions import Code, FileRefused

NAMES = ("nom_naissance", "nom_usage")
RECOGNISED = 3  # headings that a line must have to be the line of headings


_KNOWN = {plain(name): field.heading for field in FIELDS for name in (field.heading, *field.synonyms)}


def recognise(cells: Sequence[str]) -> dict[str, int]:
    """Position of each column among `cells`. Raises FileRefused when two of them are the same column."""
    found: dict[str, int] = {}
    for position, cell in enumerate(cells):
        heading = _KNOWN.get(plain(cell[:80]))
        if heading is None:
            continue
        if heading in found:
            raise FileRefused(
                f"Deux colonnes donnent «\xa0{heading}\xa0»\xa0: "
                f"«\xa0{cells[found[heading]][:60]}\xa0» et «\xa0{cell[:60]}\xa0». Gardez-en une seule.",
                code=Code.COLUMN_TWICE,
            )
        found[heading] = position
    return found


def recognised(cells: Sequence[str]) -> int:
    """How many of our columns are among `cells`."""
    return len({_KNOWN.get(plain(cell[:80])) for cell in cells} - {None})


def missing(found: dict[str, int]) -> list[str]:
    """Headings of the required columns that are not there."""
    lacking = [field.heading for field in FIELDS if field.required and field.heading not in found]
    if not any(name in found for name in NAMES):
        lacking.insert(1, "nom_naissance")
    return lacking


def ignored(cells: Sequence[str], found: dict[str, int]) -> list[str]:
    """Headings that are no column of ours."""
    kept = set(found.values())
    return [cell.strip()[:60] for position, cell in enumerate(cells) if position not in kept and cell.strip()]

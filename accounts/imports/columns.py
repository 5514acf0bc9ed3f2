"""The columns of a company's file, and how a heading is recognised whatever its accents, case or usual synonym."""

from collections.abc import Sequence

from accounts.employee.fields import FIELDS
from accounts.employee.values import plain
from accounts.imports.exceptions import Code, FileRefused

BIRTH_NAME, USAGE_NAME = NAMES = ("nom_naissance", "nom_usage")
NAME = "nom"  # the name used, or the one of birth when the other one has a column of its own
SIRET = "siret"
DOUBTFUL = {"etablissement"}  # headings that hold a SIRET or its name
RECOGNISED = 3  # headings that a line must have to be the line of headings
_PROFESSIONAL = {"email professionnel", "mail professionnel", "email pro", "mail pro"}


def _ranks() -> dict[str, tuple[str, int]]:
    """Column and rank of each heading made plain: ours first, then what the portal writes elsewhere, then synonyms."""
    known: dict[str, tuple[str, int]] = {}
    for field in FIELDS:
        for rank, names in enumerate(((field.heading,), (field.label, field.export), field.synonyms)):
            for name in map(plain, names):
                if name:
                    known.setdefault(name, (field.heading, 1 if name in _PROFESSIONAL else rank))
    known["adresse e mail"] = ("email", 2)  # of which there may be a personal one
    known.pop(NAME)
    return known


_KNOWN = _ranks()


def recognise(cells: Sequence[str]) -> dict[str, int]:
    """Position of each column among `cells`, by its most exact heading. Raises FileRefused when two are as exact."""
    claims: dict[str, list[tuple[int, int]]] = {}
    names: list[int] = []
    for position, cell in enumerate(cells):
        heading = plain(cell[:80])
        if heading == NAME:
            names.append(position)
        elif heading in _KNOWN:
            column, rank = _KNOWN[heading]
            claims.setdefault(column, []).append((rank, position))
    if names and (free := _free_name(claims)):
        claims[free] = [(0, position) for position in names]
    return {column: _best(column, sorted(found), cells) for column, found in claims.items()}


def _free_name(claims: dict[str, list[tuple[int, int]]]) -> str:
    """Which of the two names « Nom » gives, "" when both have a column of their own."""
    if USAGE_NAME not in claims:
        return USAGE_NAME
    return "" if BIRTH_NAME in claims else BIRTH_NAME


def _best(column: str, found: list[tuple[int, int]], cells: Sequence[str]) -> int:
    (rank, position), *others = found
    if others and others[0][0] == rank:
        other = others[0][1]
        raise FileRefused(
            f"Deux colonnes donnent «\xa0{column}\xa0»\xa0: "
            f"«\xa0{cells[position][:60]}\xa0» et «\xa0{cells[other][:60]}\xa0». Gardez-en une seule.",
            code=Code.COLUMN_TWICE,
        )
    return position


def recognised(cells: Sequence[str]) -> int:
    """How many of our columns are among `cells`."""
    found = {plain(cell[:80]) for cell in cells}
    return len({_KNOWN[heading][0] for heading in found if heading in _KNOWN}) + (NAME in found)


def without_doubtful(found: dict[str, int], cells: Sequence[str], lines: Sequence[Sequence[str]]) -> dict[str, int]:
    """The columns, less one whose heading may hold a SIRET but whose first `lines` hold none."""
    place = found.get(SIRET)
    if place is None or plain(cells[place][:80]) not in DOUBTFUL:
        return found
    told = [line[place] for line in lines if place < len(line) and line[place].strip()]
    if not told or any(sum(sign.isdigit() for sign in text) >= 9 for text in told):
        return found
    return {column: position for column, position in found.items() if column != SIRET}


def missing(found: dict[str, int]) -> list[str]:
    """Headings of the required columns that are not there."""
    lacking = [field.heading for field in FIELDS if field.required and field.heading not in found]
    if not any(name in found for name in NAMES):
        lacking.insert(1, BIRTH_NAME)
    return lacking


def ignored(cells: Sequence[str], found: dict[str, int]) -> list[str]:
    """Headings that are no column of ours."""
    kept = set(found.values())
    return [cell.strip()[:60] for position, cell in enumerate(cells) if position not in kept and cell.strip()]

"""The columns of a company's file, and how a heading is recognised whatever its accents, case or usual synonym."""

from collections.abc import Mapping, Sequence

from accounts.employee.fields import FIELDS
from accounts.employee.values import plain
from accounts.imports.exceptions import Code, FileRefused, HeadingsAsked

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


def recognise(cells: Sequence[str], chosen: Mapping[str, str] | None = None) -> dict[str, int]:
    """Position of each column among `cells`: its most exact heading, or the one of `chosen` where several are as exact.

    `chosen`: the heading, made plain, that the employer took for a column. Raises HeadingsAsked when none was, and
    FileRefused when the same heading stands twice.
    """
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
    best = {column: _best(column, sorted(found), cells, chosen or {}) for column, found in claims.items()}
    if asked := {column: places for column, places in best.items() if len(places) > 1}:
        raise HeadingsAsked({column: [cells[at].strip()[:60] for at in places] for column, places in asked.items()})
    return {column: place for column, (place,) in best.items()}


def _free_name(claims: dict[str, list[tuple[int, int]]]) -> str:
    """Which of the two names « Nom » gives, "" when both have a column of their own."""
    if USAGE_NAME not in claims:
        return USAGE_NAME
    return "" if BIRTH_NAME in claims else BIRTH_NAME


def _best(column: str, found: list[tuple[int, int]], cells: Sequence[str], chosen: Mapping[str, str]) -> list[int]:
    """The positions of the most exact headings of a column: one, or those among which to choose."""
    places = [position for rank, position in found if rank == found[0][0]]
    named = {plain(cells[place][:80]): place for place in places}
    if len(named) < len(places):
        raise FileRefused(
            f"Plusieurs colonnes s’appellent «\xa0{cells[places[0]][:60]}\xa0». "
            "Gardez-en une seule, ou renommez les autres.",
            code=Code.COLUMN_TWICE,
        )
    return [named[chosen[column]]] if chosen.get(column) in named else places


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

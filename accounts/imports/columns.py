"""The columns of a company's file, and how a heading is recognised whatever its accents, case or usual synonym."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from accounts.imports.exceptions import FileRefused
from portal.lib import searching


@dataclass(frozen=True)
class Column:
    """A column: its heading in the model, the other headings it answers to, an example for the model."""

    heading: str
    synonyms: tuple[str, ...]
    example: str
    required: bool = False


COLUMNS: tuple[Column, ...] = (
    Column("matricule", ("n matricule", "numero matricule", "mat", "matricule salarie", "id salarie"), "A1042", True),
    Column("nir", ("nss", "numero securite sociale", "n securite sociale", "n ss", "numero ss", "insee"), ""),
    Column("nom_naissance", ("nom de naissance", "nom patronymique", "nom de famille", "nom", "nom naiss"), "DURAND"),
    Column("nom_usage", ("nom d usage", "nom usuel", "nom marital", "nom d epouse"), ""),
    Column("prenom", ("prenoms", "first name", "prenom usuel"), "Virginie", True),
    Column("date_naissance", ("date de naissance", "ne le", "nee le", "naissance", "date naiss"), "14/07/1988"),
    Column(
        "email",
        (
            *("e mail", "mail", "courriel", "adresse e mail", "adresse email", "adresse mail"),
            *("email professionnel", "e mail professionnel", "mail professionnel", "email pro", "mail pro"),
            "adresse electronique",
        ),
        "virginie.durand@exemple.fr",
        True,
    ),
    Column(
        "date_embauche",
        (
            *("date d embauche", "embauche", "date entree", "date d entree", "entree"),
            *("date debut contrat", "date de debut de contrat", "date debut"),
        ),
        "05/09/2018",
        True,
    ),
    Column("type_contrat", ("type de contrat", "contrat", "nature contrat", "nature du contrat"), "CDI"),
    Column(
        "date_fin_contrat", ("date de fin de contrat", "fin de contrat", "fin contrat", "date fin", "date sortie"), ""
    ),
    Column("temps_partiel", ("tps partiel", "partiel", "temps partiel o n"), "non"),
    Column("categorie", ("college", "statut", "csp", "categorie objective", "categorie professionnelle"), "Non cadre"),
    Column("siret", ("siret etablissement", "n siret", "numero siret", "etablissement"), ""),
)
NAMES = ("nom_naissance", "nom_usage")
RECOGNISED = 3  # headings that a line must have to be the line of headings


@lru_cache(maxsize=512)
def plain(text: str) -> str:
    """« N° Sécurité sociale * » → « n securite sociale »."""
    return " ".join(searching.words(text.replace("°", " ")))


_KNOWN = {plain(name): column.heading for column in COLUMNS for name in (column.heading, *column.synonyms)}


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
                f"«\xa0{cells[found[heading]][:60]}\xa0» et «\xa0{cell[:60]}\xa0». Gardez-en une seule."
            )
        found[heading] = position
    return found


def missing(found: dict[str, int]) -> list[str]:
    """Headings of the required columns that are not there."""
    lacking = [column.heading for column in COLUMNS if column.required and column.heading not in found]
    if not any(name in found for name in NAMES):
        lacking.insert(1, "nom_naissance")
    return lacking


def ignored(cells: Sequence[str], found: dict[str, int]) -> list[str]:
    """Headings that are no column of ours."""
    kept = set(found.values())
    return [cell.strip()[:60] for position, cell in enumerate(cells) if position not in kept and cell.strip()]

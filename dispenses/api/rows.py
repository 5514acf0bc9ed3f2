"""A pushed employee under the rules of the company's file: the same values are good, the same are refused."""

from datetime import date
from typing import Any

from accounts.imports.known import clear_nir
from accounts.imports.rows import Row, read_row
from accounts.models import Employee
from dispenses.api.schemas import EmployeeIn, RowError

# Field of the API → column of the file.
COLUMNS = {
    "matricule": "matricule",
    "first_name": "prenom",
    "last_name": "nom_usage",
    "birth_name": "nom_naissance",
    "birth_date": "date_naissance",
    "nir": "nir",
    "professional_email": "email",
    "hired_on": "date_embauche",
    "contract_type": "type_contrat",
    "contract_ends_on": "date_fin_contrat",
    "part_time": "temps_partiel",
    "category": "categorie",
    "siret": "siret",
}
FIELDS = {column: field for field, column in COLUMNS.items()}
ATTRIBUTES = {field: "establishment_siret" if field == "siret" else field for field in COLUMNS}
# A remedy of the file → of the API.
REMEDIES = {
    "complétez la cellule": "donnez ce champ",
    "mettez la colonne au format texte, puis saisissez-le": "envoyez-le en toutes lettres",
    "mettez la colonne au format texte": "envoyez-le avec tous ses chiffres",
    "donnez le nom de naissance ou le nom d’usage": "donnez last_name ou birth_name",
    "enregistrez le fichier au format CSV UTF-8 ou XLSX": "envoyez-le en UTF-8",
}


def read(index: int, sent: EmployeeIn, known: Employee | None, today: date) -> Row:
    """Check a pushed employee; what is left out of a known one is what the portal has."""
    given = {field: getattr(sent, field) for field in COLUMNS}
    if known is not None:
        given = {field: _kept(known, field) if value in (None, "") else value for field, value in given.items()}
    return read_row(index, {COLUMNS[field]: _cell(value) for field, value in given.items()}, today)


def _kept(employee: Employee, field: str) -> Any:
    if field == "nir":
        return clear_nir(employee.sealed_nir)
    return getattr(employee, ATTRIBUTES[field])


def _cell(value: Any) -> str:
    """A value as a file writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def errors(row: Row) -> list[RowError]:
    """What to correct, by field of the API."""
    return [RowError(field=FIELDS[problem.column], message=_remedy(problem.remedy)) for problem in row.problems]


def _remedy(text: str) -> str:
    for ours, theirs in REMEDIES.items():
        text = text.replace(ours, theirs)
    return text

"""One line of the file → what it declares, or what must be corrected: column, value, remedy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from accounts.enums import ContractType
from accounts.imports import values
from accounts.imports.columns import COLUMNS
from accounts.imports.values import ValueRefused
from accounts.nir import NirRefused, clean_nir

LABELS = {
    "matricule": "Le matricule",
    "nir": "Le NIR",
    "nom_naissance": "Le nom de naissance",
    "nom_usage": "Le nom d’usage",
    "prenom": "Le prénom",
    "date_naissance": "La date de naissance",
    "email": "L’adresse e-mail",
    "date_embauche": "La date d’embauche",
    "type_contrat": "Le type de contrat",
    "date_fin_contrat": "La date de fin de contrat",
    "temps_partiel": "Le temps partiel",
    "categorie": "La catégorie",
    "siret": "Le SIRET",
}
SHOWN = 80  # characters of a wrong value that are shown


@dataclass(frozen=True, slots=True)
class Problem:
    """What prevents a line: its column, the value found, what is wrong and what to do."""

    column: str
    value: str
    remedy: str


@dataclass(slots=True)
class Row:
    """A line read: its number in the file, the values it declares by name of Employee's field, its NIR in clear."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    nir: str = ""
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, column: str, value: str, said: str) -> None:
        """Note a problem, said after the column's name."""
        shown = "•••" if column == "nir" else value[:SHOWN]
        self.problems.append(Problem(column, shown, f"{LABELS[column]} {said}"))


# Column → (field of Employee, reader of its cell). Dates are read apart: they look at today.
_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "matricule": ("matricule", values.matricule),
    "nom_naissance": ("birth_name", values.name),
    "nom_usage": ("last_name", values.name),
    "prenom": ("first_name", values.name),
    "email": ("professional_email", values.email),
    "type_contrat": ("contract_type", values.contract),
    "date_fin_contrat": ("contract_ends_on", values.day),
    "temps_partiel": ("part_time", values.yes_or_no),
    "categorie": ("category", values.category),
    "siret": ("establishment_siret", values.siret),
}
_DATES: dict[str, tuple[str, Callable[[str, date], date]]] = {
    "date_naissance": ("birth_date", values.birth_date),
    "date_embauche": ("hired_on", values.hire_date),
}
_REQUIRED = tuple(column.heading for column in COLUMNS if column.required)


def read_row(line: int, cells: Mapping[str, str], today: date) -> Row:
    """Check every cell of a line: blank optional ones say nothing. Never raises: problems are kept in the row."""
    row = Row(line)
    for column, cell in cells.items():
        if cell:
            _read_cell(row, column, cell, today)
        elif column in _REQUIRED:
            row.refuse(column, "", "manque\xa0: complétez la cellule")
    if not row.problems:
        _finish(row)
    return row


def _read_cell(row: Row, column: str, cell: str, today: date) -> None:
    try:
        text = values.tidy(cell)
        if column == "nir":
            row.nir = clean_nir(text)
        elif column in _DATES:
            name, read_date = _DATES[column]
            row.values[name] = read_date(text, today)
        else:
            name, read = _READERS[column]
            row.values[name] = read(text)
    except (ValueRefused, NirRefused) as refusal:
        row.refuse(column, cell, str(refusal))


def _finish(row: Row) -> None:
    """What several cells say together."""
    found = row.values
    if "last_name" not in found:
        if "birth_name" not in found:
            row.refuse("nom_naissance", "", "manque\xa0: donnez le nom de naissance ou le nom d’usage")
            return
        found["last_name"] = found["birth_name"]
    ends_on, hired_on, born_on = found.get("contract_ends_on"), found["hired_on"], found.get("birth_date")
    if ends_on and ends_on < hired_on:
        row.refuse("date_fin_contrat", f"{ends_on:%d/%m/%Y}", "précède la date d’embauche\xa0: vérifiez les deux dates")
    elif ends_on and found.get("contract_type") == ContractType.CDI:
        row.refuse("date_fin_contrat", f"{ends_on:%d/%m/%Y}", "ne va pas avec un CDI\xa0: retirez-la ou écrivez CDD")
    if born_on and born_on >= hired_on:
        row.refuse("date_naissance", f"{born_on:%d/%m/%Y}", "suit la date d’embauche\xa0: vérifiez les deux dates")
    _compare_nir(row, born_on)


def _compare_nir(row: Row, born_on: date | None) -> None:
    """Year and month of a NIR, when it tells them, are those of the birth."""
    if not (row.nir and born_on):
        return
    year, month = int(row.nir[1:3]), int(row.nir[3:5])
    if year != born_on.year % 100 or (month <= 12 and month != born_on.month):
        row.refuse("nir", "", "ne correspond pas à la date de naissance\xa0: vérifiez les deux")

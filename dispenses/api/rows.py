"""A pushed employee under the rules of the company's file: the same values are good, the same are refused."""

from datetime import date
from typing import Any

from accounts.employee.fields import FIELDS, EmployeeField
from accounts.employee.values import Code
from accounts.imports.rows import Row, read_row
from accounts.models import Employee
from dispenses.api.schemas import EmployeeIn, RowError

# What to do about a refused value, by its code, where a file's columns have nothing to do with it.
REMEDIES: dict[str, str] = {
    Code.MISSING: "donnez ce champ",
    Code.SCIENTIFIC: "envoyez-le en toutes lettres",
    Code.DIGITS: "envoyez-le avec tous ses chiffres",
    Code.NO_NAME: "donnez last_name ou birth_name",
    Code.NO_LETTER: "vérifiez-le",
    Code.GONE: "un salarié déjà parti ne se déclare pas",
    Code.UNREADABLE: "envoyez-le en UTF-8",
}


def read(index: int, sent: EmployeeIn, known: Employee | None, today: date) -> Row:
    """Check a pushed employee. What a known one must have and was left out is what the portal has."""
    cells = {field.heading: _cell(_given(field, sent, known)) for field in FIELDS}
    needed = () if known else ("professional_email",)  # who has none is invited by a letter, which people print
    return read_row(index, cells, today, known, needed=needed)


def _given(field: EmployeeField, sent: EmployeeIn, known: Employee | None) -> Any:
    value = getattr(sent, field.api_name)
    if value in (None, "") and known is not None and (field.required or field.attribute == "last_name"):
        return getattr(known, field.attribute)
    return value


def _cell(value: Any) -> str:
    """A value as a file writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def errors(row: Row) -> list[RowError]:
    """What to correct, by field of the API."""
    return [
        RowError(field=problem.field.api_name, code=problem.refusal.code, message=problem.said(REMEDIES))
        for problem in row.problems
    ]

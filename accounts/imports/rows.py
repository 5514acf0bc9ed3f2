"""One line of the file → what it declares, or what must be corrected: column, value, remedy."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from accounts.employee import values
from accounts.employee.fields import BY_ATTRIBUTE, BY_HEADING, EmployeeField
from accounts.employee.together import complete, contradictions, read_end_as_departure
from accounts.employee.values import Code, ValueRefused
from accounts.models import Employee

SHOWN = 80  # characters of a wrong value that are shown
NIR = BY_ATTRIBUTE["sealed_nir"]
MISSING = ValueRefused(Code.MISSING, "manque", "complétez la cellule")
NO_NAME = ValueRefused(Code.NO_NAME, "manque", "donnez le nom de naissance ou le nom d’usage")


@dataclass(frozen=True, slots=True)
class Problem:
    """What prevents a line: the field, the value found, what is wrong and what to do."""

    field: EmployeeField
    value: str
    refusal: ValueRefused

    @property
    def column(self) -> str:
        return self.field.heading

    @property
    def remedy(self) -> str:
        return self.said()

    def said(self, remedies: dict[str, str] | None = None) -> str:
        """The sentence; what to do is said by `remedies` (by code) where they have a word for it."""
        return f"{self.field.subject} {self.refusal.in_words(remedies)}"


@dataclass(slots=True)
class Row:
    """A line read: its number in the file, the values it declares by name of Employee's field, its NIR in clear."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    nir: str = ""
    derived: bool = False  # the line gives no name used: it is the one of birth
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, attribute: str, value: str, refusal: ValueRefused) -> None:
        """Note a problem of an attribute of Employee."""
        declared = BY_ATTRIBUTE[attribute]
        shown = "•••" if declared is NIR else storable(value[:SHOWN])
        self.problems.append(Problem(declared, shown, refusal))

    def leave_name_used(self, employee: Employee) -> None:
        """A line that gives the name of birth alone says nothing of another name that the employee uses."""
        if self.derived and not self.values.get("birth_name"):  # one name alone, given as first name
            self.values["first_name"] = self.values.pop("last_name")
            if employee.full_name == self.values["first_name"]:
                del self.values["first_name"]
        elif self.derived and employee.last_name != employee.birth_name:
            self.values.pop("last_name", None)


def storable(text: str) -> str:
    """The text as any database keeps it and any page shows it: a mark in place of each NUL and half character."""
    return "".join("\ufffd" if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign for sign in text)


def read_row(
    line: int,
    cells: Mapping[str, str],
    today: date,
    known: Employee | None = None,
    *,
    needed: Collection[str] = (),
) -> Row:
    """Check every cell of a line: blank optional ones say nothing. Never raises: problems are kept in the row.

    `needed`: attributes that may not be blank here, though they may be in a file.

    A text that is what the portal already has of the employee `known` is not judged: rules may have grown since.
    """
    row = Row(line)
    for column, cell in cells.items():
        declared = BY_HEADING[column]
        if cell:
            _read_cell(row, declared, cell, today, known)
        elif declared.required and (declared.attribute in needed or not declared.may_be_blank):
            row.refuse(declared.attribute, "", MISSING)
    if not row.problems:
        _finish(row, today)
    return row


def _read_cell(row: Row, declared: EmployeeField, cell: str, today: date, known: Employee | None) -> None:
    if known is not None and declared is not NIR and cell == getattr(known, declared.attribute):
        row.values[declared.attribute] = cell
        return
    try:
        value = declared.read(values.tidy(cell), today)
    except ValueRefused as refusal:
        row.refuse(declared.attribute, cell, refusal)
        return
    if declared is NIR:
        row.nir = value
    else:
        row.values[declared.attribute] = value


def _finish(row: Row, today: date) -> None:
    """What several cells say together."""
    row.derived = "last_name" not in row.values
    read_end_as_departure(row.values, row.values.get("contract_type", ""), today)
    complete(row.values)
    if "last_name" not in row.values:
        row.refuse("birth_name", "", NO_NAME)
        return
    for attribute, shown, refusal in contradictions(row.values, row.nir):
        row.refuse(attribute, shown, refusal)

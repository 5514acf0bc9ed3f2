"""First pass: read the whole file, write what is valid and what must be corrected in two files, keep figures."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from accounts.employee.fields import BY_ATTRIBUTE, BY_NAME
from accounts.employee.together import read_end_as_departure
from accounts.imports.exceptions import Code, FileRefused, too_many_lines
from accounts.imports.matching import (
    Known,
    Seen,
    absent_from,
    differences,
    known_of,
    read_known_again,
    refuse_contradictions,
    refuse_gone,
    refuse_transferred,
    refuse_twins,
)
from accounts.imports.rows import NIR, Row, read_row, storable
from accounts.imports.tables import Table, open_table
from accounts.models import Employee, Employer
from accounts.nir import seal_nir
from portal.lib.spreadsheets import safe

PIECE = 1_000  # lines in memory at once
SHOWN = 50  # lines of each kind that the preview shows
MOST_ABSENT = 200  # absent employees of whom a file may propose the departure
_as_json = json.JSONEncoder(default=date.isoformat, ensure_ascii=False).encode


@dataclass
class Found:
    """Figures of the file, and the first lines of each kind for the preview."""

    kind: str = ""
    sheet: str = ""  # its name, in a workbook that has others
    hidden_rows: int = 0  # filled, and left out
    hidden_columns: int = 0
    ignored: list[str] = field(default_factory=list)
    lines: int = 0
    ready: int = 0
    by_letter: int = 0  # of these, those who have no address
    changed: int = 0
    unchanged: int = 0
    to_correct: int = 0
    absent: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)
    new_people: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    staff: int = 0  # of whom no departure is known
    absents: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Analysis:
    """One reading of one file, in a folder of its own. `told` is called after each piece with the lines read so far."""

    employer: Employer
    folder: Path
    today: date
    told: Callable[[int], None]
    with_hidden: bool = False  # rows and columns that a workbook hides are read too
    found: Found = field(default_factory=Found)

    def run(self, source: Path) -> Found:
        """Write `lignes` and `erreurs` in the folder. Raises FileRefused."""
        table = open_table(source, self.folder, with_hidden=self.with_hidden, chosen=self.employer.import_headings)
        if table.has_more_lines_than(settings.PORTAL_IMPORT_MAX_ROWS):
            raise too_many_lines()
        self.found.kind, self.found.ignored = table.kind, [storable(heading) for heading in table.ignored[:20]]
        self.found.sheet = storable(table.sheet)
        self.found.hidden_rows, self.found.hidden_columns = table.hidden_rows, table.hidden_columns
        seen = Seen(self.folder)
        try:
            with (
                self.rows.open("w", encoding="utf-8") as rows,
                self.errors.open("w", encoding="utf-8-sig", newline="") as bad,
            ):
                errors = csv.writer(bad, delimiter=";")
                errors.writerow(["ligne", "à corriger", *map(safe, table.headings)])
                for piece in pieces(table.lines()):
                    self._read(table, piece, seen, rows, errors)
            self.found.staff = Employee.objects.filter(employer=self.employer, left_on__isnull=True).count()
            for employee in absent_from(self.employer, seen):
                self.found.absent += 1
                if self.found.absent <= MOST_ABSENT:
                    told = {"id": employee.pk, "name": employee.full_name, "matricule": employee.matricule}
                    self.found.absents.append(told)
        finally:
            seen.close()
        if not self.found.lines:
            raise FileRefused("Ce fichier n’a que des titres\xa0: aucune ligne à importer.", code=Code.NO_LINE)
        return self.found

    @property
    def rows(self) -> Path:
        return self.folder / "lignes"

    @property
    def errors(self) -> Path:
        return self.folder / "erreurs"

    def _read(self, table: Table, piece: list[tuple[int, list[str]]], seen: Seen, rows: IO[str], errors: Any) -> None:
        self.found.lines += len(piece)
        named = [table.cells(cells) for _, cells in piece]
        read = [read_row(line, cells, self.today) for (line, _), cells in zip(piece, named, strict=True)]
        read = read_known_again(self.employer, read, named, self.today)
        refuse_twins(read, seen)
        known = known_of(self.employer, read)
        for row, (_, cells) in zip(read, piece, strict=True):
            if not row.problems:
                self._place(row, known, rows)
            if row.problems:
                self._set_aside(row, cells, errors)
        self.told(self.found.lines)

    def _place(self, row: Row, known: Known, rows: IO[str]) -> None:
        """Write a valid line to what will be imported, unless it says nothing new."""
        if refusal := known.problem(row.values):
            row.refuse("professional_email", row.values["professional_email"], refusal)
            return
        employee = known.employee_of(row.values)
        if employee is None:
            refuse_gone(row, self.today)
            if row.problems:
                return
            self.found.ready += 1
            self.found.by_letter += "professional_email" not in row.values
            self._show_new(row)
            self._write(row, rows, new=True)
            return
        row.leave_name_used(employee)
        read_end_as_departure(row.values, row.values.get("contract_type", employee.contract_type), self.today)
        if changes := differences(employee, row.values, row.nir):
            refuse_transferred(row, employee)
            refuse_contradictions(row, employee, changes)
            if row.problems:
                return
            self.found.changed += 1
            self._show_changes(row, employee.full_name, changes)
            self._write(row, rows, new=False)
        else:
            self.found.unchanged += 1

    def _write(self, row: Row, rows: IO[str], *, new: bool) -> None:
        values = {**row.values, "sealed_nir": seal_nir(row.nir)} if row.nir else row.values
        rows.write(_as_json([row.line, values, new]) + "\n")

    def _set_aside(self, row: Row, cells: Sequence[str], errors: Any) -> None:
        self.found.to_correct += 1
        said = " ; ".join(problem.remedy.replace("\xa0", " ") for problem in row.problems)
        errors.writerow([row.line, said, *map(safe, cells)])
        for problem in row.problems:
            if len(self.found.problems) < SHOWN:
                told = {"column": problem.column, "value": problem.value, "remedy": problem.remedy}
                self.found.problems.append({"line": row.line, **told})

    def _show_new(self, row: Row) -> None:
        if len(self.found.new_people) < 10:
            name = f"{row.values.get('first_name', '')} {row.values['last_name']}".strip()
            email = row.values.get("professional_email", "")
            self.found.new_people.append({"name": name, "matricule": row.values["matricule"], "email": email})

    def _show_changes(self, row: Row, name: str, changes: dict[str, tuple[Any, Any]]) -> None:
        if len(self.found.changes) < SHOWN:
            listed = [_change(name, *pair) for name, pair in changes.items()]
            said = {"line": row.line, "name": name, "matricule": row.values["matricule"], "changes": listed}
            self.found.changes.append(said)


def pieces(lines: Iterator[tuple[int, list[str]]]) -> Iterator[list[tuple[int, list[str]]]]:
    """The lines, PIECE at a time."""
    while piece := list(islice(lines, PIECE)):
        yield piece


def _change(name: str, before: Any, after: Any) -> list[str]:
    """[label, before, after] of a field that changes; of a NIR, never more than its mask."""
    field = BY_NAME.get(name) or BY_ATTRIBUTE[name]
    if field is NIR:
        return [field.label, str(before) or "–", "•••"]
    return [field.label, field.in_words(before), field.in_words(after)]

"""What the employer already has and what the file already said: what tells new lines from changed or wrong ones."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import F, Q

from accounts.employee.fields import ATTRIBUTES, BY_ATTRIBUTE
from accounts.employee.together import contradictions
from accounts.employee.values import MATRICULE_LENGTH, Code, ValueRefused
from accounts.imports.rows import Row, read_row
from accounts.models import Employee, Employer
from accounts.nir import clear_nir
from portal.lib.typography import of

PIECE = 400  # values of one query of each kind, within the limit of the oldest SQLite
MANY = 1_000  # elsewhere: the rows of an employer are gone through once for them all
MATRICULE, EMAIL = 1, 2


class Seen:
    """Matricules and addresses of the lines read so far, on disk: memory does not grow with the file.

    Its calls raise OSError when the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        self.base = sqlite3.connect(folder / "vus.sqlite3", isolation_level=None)
        with _disk():
            self.base.executescript(
                "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-4000;"
                "CREATE TABLE seen (kind INTEGER, value TEXT, line INTEGER, PRIMARY KEY (kind, value)) WITHOUT ROWID;"
            )

    def close(self) -> None:
        self.base.close()

    def lines(self, kind: int, values: Sequence[str]) -> dict[str, int]:
        """Line of each value already seen."""
        found: dict[str, int] = {}
        for start in range(0, len(values), PIECE):
            piece = values[start : start + PIECE]
            marks = ",".join("?" * len(piece))
            query = f"SELECT value, line FROM seen WHERE kind = ? AND value IN ({marks})"  # noqa: S608 – marks alone
            found.update(self.base.execute(query, [kind, *piece]))
        return found

    def add(self, kind: int, lines: dict[str, int]) -> None:
        """Remember values and their lines."""
        with _disk():
            self.base.execute("BEGIN")
            self.base.executemany(
                "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", [(kind, *item) for item in lines.items()]
            )
            self.base.execute("COMMIT")


@contextmanager
def _disk() -> Iterator[None]:
    """A full disk is ours to mend, never a fault of the file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OSError("le disque de travail ne répond pas") from error


def refuse_twins(rows: Sequence[Row], seen: Seen) -> None:
    """A matricule or an address that an earlier line has is a problem of the later line."""
    for kind, name in ((MATRICULE, "matricule"), (EMAIL, "professional_email")):
        values = [row.values[name] for row in rows if name in row.values]
        lines = seen.lines(kind, values)
        fresh: dict[str, int] = {}
        for row in rows:
            value = row.values.get(name)
            if value is None:
                continue
            if value in lines:
                said = f"est déjà à la ligne {lines[value]}"
                row.refuse(name, value, ValueRefused(Code.REPEATED, said, "gardez une seule des deux lignes"))
            else:
                lines[value] = fresh[value] = row.line
        seen.add(kind, fresh)


class Known:
    """Employees of the employer that a piece of the file may speak of."""

    def __init__(self, employer: Employer, matricules: Sequence[str], emails: Sequence[str]) -> None:
        staff = Employee.objects.filter(employer=employer).only("user_id", "employer_id", *ATTRIBUTES)
        self.by_matricule: dict[str, Employee] = {}
        self.by_email: dict[str, Employee] = {}
        most = PIECE if connection.vendor == "sqlite" else MANY
        for start in range(0, max(len(matricules), len(emails)), most):
            some = slice(start, start + most)
            asked = Q(matricule__in=matricules[some]) | Q(professional_email__in=emails[some])
            for employee in staff.filter(asked).order_by(
                F("left_on").asc(nulls_last=True), "pk"
            ):  # employed: last word
                self.by_matricule[employee.matricule] = employee
                if employee.professional_email:
                    self.by_email[employee.professional_email] = employee

    def employee_of(self, values: Mapping[str, Any]) -> Employee | None:
        """The employee of whom these values speak; None for a new one, or for one who left before this hire."""
        employee = self.by_matricule.get(values["matricule"])
        return employee if employee and _still_there(employee, values) else None

    def problem(self, values: Mapping[str, Any]) -> ValueRefused | None:
        """Why the address cannot be this matricule's: it is another employee's. None when it can."""
        holder = self.by_email.get(values.get("professional_email", ""))
        if holder is None or holder.matricule == values["matricule"] or not _still_there(holder, values):
            return None
        said = f"est déjà celle {of(holder.full_name)} (matricule {holder.matricule})"
        return ValueRefused(Code.TWIN, said, "vérifiez l’adresse, ou le matricule s’il a changé")


def _still_there(employee: Employee, values: Mapping[str, Any]) -> bool:
    """Whether the employee had not left when somebody was hired."""
    return not employee.has_left(values["hired_on"])


def read_known_again(
    employer: Employer, rows: Sequence[Row], cells: Sequence[Mapping[str, str]], today: date
) -> list[Row]:
    """The lines, those with a problem read again beside the employee whose matricule they give, if there is one."""
    doubtful = {
        place: text
        for place, row in enumerate(rows)
        if row.problems and (text := _matricule(row, cells[place])).isprintable() and len(text) <= MATRICULE_LENGTH
    }
    known = Known(employer, list(doubtful.values()), []).by_matricule
    read = list(rows)
    for place, text in doubtful.items():
        if employee := known.get(text):
            read[place] = read_row(rows[place].line, cells[place], today, employee)
    return read


def _matricule(row: Row, cells: Mapping[str, str]) -> str:
    """The matricule that a line gives, be it one that the rule of today refuses."""
    return str(row.values.get("matricule") or cells.get(BY_ATTRIBUTE["matricule"].heading, ""))


def known_of(employer: Employer, rows: Sequence[Row]) -> Known:
    """The employees that these lines may be: none of an employer who has nobody yet."""
    anybody = Employee.objects.filter(employer=employer).exists()
    good = [row.values for row in rows if anybody and not row.problems]
    return Known(employer, [v["matricule"] for v in good], addresses(good))


def addresses(given: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those that these values give: some have none."""
    return [values["professional_email"] for values in given if values.get("professional_email")]


def refuse_gone(row: Row, today: date) -> None:
    """Nobody is declared, and invited, who has left already."""
    if (left_on := row.values.get("left_on")) and left_on < today:
        said = ValueRefused(Code.GONE, "est passée", "un salarié déjà parti ne se déclare pas, retirez la ligne")
        row.refuse("left_on", f"{left_on:%d/%m/%Y}", said)


def differences(employee: Employee, values: dict[str, Any], nir: str) -> dict[str, tuple[Any, Any]]:
    """(before, after) of each field that the line says otherwise; the NIR under "nir", never compared sealed."""
    changed = {
        name: (getattr(employee, name), value) for name, value in values.items() if getattr(employee, name) != value
    }
    if nir and nir != clear_nir(employee.sealed_nir):
        changed["nir"] = (employee.masked_nir, nir)
    return changed


def refuse_contradictions(row: Row, employee: Employee, changed: Collection[str]) -> None:
    """What `changed` (names as `differences` gives them) must go with what the line leaves as it is."""
    kept = {name: getattr(employee, name) for name in ATTRIBUTES}
    nir = row.nir or (clear_nir(employee.sealed_nir) if "birth_date" in changed else "")
    for attribute, shown, refusal in contradictions({**kept, **row.values}, nir, changed):
        row.refuse(attribute, shown, refusal)


def refuse_transferred(row: Row, employee: Employee) -> None:
    """Nothing changes of a row whose contract goes on at another employer (accounts.services.updating)."""
    elsewhere = employee.transfers.select_related("employer").first() if employee.left_on else None
    if elsewhere:
        where = f"{elsewhere.employer.name} depuis le {elsewhere.here_since:%d/%m/%Y}"
        said = f"est celui {of(employee.full_name)}, dont le contrat se poursuit chez {where}"
        remedy = "retirez la ligne, cette fiche ne change plus"
        row.refuse("matricule", employee.matricule, ValueRefused(Code.TRANSFERRED, said, remedy))


def absent_from(employer: Employer, seen: Seen) -> Iterator[Employee]:
    """Employees whose matricule no line had, by name; not those whose departure is known."""
    staff = Employee.objects.filter(employer=employer, left_on__isnull=True).only(
        "first_name", "last_name", "matricule"
    )
    piece: list[Employee] = []
    for employee in staff.order_by("sort_name", "pk").iterator(chunk_size=2000):
        piece.append(employee)
        if len(piece) == PIECE:
            yield from _unseen(piece, seen)
            piece = []
    yield from _unseen(piece, seen)


def _unseen(piece: list[Employee], seen: Seen) -> Iterator[Employee]:
    lines = seen.lines(MATRICULE, [employee.matricule for employee in piece])
    return (employee for employee in piece if employee.matricule not in lines)

"""What is asked of the queue, read from an address: anything unknown in it is left out, never an error."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from dispenses.desk.ahead import AHEAD, Ahead
from dispenses.workflow import STATUS_LABELS, Status

ALL = "toutes"
ME, NOBODY = "moi", "personne"
LATE, TODAY, SOON = "retard", "aujourdhui", "bientot"
SOON_DAYS = 3  # working days
STATUSES = {
    **{status: label for status, label in STATUS_LABELS.items() if status != Status.DRAFT},
    ALL: "Toutes",
}
DUES = {LATE: "En retard", TODAY: "À rendre aujourd’hui", SOON: f"À rendre sous {SOON_DAYS}\xa0jours ouvrés"}
AGES = {
    "5": "5\xa0jours et plus",
    "10": "10\xa0jours et plus",
    "20": "20\xa0jours et plus",
    "30": "30\xa0jours et plus",
}
MAX_TEXT = 200


@dataclass(frozen=True)
class Criteria:
    """Filters of the queue, under the names that they have in the address; "" is no filter."""

    q: str = ""
    statut: str = ""
    suite: str = ""
    echeance: str = ""
    age: str = ""
    motif: str = ""
    employeur: str = ""
    qui: str = ""
    nouveau: str = ""
    envoyee_du: str = ""
    envoyee_au: str = ""

    @property
    def status(self) -> str:
        """The status looked for: « En cours » unless something else is asked for; a search looks everywhere."""
        if self.statut:
            return self.statut
        if self.suite:
            return Status.ACCEPTED.value
        return ALL if self.q else Status.IN_PROGRESS.value

    @property
    def ahead(self) -> Ahead | None:
        """What is looked for after the decision, None for nothing."""
        return AHEAD.get(self.suite)

    @property
    def by_due_date(self) -> bool:
        """Whether the most urgent comes first; else the newest."""
        waits = self.status in (Status.IN_PROGRESS.value, Status.AWAITING_COMPLEMENT.value)
        return waits and not self.q and not self.suite

    @property
    def query(self) -> str:
        """As in an address, without what is empty."""
        return urlencode({field.name: value for field in fields(self) if (value := getattr(self, field.name))})

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(name, value) of what is asked for, to be kept by a form."""
        return [(field.name, value) for field in fields(self) if (value := getattr(self, field.name))]

    def but(self, **changes: str) -> "Criteria":
        return replace(self, **changes)

    def day(self, name: str) -> date | None:
        return read_day(getattr(self, name))


def read(values: Mapping[str, Any]) -> Criteria:
    """Criteria of an address (QueryDict or the like). A value that is none of those offered counts for nothing."""
    given = {field.name: _text(values.get(field.name)) for field in fields(Criteria)}
    choices: dict[str, Mapping[str, Any]] = {
        "statut": STATUSES,
        "suite": AHEAD,
        "echeance": DUES,
        "age": AGES,
        "nouveau": {"1": ""},
    }
    for name, known in choices.items():
        if given[name] not in known:
            given[name] = ""
    if given["qui"] not in (ME, NOBODY) and not _is_number(given["qui"]):
        given["qui"] = ""
    for name in ("envoyee_du", "envoyee_au"):
        if read_day(given[name]) is None:
            given[name] = ""
    return Criteria(**given)


def read_day(text: str) -> date | None:
    """A day as browsers send it, aaaa-mm-jj; None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1 < day.year < 9999 else None


def _text(value: object) -> str:
    return str(value or "").replace("\0", "").strip()[:MAX_TEXT]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19

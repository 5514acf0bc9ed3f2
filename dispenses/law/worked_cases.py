"""The worked cases: one line each of `worked_cases.csv`, which a lawyer reads and which the tests run.

A line is an employee, an acte, the answers, the day of signing, and what the law makes of them. `manage.py law_cases`
makes a page of it.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from dispenses.enums import Yearly
from dispenses.law.questions import CONTRACT, COVERED_SINCE, END_QUESTIONS, QUESTIONS, Kind
from dispenses.law.rules import ActeRules
from dispenses.law.situation import Person, Situation, Standing

FILE = Path(__file__).with_name("worked_cases.csv")
OUTCOMES = {"oui": Standing.OPEN, "fermé": Standing.CLOSED, "non": Standing.NOT_YOURS}
OUT_OF_SCOPE = "hors périmètre"
LASTING = "tant que la dispense dure"


@dataclass(frozen=True)
class WorkedActe:
    """One version of an acte, as a line tells it."""

    kind: str
    in_force_from: date
    opened_motifs: list[str]
    first_set_up_on: date
    set_up_kind: str
    employee_share_from: date | None
    in_force_until: date | None = None
    recommended_pieces: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkedCase:
    """One line: the situation, and what is expected of it. `standing` is None for what is out of scope.

    The dates are those of a dispense granted as asked, None without one; `kept_until` is None while a dispense lasts.
    """

    id: str
    motif: str
    title: str
    situation: Situation
    absent: str
    standing: Standing | None
    because: str
    article: str
    effective_on: date | None
    ends_on: date | None
    affiliation_due_on: date | None
    confirm_by: date | None
    yearly: Yearly | None
    documents: str
    kept_until: date | None
    row: dict[str, str]


def read(path: Path = FILE) -> list[WorkedCase]:
    """Every line of the file. Raises ValueError for a cell that is not understood."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [_case(row) for row in csv.DictReader(lines, delimiter=";")]


def _day(text: str) -> date | None:
    """« 05/09/2018 »; None for an empty cell, or for one that says in words that there is no day."""
    return datetime.strptime(text, "%d/%m/%Y").date() if text[:2].isdigit() else None  # noqa: DTZ007 – a day


def _known_day(text: str) -> date:
    if (day := _day(text)) is None:
        raise ValueError(f"a day is wanted, not {text!r}")
    return day


def _case(row: dict[str, str]) -> WorkedCase:
    return WorkedCase(
        id=row["id"],
        motif=row["motif"],
        title=row["situation"],
        situation=_situation(row),
        absent=row["document_absent"],
        standing=None if row["ouvert"] == OUT_OF_SCOPE else OUTCOMES[row["ouvert"]],
        because=row["parce_que"],
        article=row["fondement"],
        effective_on=_day(row["effet_le"]),
        ends_on=_day(row["fin_le"]),
        affiliation_due_on=_day(row["affiliation_due_le"]),
        confirm_by=_day(row["a_confirmer_le"]),
        yearly=Yearly(row["confirmation"]) if row["confirmation"] else None,
        documents=row["documents"],
        kept_until=_day(row["conserve_jusquau"]),
        row=row,
    )


def _situation(row: dict[str, str]) -> Situation:
    granted = dict(pair.split(" ") for pair in row["deja_accorde"].split(", ") if pair)
    return Situation(
        person=Person(
            contract_type=row["contrat"],
            hired_on=_known_day(row["embauche"]),
            contract_ends_on=_day(row["contrat_au"]),
            part_time=row["temps_partiel"] == "oui",
        ),
        actes=_actes(row),
        day=_known_day(row["demande_signee_le"]),
        answers=_answers(row),
        granted_until={code: _known_day(day) for code, day in granted.items()},
    )


def _actes(row: dict[str, str]) -> list[ActeRules]:
    if not row["acte"]:
        return []
    set_up = _known_day(row["premiere_mise_en_place"])
    return [
        WorkedActe(  # type: ignore[list-item]  # frozen: read only, as the rules read it
            kind=row["acte"],
            in_force_from=_known_day(row["acte_version_du"]),
            opened_motifs=row["acte_ouvre"].split(),
            first_set_up_on=set_up,
            set_up_kind=row["acte"],
            employee_share_from=_day(row["part_salariale_depuis"]),
        )
    ]


def _answers(row: dict[str, str]) -> dict[str, object]:
    start, end = CONTRACT
    days = {
        COVERED_SINCE: row["autre_couverture_du"],
        END_QUESTIONS["covered_until"]: row["couverture_jusquau"],
        start: row["contrat_du"],
        end: row["contrat_au"],
    }
    answers: dict[str, object] = {key: _known_day(text) for key, text in days.items() if text}
    for key, text in (pair.split("=") for pair in row["reponses"].split()):
        euros = QUESTIONS[key].kind is Kind.EUROS
        answers[key] = Decimal(text.replace(",", ".")) if euros else text
    return answers

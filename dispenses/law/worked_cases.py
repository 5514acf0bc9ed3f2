"""The worked cases: one line each of `worked_cases.csv`, which a lawyer reads and which the tests run.

A line is an employee, an acte, the answers, the day of signing, and what the law makes of them. `manage.py law_cases`
makes a page of it.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

from dispenses.enums import Yearly
from dispenses.law.assessment import AskedPiece, Assessment, assess
from dispenses.law.catalogue import BY_CODE
from dispenses.law.questions import CONTRACT, COVERED_SINCE, END_QUESTIONS, QUESTIONS, Kind
from dispenses.law.rules import ActeRules, MotifRules, StatedActe
from dispenses.law.situation import Ground, Person, Situation, Standing

FILE = Path(__file__).with_name("worked_cases.csv")
OUTCOMES = {"oui": Standing.OPEN, "fermé": Standing.CLOSED, "non": Standing.NOT_YOURS}
OUT_OF_SCOPE = "hors périmètre"
LASTING = "tant que la dispense dure"
NO_DOCUMENT = "aucun"
INSTEAD = "invoquer "
BECAUSE: dict[str, frozenset[Ground]] = {
    "pas encore en vigueur": frozenset({Ground.LAW}),
    "l'acte ne le prévoit pas": frozenset({Ground.ACTE}),
    "pas présent avant": frozenset({Ground.PRESENT}),
    "type de contrat": frozenset({Ground.CONTRACT}),
    "temps plein": frozenset({Ground.PART_TIME}),
    "l'autre couverture": frozenset({Ground.COVER}),
    "première échéance": frozenset({Ground.COVER, Ground.MOMENT}),
    "hors moment": frozenset({Ground.MOMENT}),
    "durée du contrat": frozenset({Ground.LENGTH}),
    "moins de 10 %": frozenset({Ground.SHARE}),
    "date de fin": frozenset({Ground.END}),
    "échéance lointaine": frozenset({Ground.END}),
    "preuve exigée par la loi": frozenset({Ground.PROOF}),
}
"""What the column « parce_que » may say, with what the reasons are then about; « invoquer » names another motif."""

VERSION = re.compile(
    r"dès le (?P<start>[\d/]+) : (?P<kind>\w+), (?:ouvre (?P<opened>[\w ]+)|n'ouvre rien)"
    r"(?:, part salariale dès le (?P<share>[\d/]+))?"
)
"""A later version of the acte, in the column « autres_versions », where « / » stands between two of them."""


@dataclass(frozen=True)
class WorkedCase:
    """One line: the situation, and what is expected of it. `standing` is None for what is out of scope.

    `may_be_sent`: whether a closed motif may be sent all the same, with its warning. The dates are those of a dispense
    granted as asked, None without one; `kept_until` is None while a dispense lasts. `documents`: None where the line
    does not say, else for each document whether the law demands it and whether the acte only recommends it.
    """

    id: str
    motif: str
    title: str
    situation: Situation
    absent: str
    standing: Standing | None
    because: str
    may_be_sent: bool
    article: str
    effective_on: date | None
    ends_on: date | None
    affiliation_due_on: date | None
    confirm_by: date | None
    yearly: Yearly | None
    documents: tuple[tuple[bool, bool], ...] | None
    kept_until: date | None
    row: dict[str, str]


def assessed(case: WorkedCase) -> Assessment:
    """What the rules say of it, every document joined but the one that the line says is absent.

    Raises KeyError for what the portal does not treat.
    """
    entry = BY_CODE[case.motif]
    provided = {piece.code for piece in entry.pieces} - {case.absent}
    motif, pieces = cast(MotifRules, entry), cast(Iterable[AskedPiece], entry.pieces)  # frozen: the rules read only
    return assess(motif, replace(case.situation, provided=provided), pieces)


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
        may_be_sent=row["ouvert"] == "oui" or row["envoi_possible"] == "oui",
        article=row["fondement"],
        effective_on=_day(row["effet_le"]),
        ends_on=_day(row["fin_le"]),
        affiliation_due_on=_day(row["affiliation_due_le"]),
        confirm_by=_day(row["a_confirmer_le"]),
        yearly=Yearly(row["confirmation"]) if row["confirmation"] else None,
        documents=_documents(row["documents"]),
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


def _documents(text: str) -> tuple[tuple[bool, bool], ...] | None:
    if not text:
        return None
    if text == NO_DOCUMENT:
        return ()
    return tuple(("(loi)" in document, "(recommandé" in document) for document in text.split(" + "))


def _actes(row: dict[str, str]) -> Sequence[ActeRules]:
    """The versions of the acte, the first from the line's own columns; each ends on the eve of the next."""
    if not row["acte"]:
        return []
    told = [_told(row, text) for text in row["autres_versions"].split(" / ") if text]
    starts = [_known_day(row["acte_version_du"]), *(_known_day(version["start"]) for version in told)]
    ends = [*(start - timedelta(days=1) for start in starts[1:]), _day(row["acte_version_au"])]
    kinds = [row["acte"], *(version["kind"] for version in told)]
    opened = [row["acte_ouvre"], *(version["opened"] for version in told)]
    own_share = row["part_salariale_depuis"]
    shares = [own_share, *(version["share"] or own_share for version in told)]
    return [  # read only, as the rules read them
        StatedActe(
            kind=kind,
            in_force_from=start,
            in_force_until=end,
            opened_motifs=codes.split(),
            first_set_up_on=_known_day(row["premiere_mise_en_place"]),
            set_up_kind=row["acte"],
            employee_share_from=_day(share),
            recommended_pieces=row["documents_abaisses"].split(),
            yearly_policies=row["confirmation_selon_l_acte"].split(),
        )
        for kind, start, end, codes, share in zip(kinds, starts, ends, opened, shares, strict=True)
    ]


def _told(row: dict[str, str], text: str) -> dict[str, str]:
    if (version := VERSION.fullmatch(text)) is None:
        raise ValueError(f"{row['id']}: a version of the acte is not understood: {text!r}")
    return version.groupdict(default="")


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

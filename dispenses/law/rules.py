"""What the law and the acte allow one employee, as pure functions over rows already read."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import date, timedelta
from typing import Protocol, TypeVar

from dispenses.law.numbers import KEPT_FROM_END, KEPT_FROM_RECEIPT, YEARLY
from dispenses.law.questions import END_QUESTIONS
from portal.lib.dates import add_years


class MotifRules(Protocol):
    """What the rules read of an edition of a motif."""

    code: str
    in_force_from: date | None
    in_force_until: date | None
    opening: str
    due_only: bool
    contract_types: list[str]
    extra_fields: list[str]
    legal_basis: str
    end_rule: str
    yearly: str


class ActeRules(Protocol):
    """What the rules read of an employer's acte."""

    kind: str
    in_force_from: date
    in_force_until: date | None
    opened_motifs: list[str]
    recommended_pieces: list[str]
    yearly_policies: list[str]
    first_set_up_on: date
    set_up_kind: str
    employee_share_from: date | None


@dataclass
class StatedActe:
    """A version of an acte without a row: as an employee knows it, or as a worked case tells it."""

    kind: str
    in_force_from: date
    in_force_until: date | None = None
    opened_motifs: list[str] = field(default_factory=list)
    recommended_pieces: list[str] = field(default_factory=list)
    yearly_policies: list[str] = field(default_factory=list)
    _: KW_ONLY
    first_set_up_on: date
    set_up_kind: str
    employee_share_from: date | None = None


class PieceRules(Protocol):
    """What the rules read of a document that a motif asks for."""

    code: str
    by_law: bool


A = TypeVar("A", bound=ActeRules)


def in_force(start: date | None, end: date | None, day: date) -> bool:
    """Whether `day` lies between two inclusive dates, either of which may be open."""
    return (start is None or start <= day) and (end is None or day <= end)


def acte_in_force(actes: Iterable[A], day: date) -> A | None:
    """The employer's acte of that day, the latest if two overlap."""
    current = [acte for acte in actes if in_force(acte.in_force_from, acte.in_force_until, day)]
    return max(current, key=lambda acte: acte.in_force_from, default=None)


def acte_for(actes: Sequence[A], *, day: date, hired_on: date | None) -> A | None:
    """The acte that binds a request signed on `day`: of that day or of a later hire, else the next that will be.

    Before the hire, the acte of the hire counts, for it is the one under which the employee would have to join.
    """
    day = max(day, hired_on or day)
    if current := acte_in_force(actes, day):
        return current
    return min((a for a in actes if a.in_force_from > day), key=lambda acte: acte.in_force_from, default=None)


def is_recommended(piece: PieceRules, *, motif: str, lowered: Collection[str]) -> bool:
    """Whether the acte (`lowered`: its « motif:document ») only recommends that document of the motif of that code.

    Since 1 September 2022 the administration accepts the honour declaration alone (BOSS, protection sociale
    complémentaire), except where the law itself demands a proof: an acte has no say there.
    """
    return not piece.by_law and f"{motif}:{piece.code}" in lowered


def end_date(motif: MotifRules, answers: dict[str, object]) -> date | None:
    """Date on which the dispense ends by itself, from the cleaned answers; None when it is not known in advance."""
    value = answers.get(END_QUESTIONS.get(motif.end_rule, ""))
    return value if isinstance(value, date) else None


def retention_date(
    *, received_on: date, last_day: date | None = None, in_force: bool = False, held: bool = False
) -> date | None:
    """Last day until which the evidence of a request is kept; None when no date can be given yet.

    `received_on`: day of the last sending; `last_day`: last day of the dispense, None for a request never granted.
    A dispense `in_force` without a known end, or evidence `held` for a procedure, is kept without a date.
    """
    if held or (in_force and last_day is None):
        return None
    kept = add_years(received_on, KEPT_FROM_RECEIPT)
    if last_day is None:
        return kept
    return max(kept, date(last_day.year + KEPT_FROM_END, 12, 31))


Span = tuple[date, date]  # two inclusive days


def unproved(span: Span, proofs: Iterable[date]) -> list[Span]:
    """Parts of `span` that no yearly proof covers: each holds from its day to the eve of the same day a year later."""
    first, last = span
    gaps: list[Span] = []
    for proof in sorted(proofs):
        if first > last or proof > last:
            break
        if proof > first:
            gaps.append((first, proof - timedelta(days=1)))
        first = max(first, add_years(proof, YEARLY))
    return [*gaps, (first, last)] if first <= last else gaps


def civil_months(span: Span) -> set[tuple[int, int]]:
    """(year, month) of every civil month that `span` touches."""
    first, last = span
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return {_year_month(first.year * 12 + first.month - 1 + offset) for offset in range(max(0, count))}


def _year_month(months: int) -> tuple[int, int]:
    """(year, month) of a number of months since year 0."""
    return months // 12, months % 12 + 1

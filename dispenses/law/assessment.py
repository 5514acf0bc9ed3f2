"""What the law and the acte open to one employee on one day, motif by motif, with the reason of each.

Pure: rows already read come in, words and dates go out. The page that offers the motifs, the verification before the
sending, the desk's checks, the API and the packs ask `assess`, so that they cannot disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from dispenses.enums import EndRule, Yearly, YearlyPolicy
from dispenses.law.cases import MotifEntry
from dispenses.law.catalogue import BY_CODE
from dispenses.law.reasons import ACTE_RULES, RULES, Asked
from dispenses.law.rules import ActeRules, MotifRules, PieceRules, end_date, is_recommended
from dispenses.law.situation import Moment, Person, Proof, Reason, Situation, Standing
from dispenses.law.yearly import asked_by, policy_of
from portal.lib.dates import add_years


class AskedPiece(PieceRules, Protocol):
    """What the assessment reads of a document that an edition asks for."""

    label: str


@dataclass(frozen=True)
class Assessment:
    """One motif for one employee on one day. The dates are those of a dispense granted as asked."""

    motif: MotifRules
    entry: MotifEntry | None
    reasons: tuple[Reason, ...]
    proofs: tuple[Proof, ...]
    moment: Moment | None
    effective_on: date
    ends_on: date | None
    affiliation_due_on: date | None
    confirm_by: date | None
    yearly: Yearly
    yearly_policy: YearlyPolicy

    @property
    def standing(self) -> Standing:
        return max((reason.standing for reason in self.reasons), default=Standing.OPEN)

    @property
    def against(self) -> tuple[Reason, ...]:
        """What closes it, the worst first."""
        found = [reason for reason in self.reasons if reason.standing in {Standing.CLOSED, Standing.NOT_YOURS}]
        return tuple(sorted(found, key=lambda reason: -reason.standing))

    @property
    def conditions(self) -> tuple[Reason, ...]:
        """What it depends on and was not asked yet."""
        return tuple(reason for reason in self.reasons if reason.standing is Standing.DEPENDS)

    @property
    def warnings(self) -> tuple[Reason, ...]:
        """What employee and desk have to look at, though the request may be sent."""
        return tuple(reason for reason in self.reasons if reason.warns or reason.leaves_room)

    @property
    def may_be_sent(self) -> bool:
        """Whether a request may be sent: nothing closes it, or only what the law leaves to appreciation."""
        return all(reason.leaves_room for reason in self.against)

    @property
    def to_confirm(self) -> str:
        """What the texts leave open about this motif, "" when nothing: told to the desk, decided by no one."""
        return self.entry.to_confirm if self.entry else ""


def assess(motif: MotifRules, situation: Situation, pieces: Iterable[AskedPiece] = ()) -> Assessment:
    """How `motif`, with the documents that it asks for, stands for that employee on that day."""
    asked = Asked(motif, BY_CODE.get(motif.code), situation, _proofs(motif, situation, pieces))
    ends_on = end_date(motif, dict(situation.answers or {}))
    yearly = asked_by(motif, situation.acte)
    return Assessment(
        motif=motif,
        entry=asked.entry,
        reasons=tuple(reason for rule in RULES for reason in rule(asked)),
        proofs=asked.proofs,
        moment=asked.moment,
        effective_on=asked.effective_on,
        ends_on=ends_on,
        affiliation_due_on=affiliation_due(motif, ends_on),
        confirm_by=first_confirmation(yearly, situation.day, ends_on),
        yearly=yearly,
        yearly_policy=policy_of(motif, situation.acte),
    )


def is_opened_by_acte(motif: MotifRules, *, hired_on: date, acte: ActeRules | None) -> bool:
    """Whether `motif` needs nothing of the acte of its day, or finds in it what it needs."""
    return acte_against(motif, hired_on=hired_on, acte=acte) is None


def acte_against(motif: MotifRules, *, hired_on: date, acte: ActeRules | None) -> Reason | None:
    """What that version of the acte has against `motif`; None when it opens it, or has no say."""
    situation = Situation(Person("", hired_on), [acte] if acte else [], acte.in_force_from if acte else hired_on)
    asked = Asked(motif, BY_CODE.get(motif.code), situation)
    found = (reason for rule in ACTE_RULES for reason in rule(asked) if reason.standing is not Standing.OPEN)
    return next(found, None)


def affiliation_due(motif: MotifRules, ends_on: date | None) -> date | None:
    """The day after the end; None without one, or when the contract ends with it."""
    if ends_on is None or motif.end_rule == EndRule.CONTRACT_END:
        return None
    return ends_on + timedelta(days=1)


def first_confirmation(yearly: Yearly, signed_on: date, ends_on: date | None) -> date | None:
    """The first yearly confirmation; None when the motif asks for none, or when the dispense ends before."""
    due = add_years(signed_on, 1)
    return due if yearly is not Yearly.NONE and (ends_on is None or due <= ends_on) else None


def _proofs(motif: MotifRules, situation: Situation, pieces: Iterable[AskedPiece]) -> tuple[Proof, ...]:
    lowered = situation.acte.recommended_pieces if situation.acte else []
    return tuple(
        Proof(piece.code, piece.label, piece.by_law, is_recommended(piece, motif=motif.code, lowered=lowered))
        for piece in pieces
    )

"""What the second step shows of the motifs: those that may be chosen, by family, and those closed, with the reasons.

Values alone: no row of the database, so that the page's fragments keep them (portal.fragments).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dispenses.enums import MotifFamily
from dispenses.law.assessment import Assessment
from dispenses.law.catalogue import BY_CODE
from dispenses.law.rules import is_recommended
from dispenses.law.situation import Standing
from dispenses.models import Motif
from portal.lib.typography import NBSP

CLOSED = "ferme-"  # before the code of a closed motif, in the choice of a family
SECTIONS: tuple[tuple[str, tuple[MotifFamily, ...]], ...] = (
    ("Je suis déjà couvert ou couverte", (MotifFamily.COUVERT, MotifFamily.INDIVIDUELLE, MotifFamily.SOLIDAIRE)),
    (
        "Mon contrat de travail le permet",
        (MotifFamily.CDD, MotifFamily.TEMPS_PARTIEL, MotifFamily.CONTRAT_COURT),
    ),
    ("J’étais déjà dans l’entreprise", (MotifFamily.PRESENT,)),
)
FAMILY_HINTS = {
    MotifFamily.COUVERT: "Conjoint, parent, autre de mes employeurs, régime local, agents publics…",
    MotifFamily.CDD: "Selon la durée de votre contrat",
}
FAMILY_LEADS = {
    MotifFamily.COUVERT: (
        "Vous bénéficiez par ailleurs, y compris en tant qu’ayant droit, d’une des couvertures suivantes, au titre "
        f"d’un autre emploi que celui-ci (le vôtre, ou celui d’un proche){NBSP}:"
    ),
}
"""What is said above the cases of a family."""


@dataclass(frozen=True)
class MotifChoice:
    """A motif as offered: what it depends on, and the documents to join, by who asks for them."""

    code: str
    label: str
    help_text: str
    conditions: tuple[str, ...]
    pieces: tuple[str, ...]
    by_law: tuple[str, ...]
    recommended: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """A family of motifs: one choice that opens others, or the motif itself when it is alone.

    `conditions`: what every one of its cases depends on, said once.
    """

    value: str
    label: str
    hint: str
    lead: str
    conditions: tuple[str, ...]
    checked: bool
    motifs: tuple[MotifChoice, ...]

    @property
    def nested(self) -> bool:
        """Whether there is a second choice to make."""
        return len(self.motifs) > 1


@dataclass(frozen=True)
class Section:
    """Families under one title."""

    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Against:
    """One thing that closes a motif, its article, and what would open it."""

    words: str
    article: str
    reopens: str


@dataclass(frozen=True)
class ClosedMotif:
    """A motif that is not open. `choice`: its value when it may be sent all the same, "" otherwise.

    `instead`: (family, label) of the motif open today that rests on the same facts.
    """

    code: str
    label: str
    choice: str
    not_yours: bool
    against: tuple[Against, ...]
    instead: tuple[str, str] | None


Found = tuple[Motif, Assessment]


def split(found: Iterable[Found]) -> tuple[list[Found], list[Found]]:
    """The motifs that may be chosen, and the closed ones, each code once: its edition of today before a later one."""
    best: dict[str, Found] = {}
    for motif, one in found:
        if motif.code not in best or one.standing < best[motif.code][1].standing:
            best[motif.code] = (motif, one)
    offered = [pair for pair in best.values() if pair[1].standing <= Standing.DEPENDS]
    closed = [pair for pair in best.values() if pair[1].standing > Standing.DEPENDS]
    return offered, sorted(closed, key=lambda pair: pair[1].standing)


def full_label(motif: Motif) -> str:
    """The motif alone, after what it is about where its label does not say it."""
    family = MotifFamily(motif.family)
    return f"{family.label}{NBSP}: {motif.label}" if family is MotifFamily.CDD else motif.label


def motif_choice(motif: Motif, conditions: tuple[str, ...], lowered: Collection[str]) -> MotifChoice:
    """A motif as offered; `lowered`: the « motif:document » that the employer's acte only recommends."""
    pieces = list(motif.required_justificatifs.all())
    recommended = [piece for piece in pieces if is_recommended(piece, motif=motif.code, lowered=lowered)]
    return MotifChoice(
        code=motif.code,
        label=motif.label,
        help_text=motif.help_text,
        conditions=conditions,
        pieces=tuple(piece.label for piece in pieces if not piece.by_law and piece not in recommended),
        by_law=tuple(piece.label for piece in pieces if piece.by_law),
        recommended=tuple(piece.label for piece in recommended),
    )


def closed_motif(motif: Motif, found: Assessment, offered: Iterable[Motif]) -> ClosedMotif:
    """A motif that is not open, and the one among `offered` that rests on the same facts, if any.

    Only its worst reasons are said: what another moment would change is nothing to who is not concerned.
    """
    instead = next((other for other in offered if _stands_for(other, motif)), None)
    return ClosedMotif(
        code=motif.code,
        label=full_label(motif),
        choice=CLOSED + motif.code if found.may_be_sent else "",
        not_yours=found.standing is Standing.NOT_YOURS,
        against=tuple(
            Against(reason.words, reason.article, reason.reopens)
            for reason in found.against
            if reason.standing is found.standing
        ),
        instead=(instead.family, instead.label) if instead else None,
    )


def _stands_for(other: Motif, motif: Motif) -> bool:
    """Whether `other` is what the acte opens where `motif` is closed."""
    entry = BY_CODE.get(other.code)
    return entry is not None and motif.code in entry.unless

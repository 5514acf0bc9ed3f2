"""What the second step shows of the motifs: those that may be chosen, by family, and those closed, with the reasons.

Values alone: no row of the database, so that the page's fragments keep them (portal.fragments).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from accounts.models import Employee
from dispenses.enums import MotifFamily
from dispenses.law.assessment import Assessment
from dispenses.law.cases import full_label
from dispenses.law.catalogue import BY_CODE
from dispenses.law.editions import KEPT_SECONDS
from dispenses.law.situation import Proof, Standing
from dispenses.models import Motif
from dispenses.request.eligibility import KEPT_PEOPLE, Found
from portal.lib.kept import Reading, kept
from portal.lib.typography import NBSP, long_day

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


def contract_in_words(employee: Employee) -> tuple[str, ...]:
    """What the employer declared of the contract, on which the motifs that are open depend."""
    kind = employee.get_contract_type_display() or "type de contrat non précisé"
    until = f", jusqu’au {long_day(employee.contract_ends_on)}" if employee.contract_ends_on else ""
    return (
        f"embauche le {long_day(employee.hired_on)}{NBSP};",
        f"{kind}{until}{NBSP};",
        "temps partiel." if employee.part_time else "temps complet, ou non précisé.",
    )


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


class Open(NamedTuple):
    """A motif that may be chosen: what it depends on, in words, and the documents that it asks for."""

    motif: Motif
    conditions: tuple[str, ...]
    proofs: tuple[Proof, ...]


class Offer:
    """All that the second step offers: the motifs that may be chosen, those that are closed, what is shown of both.

    `families`: the first ones by family, in the order of the guide; `sendable`: by its choice, a closed motif that may
    be sent all the same. To read only: several requests share it.
    """

    def __init__(self, motifs: Iterable[Open], closed: Iterable[Found] = ()) -> None:
        found, against = list(motifs), list(closed)
        by_family = groupby(sorted(found, key=lambda one: one.motif.family), key=lambda one: one.motif.family)
        cases = {family: sorted(group, key=lambda one: one.motif.position) for family, group in by_family}
        self.families = {family: [one.motif for one in group] for family, group in cases.items()}
        self.motifs = {one.motif.code: one.motif for one in found}
        self.sendable = {CLOSED + motif.code: motif for motif, one in against if one.may_be_sent}
        self.sections = tuple(_sections(cases))
        self.closed = tuple(closed_motif(motif, one, self.motifs.values()) for motif, one in against)


@kept(seconds=KEPT_SECONDS, most=KEPT_PEOPLE)
def offer_of(found: Reading[Found]) -> Offer:
    """What is offered to whom the motifs stand so."""
    offered, closed = split(found)
    return Offer((Open(motif, tuple(r.words for r in one.conditions), one.proofs) for motif, one in offered), closed)


def _sections(cases: dict[str, list[Open]]) -> Iterable[Section]:
    for title, families in SECTIONS:
        if cards := tuple(_card(family, cases[family]) for family in families if family in cases):
            yield Section(title, cards)


def _card(family: MotifFamily, cases: list[Open]) -> Card:
    nested = len(cases) > 1
    shared = tuple(words for words in cases[0].conditions if nested and all(words in one.conditions for one in cases))
    return Card(
        value=family.value,
        label=family.label if nested else full_label(cases[0].motif),
        hint=FAMILY_HINTS.get(family, "") if nested else "",
        lead=FAMILY_LEADS.get(family, ""),
        conditions=shared,
        motifs=tuple(_motif_choice(one, shared) for one in cases),
    )


def _motif_choice(one: Open, shared: tuple[str, ...]) -> MotifChoice:
    """A motif as offered; `shared`: what is said once of its whole family."""
    return MotifChoice(
        code=one.motif.code,
        label=one.motif.label,
        help_text=one.motif.help_text,
        conditions=tuple(words for words in one.conditions if words not in shared),
        pieces=tuple(proof.label for proof in one.proofs if not proof.by_law and not proof.recommended),
        by_law=tuple(proof.label for proof in one.proofs if proof.by_law),
        recommended=tuple(proof.label for proof in one.proofs if proof.recommended),
    )


def split(found: Iterable[Found]) -> tuple[list[Found], list[Found]]:
    """The motifs that may be chosen, and the closed ones, each code once: its edition of today before a later one."""
    best: dict[str, Found] = {}
    for motif, one in found:
        if motif.code not in best or one.standing < best[motif.code][1].standing:
            best[motif.code] = (motif, one)
    offered = [pair for pair in best.values() if pair[1].standing <= Standing.DEPENDS]
    closed = [pair for pair in best.values() if pair[1].standing > Standing.DEPENDS]
    return offered, sorted(closed, key=lambda pair: pair[1].standing)


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
        instead=(instead.family, full_label(instead)) if instead else None,
    )


def _stands_for(other: Motif, motif: Motif) -> bool:
    """Whether `other` is what the acte opens where `motif` is closed."""
    entry = BY_CODE.get(other.code)
    return entry is not None and motif.code in entry.unless

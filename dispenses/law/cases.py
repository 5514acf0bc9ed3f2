"""What is told of a motif: its first edition, and what the law attaches to its code whatever the edition."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from dispenses.enums import EndRule, MotifFamily, Opening, Yearly
from dispenses.law.codes import MotifCode
from dispenses.law.numbers import lasts
from dispenses.law.questions import Cover
from dispenses.models import in_full


class Labelled(Protocol):
    """An edition of a motif, or its entry."""

    @property
    def family(self) -> str: ...

    @property
    def label(self) -> str: ...


def full_label(motif: Labelled) -> str:
    """The motif alone, after what it is about where its label does not say it."""
    return in_full(motif.family, motif.label)


class Moment(StrEnum):
    """When a motif may be asked (Code de la sécurité sociale, art. D911-5)."""

    HIRE_OR_SETUP = "hire_or_setup"  # at the hire, or when the cover is set up
    SETUP = "setup"  # when the cover is set up, alone
    OTHER_COVER = "other_cover"  # also when the other cover takes effect
    ANY_TIME = "any_time"  # D911-5 does not speak of it


@dataclass(frozen=True)
class Length:
    """How many months the contract lasts: at least so many, or fewer.

    `instead`: the motif of the contracts of another length, `lasts_otherwise`: what is said of them.
    """

    months: int
    at_least: bool
    words: str
    lasts_otherwise: str = ""
    instead: MotifCode | None = None

    def fits(self, start: date, end: date) -> bool:
        """Whether a contract from `start` to `end`, both included, is of that length."""
        return lasts(start, end, self.months) == self.at_least


@dataclass(frozen=True)
class FarEnd:
    """An end further than so many months after the request: what there is to look at, under which rule."""

    months: int
    words: str  # after the date
    rule: str = ""  # the motif's own basis when empty


@dataclass(frozen=True)
class Refusal:
    """An answer with which a motif is not the right one: why, by which article, and which motif fits better, if any."""

    question: str
    value: str
    words: str
    article: str
    instead: MotifCode | None = None


@dataclass(frozen=True)
class Piece:
    code: str
    label: str
    help_text: str = ""
    by_law: bool = False


@dataclass(frozen=True)
class MotifEntry:
    """A motif: its first edition, as loaded, and what the law attaches to its code whatever the edition.

    `individual`: it rests on an insurance of one's own that existed at the hire or the set-up, and speaks until its
    first term. `covers`: what may cover the employee, () when nothing has to. `before_set_up`: for who was hired
    before the first set-up by a DUE, whoever pays. `unless`: motifs that make it useless where one of them is open.
    `to_confirm`: what the texts leave open, told to the desk.
    """

    code: MotifCode
    family: MotifFamily
    label: str
    declaration: str
    legal_basis: str
    opening: Opening
    end_rule: EndRule
    moment: Moment
    length: Length | None = None
    part_time: bool = False  # for part-timers and apprentices alone
    far_end: FarEnd | None = None
    acte_label: str = ""  # of a motif that the acte opens: how its form calls it
    pieces: tuple[Piece, ...] = ()
    help_text: str = ""
    extra_fields: tuple[str, ...] = ()
    contract_types: tuple[str, ...] = ()
    yearly: Yearly = Yearly.NONE
    individual: bool = False
    covers: tuple[Cover, ...] = ()
    before_set_up: bool = False
    refusals: tuple[Refusal, ...] = ()
    unless: tuple[MotifCode, ...] = ()
    to_confirm: str = ""
    health_payment: bool = False  # the employer pays a sum instead of the cover (L911-7-1, IV)
    due_only: bool = False
    in_force_from: date | None = None
    in_force_until: date | None = None

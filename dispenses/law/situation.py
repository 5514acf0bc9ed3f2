"""One employee under an employer's acte on one day, and how a motif stands: what the rules of the law read and say.

Days are dates of Europe/Paris, both ends of a period included.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from functools import cached_property

from accounts.enums import ContractType
from dispenses.law.rules import ActeRules, acte_for


class Standing(IntEnum):
    """How a motif stands for an employee, the best first: of several reasons, the worst speaks."""

    OPEN = 0  # may be asked on that day
    DEPENDS = 1  # open if what was not asked yet is as the reason says
    CLOSED = 2  # for this employee, but not on that day or not so
    NOT_YOURS = 3  # not for this employee as things stand


class Ground(StrEnum):
    """What a reason is about, for who must not read a French sentence to know it."""

    LAW = "law"
    ACTE = "acte"
    PRESENT = "present"
    CONTRACT = "contract"
    PART_TIME = "part_time"
    COVER = "cover"
    MOMENT = "moment"
    LENGTH = "length"
    SHARE = "share"
    END = "end"
    PROOF = "proof"


class Event(StrEnum):
    """What a request may hang on (Code de la sécurité sociale, art. D911-5)."""

    HIRE = "hire"
    SET_UP = "set_up"
    COVER = "cover"


@dataclass(frozen=True)
class Person:
    """The employee as the employer declared them, with the hire that the request states."""

    contract_type: str
    hired_on: date
    contract_ends_on: date | None = None
    part_time: bool = False

    @property
    def is_apprentice(self) -> bool:
        return self.contract_type == ContractType.APPRENTI


@dataclass(frozen=True)
class Situation:
    """One employee, under the versions of an employer's acte, on the day of signing.

    `answers`: clean values by key of question, None while they were not asked; of `partial` ones, a key that is absent
    was not asked. `provided`: codes of the documents joined, None while they were not asked. `granted_until`: by code
    of motif, the last day of a dispense granted to this person since their hire. `acte_unread`: what the acte opens is
    not known, though its kind and its first day may be.
    """

    person: Person
    actes: Sequence[ActeRules]
    day: date
    answers: Mapping[str, object] | None = None
    provided: Collection[str] | None = None
    granted_until: Mapping[str, date] | None = None
    partial: bool = False
    acte_unread: bool = False

    @cached_property
    def acte(self) -> ActeRules | None:
        """The acte of that day, of a later hire or, before the first set-up, the one that will be."""
        return acte_for(self.actes, day=self.day, hired_on=self.person.hired_on)

    def answered(self, key: str) -> object:
        """The clean answer to a question, None when there is none."""
        return (self.answers or {}).get(key)

    def unasked(self, key: str) -> bool:
        """Whether a question was not asked yet, nor its answer guessed."""
        return self.answers is None or (self.partial and key not in self.answers)

    def answered_day(self, key: str) -> date | None:
        """The clean answer to a question when it is a date."""
        value = self.answered(key)
        return value if isinstance(value, date) else None


@dataclass(frozen=True)
class Reason:
    """One thing that was judged: what it is, how it stands, the words and the article.

    `warns`: it does not close the motif, but employee and desk have to look. `question`: key of the answer at fault.
    `instead`: code of the motif that fits better. `reopens`: what would open the motif again, in words.
    """

    ground: Ground
    standing: Standing
    title: str
    words: str
    article: str
    warns: bool = False
    question: str = ""
    instead: str = ""
    reopens: str = ""
    leaves_room: bool = False  # closed, but the law gives no number: it may be sent, with a warning


@dataclass(frozen=True)
class Moment:
    """The event that a request hangs on, and its day."""

    event: Event
    day: date


@dataclass(frozen=True)
class Proof:
    """A document asked for: by the law itself, or by the insurer's prudence (`recommended` when the acte lowers it)."""

    code: str
    label: str
    by_law: bool
    recommended: bool

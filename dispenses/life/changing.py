"""« Ma situation change » and « Je souhaite adhérer »: the employee says the last day of the dispense.

The affiliation is due on the day after, so that no day is without a cover, and both sides are told. The day may be
moved until it is past; what was announced is not taken back: a slip is for the management centre.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from dispenses.enums import EndCause, EndRule
from dispenses.exceptions import Code, TransitionRefused
from dispenses.law.numbers import FARTHEST_END
from dispenses.life import beginning
from dispenses.life.beginning import NeverBegun, first_last_day, has_begun, is_never_begun, never_begin
from dispenses.life.confirmations import next_confirmation
from dispenses.life.confirming import is_over, last_covered
from dispenses.life.leaving_emails import end_announced
from dispenses.models import Dispense
from dispenses.request import endings
from dispenses.request.ending import end
from dispenses.request.endings import ANNOUNCED
from dispenses.request.sending import send_files
from dispenses.request.transitions import apply, check, lock, refuse_over
from dispenses.workflow import Role
from portal.lib.dates import ONE_DAY, add_years
from portal.lib.typography import long_day


class Change(StrEnum):
    """What changes for the employee."""

    COVER_ENDS = "fin_couverture"
    OTHER_COVER = "autre_couverture"
    CONTRACT = "contrat"
    OTHER = "autre"


CHANGES = {
    Change.COVER_ENDS: "Ma couverture actuelle s’arrête",
    Change.OTHER_COVER: "J’ai, ou j’aurai, une autre couverture",
    Change.CONTRACT: "Mon contrat ou mon temps de travail change",
    Change.OTHER: "Autre chose change",
}
GIVEN_UP = "Je souhaite adhérer au contrat de mon entreprise"


@dataclass(frozen=True)
class Announced:
    """What would follow from a last day: `affiliation_due_on` is None when the contract of employment ends with it."""

    last_day: date
    affiliation_due_on: date | None
    at_once: bool  # the day is past: the dispense ends as soon as it is said
    never: NeverBegun | None = None  # the dispense has not begun, and will not


def bounds(dispense: Dispense, today: date) -> tuple[date, date]:
    """The first and the last of the days that may be given as the last of the dispense, both included."""
    first = first_last_day(dispense, today)
    return first, own_end(dispense) or max(first, add_years(today, FARTHEST_END))


def own_end(dispense: Dispense) -> date | None:
    """The last day that the dispense has without what its employee said; None when it is not known."""
    return endings.earliest(endings.of(dispense), but=ANNOUNCED)[0]


def check_open(dispense: Dispense, today: date) -> None:
    """Raises TransitionRefused, with the words, when there is no dispense left to end."""
    refuse_over(dispense.employee.employer)
    if is_over(dispense, today):
        last_day = last_covered(dispense, today) or today
        never = is_never_begun(dispense, last_day)
        said = "ne commence pas\xa0: c’est déjà enregistré" if never else f"a déjà pris fin le {long_day(last_day)}"
        raise TransitionRefused(f"Votre dispense {said}.", code=Code.OVER)


def what_follows(dispense: Dispense, last_day: date, today: date, cause: EndCause) -> Announced:
    """What the page says before anything is sent: on the eve of its first day, that it never begins.

    Raises TransitionRefused with its field for a day before the first of the dispense, or after its own last one.
    """
    first, last = bounds(dispense, today)
    if last_day < first:
        begins_on = dispense.effective_on if has_begun(dispense, today) else None
        raise TransitionRefused(
            f"Votre dispense commence le {long_day(begins_on)}\xa0: indiquez ce jour ou un jour suivant."
            if begins_on
            else f"Votre dispense commence le {long_day(first + ONE_DAY)}\xa0: indiquez le {long_day(first)} pour "
            "qu’elle ne commence pas, ou un jour suivant.",
            code=Code.END_BEFORE_START,
            field="last_day",
        )
    if last_day > last:
        known = own_end(dispense) is not None
        raise TransitionRefused(
            f"Votre dispense finit d’elle-même le {long_day(last)}\xa0: indiquez ce jour ou un jour plus tôt."
            if known
            else f"Indiquez un jour d’ici au {long_day(last)}\xa0: vous pourrez le changer plus tard.",
            code=Code.END_AFTER_ITS_OWN if known else Code.END_TOO_FAR,
            field="last_day",
        )
    if is_never_begun(dispense, last_day):
        never = beginning.what_follows(dispense, cause)
        return Announced(last_day, never.affiliation_due_on, at_once=True, never=never)
    return Announced(last_day, affiliation_due(dispense, last_day), last_day < today)


def affiliation_due(dispense: Dispense, last_day: date) -> date | None:
    """The day after the last; None when the contract of employment ends with it, or when another dispense follows."""
    known = endings.of(dispense)
    if last_day in {known.get(EndCause.DEPARTURE), known.get(EndCause.REPLACED)}:
        return None
    with_contract = dispense.motif is not None and dispense.motif.end_rule == EndRule.CONTRACT_END
    if with_contract and last_day == own_end(dispense):
        return None
    return last_day + ONE_DAY


@transaction.atomic
def announce(*, dispense: Dispense, user: User, last_day: date, cause: EndCause, reason: str) -> Dispense:
    """Write down the last day of a dispense, given by its employee for `reason`; a past one ends it at once.

    The same day for the same cause is written once. Raises TransitionRefused (ended meanwhile, day out of bounds).
    """
    locked, now = lock(dispense), timezone.now()
    today = timezone.localdate(now)
    check(locked, "announce_end", Role.EMPLOYEE, reason)
    check_open(locked, today)
    follows = what_follows(locked, last_day, today, cause)
    if endings.of(locked).get(cause) == last_day:
        return locked  # a second click
    apply(
        locked,
        "announce_end",
        role=Role.EMPLOYEE,
        user=user,
        at=now,
        comment=f"Dernier jour de la dispense\xa0: {long_day(last_day)}. {reason.strip()}",
        files=send_files(locked, now),
        ends={**dict.fromkeys(ANNOUNCED), cause: last_day},
        confirm_by=_confirm_by(locked, last_day, today),
    )
    if follows.never:
        never_begin(locked, user, cause, now)
        return locked
    if follows.at_once:
        return end(dispense=locked, reason=f"Le salarié l’a annoncé\xa0: dernier jour le {long_day(last_day)}.")
    end_announced(locked, user, follows.affiliation_due_on)
    return locked


def _confirm_by(dispense: Dispense, last_day: date, today: date) -> date | None:
    """The next confirmation, none when the dispense ends before; a day moved back beyond it asks for it again."""
    if dispense.confirm_by is None and endings.of(dispense).keys() & set(ANNOUNCED):
        return next_confirmation(dispense, today, last_day)
    due = dispense.confirm_by
    return due if due and due <= last_day else None

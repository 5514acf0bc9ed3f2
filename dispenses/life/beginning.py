"""A dispense granted for a later day that its employee gives up before: it never begins, ended on the eve.

What it was to replace takes its course again, unless the employee joins the contract of the company: then both are
given up, and the affiliation is due on the day on which it would have begun.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from accounts.models import User
from dispenses.enums import EndCause
from dispenses.life.leaving_emails import never_begins
from dispenses.models import Dispense
from dispenses.queue.speaking import in_force
from dispenses.request import endings, succession
from dispenses.request.transitions import apply, lock
from dispenses.workflow import Role, Status
from portal.lib.dates import ONE_DAY
from portal.lib.typography import long_day


@dataclass(frozen=True)
class NeverBegun:
    """What follows: the day on which it would have begun; what goes on in its place, if anything does."""

    begins_on: date
    goes_on: Dispense | None

    @property
    def affiliation_due_on(self) -> date | None:
        return None if self.goes_on else self.begins_on


def first_last_day(dispense: Dispense, today: date) -> date:
    """The first day that may be its last: its own first one, or the eve while that day has not come."""
    begins_on = dispense.effective_on or timezone.localdate(dispense.submitted_at)
    return begins_on if has_begun(dispense, today) else begins_on - ONE_DAY


def has_begun(dispense: Dispense, today: date) -> bool:
    return dispense.effective_on is None or dispense.effective_on <= today


def is_never_begun(dispense: Dispense, last_day: date | None) -> bool:
    """Whether a dispense that ends on `last_day` has no day at all."""
    return last_day is not None and dispense.effective_on is not None and last_day < dispense.effective_on


def what_follows(dispense: Dispense, cause: EndCause) -> NeverBegun:
    """What follows when its employee gives it up for `cause` before its first day. Raises ValueError without one."""
    if dispense.effective_on is None:
        raise ValueError("Une dispense sans premier jour a commencé.")
    resumes = None if cause is EndCause.GIVEN_UP else _given_back_on(dispense, dispense.effective_on)
    return NeverBegun(dispense.effective_on, resumes)


def goes_on(dispense: Dispense) -> bool:
    """Whether another dispense lets the employee off on the day on which this one would have begun."""
    others = Dispense.objects.filter(employee=dispense.employee_id).exclude(pk=dispense.pk)
    return dispense.effective_on is not None and others.filter(in_force(dispense.effective_on)).exists()


def never_begin(dispense: Dispense, user: User, cause: EndCause, at: datetime) -> None:
    """End the locked dispense, whose end its employee has just announced before its first day; both sides are told."""
    follows = what_follows(dispense, cause)
    eve = follows.begins_on - ONE_DAY
    said = f"La dispense, qui devait commencer le {long_day(follows.begins_on)}, ne commencera pas."
    apply(dispense, "end", role=Role.SYSTEM, user=None, at=at, comment=said)
    for former in succession.give_back(dispense, at, "ne commencera pas."):
        if cause is EndCause.GIVEN_UP:
            _give_up_too(lock(former), dispense, user, eve, at)
    never_begins(dispense, user, follows.begins_on, follows.affiliation_due_on, follows.goes_on)


def _given_back_on(dispense: Dispense, day: date) -> Dispense | None:
    """What the dispense was to replace and that would let its employee off on `day`."""
    for former in dispense.supersedes.filter(status=Status.ACCEPTED.value):
        last_day, _ = endings.earliest(endings.of(former), but=(EndCause.REPLACED,))
        if last_day is None or last_day >= day:
            return former
    return None


def _give_up_too(former: Dispense, latter: Dispense, user: User, eve: date, at: datetime) -> None:
    """What the dispense given up was to replace still ends on its eve: its employee joins the company's contract."""
    if former.ends_on is not None and former.ends_on <= eve:
        return
    apply(
        former,
        "announce_end",
        role=Role.EMPLOYEE,
        user=user,
        at=at,
        comment=f"Dernier jour de la dispense\xa0: {long_day(eve)}. Renonciation à la dispense N°{latter.number}, "
        "qui devait la remplacer.",
        ends={**dict.fromkeys(endings.ANNOUNCED), EndCause.GIVEN_UP: eve},
    )

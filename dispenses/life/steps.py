"""What is told before a dispense ends or is to be confirmed: one step at a time, once for each day that it is about.

The steps of one matter follow each other. On a given day a date has one at most, the latest whose day has come: an
outage of a week or of a year is followed by one mail, and a date that moves begins again (LifeStep has it in its key).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from celery import shared_task
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from dispenses.enums import MotifFamily
from dispenses.life import emails
from dispenses.life.confirmations import ASKED_DAYS, asks_to_confirm, deadline, is_held, policy_on
from dispenses.models import Dispense, LifeStep
from dispenses.request.ending import SILENT
from dispenses.request.insurance import of_insured
from dispenses.request.transitions import due_now, lock
from dispenses.workflow import Status
from portal.lib.dates import ONE_DAY, add_months


@dataclass(frozen=True)
class Step:
    """One step, kept under `name`: so many months and days before the day that it is about."""

    name: str
    days: int = 0
    months: int = 0

    def day(self, target: date) -> date:
        """The day on which it is due."""
        return add_months(target, -self.months) - timedelta(days=self.days)

    def reach(self, today: date) -> date:
        """The latest day that it is about, of those for which it is due on `today` or before."""
        near = add_months(today + timedelta(days=self.days), self.months)
        return max(day for day in (near + timedelta(days=more) for more in range(4)) if self.day(day) <= today)


END_30 = Step("end_30", days=30)
CONFIRM_7 = Step("confirm_7", days=7)
END = (Step("end_60", days=60), END_30, Step("end_7", days=7))
END_OF_C2S = (Step("c2s_4_months", months=4), Step("c2s_2_months", months=2), *END[1:])
"""Its renewal is asked for between four and two months before its end."""
CONFIRMATION = (Step("confirm_60", days=ASKED_DAYS), Step("confirm_30", days=30), CONFIRM_7)


def current(steps: tuple[Step, ...], target: date, today: date, *, after: date | None = None) -> Step | None:
    """The latest step whose day has come on `today`; none past `target`, nor for a day that is not after `after`."""
    reached = [step for step in steps if step.day(target) <= today <= target]
    return reached[-1] if reached and (after is None or reached[-1].day(target) > after) else None


@dataclass(frozen=True)
class Due:
    """A step of the end, or of the confirmation, of a dispense, and the day that it is about."""

    step: Step
    target: date


def end_due(dispense: Dispense, today: date) -> Due | None:
    """The step of its end that is due, if any. The decision said the end itself: no step of its day or before."""
    if not _goes_on(dispense) or dispense.ends_on is None or dispense.end_cause in SILENT:
        return None
    solidarity = dispense.motif is not None and dispense.motif.family == MotifFamily.SOLIDAIRE
    granted_on = timezone.localdate(dispense.decided_at) if dispense.decided_at else None
    step = current(END_OF_C2S if solidarity else END, dispense.ends_on, today, after=granted_on)
    return Due(step, dispense.ends_on) if step else None


def confirmation_due(dispense: Dispense, today: date) -> Due | None:
    """The step of its yearly confirmation that is due, if any: none while a complement is awaited."""
    if not _goes_on(dispense) or not asks_to_confirm(dispense, today) or is_held(dispense):
        return None
    target = deadline(dispense)
    step = current(CONFIRMATION, target, today) if target else None
    return Due(step, target) if step and target else None


def _goes_on(dispense: Dispense) -> bool:
    return dispense.status == Status.ACCEPTED and dispense.superseded_by_id is None


@shared_task(name="dispenses.tasks.tell_steps")
def tell_steps(today: date | None = None) -> int:
    """Tell employees what is due on `today` (Europe/Paris), in one mail for each dispense. Returns how many mails."""
    today = today or timezone.localdate()
    return sum(_tell(dispense, today) for due in untold(today) for dispense in due_now(due))


def untold(today: date) -> Iterator[QuerySet[Dispense]]:
    """Dispenses of which a step may be due and was not told, step by step.

    Apart, so that each is read through its index: together, PostgreSQL reads all that was ever told.
    """
    accepted = Dispense.objects.filter(of_insured(today), status=Status.ACCEPTED.value, superseded_by__isnull=True)
    ending, confirming = accepted.exclude(end_cause__in=SILENT), accepted.filter(unconfirmed_since__isnull=True)
    solidarity = Q(motif__family=MotifFamily.SOLIDAIRE)
    yield from _windows(ending.filter(solidarity), "ends_on", END_OF_C2S, today)
    yield from _windows(ending.filter(~solidarity), "ends_on", END, today)
    yield from _windows(confirming, "confirm_by", CONFIRMATION, today)
    yield confirming.filter(confirm_by__lt=today)  # put off by a complement: the others are settled the day after


def _windows(
    dispenses: QuerySet[Dispense], field: str, steps: tuple[Step, ...], today: date
) -> Iterator[QuerySet[Dispense]]:
    """Of these dispenses, those whose `field` makes each step the one of `today`, untold."""
    ends = [step.reach(today) for step in steps]
    for step, (last, nearer) in zip(steps, pairwise([*ends, today - ONE_DAY]), strict=True):
        told = LifeStep.objects.filter(dispense=OuterRef("pk"), step=step.name, target=OuterRef(field))
        yield dispenses.filter(~Exists(told), **{f"{field}__gt": nearer, f"{field}__lte": last})


@transaction.atomic
def _tell(dispense: Dispense, today: date) -> bool:
    """Whether a mail was written: that of the confirmation, which the employee has to answer, says the end as well."""
    locked = lock(dispense)
    confirmation, end = confirmation_due(locked, today), end_due(locked, today)
    confirmation, end = [due if due and _is_new(locked, due) else None for due in (confirmation, end)]
    if confirmation:
        _ask(locked, confirmation, today, with_end=end is not None)
    elif end:
        emails.ends_soon(locked, end.step.name, renewal=end.step.months > 0)
    return bool(confirmation or end)


def _ask(dispense: Dispense, due: Due, today: date, *, with_end: bool) -> None:
    asker, policy = asks_to_confirm(dispense, today), policy_on(dispense, today)
    if asker:
        emails.confirmation_asked(dispense, due.step.name, due.target, asker=asker, policy=policy, with_end=with_end)


def _is_new(dispense: Dispense, due: Due) -> bool:
    return LifeStep.objects.get_or_create(dispense=dispense, step=due.step.name, target=due.target)[1]

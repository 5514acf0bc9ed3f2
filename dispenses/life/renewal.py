"""The insurer's contract of an employer goes on after it was over: nothing is asked for the time when nobody could act.

A confirmation whose last day came meanwhile may be given for AFTER_COMPLEMENT more; the steps tell of it as of any day.
"""

from datetime import date
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Employer
from accounts.services import employee_events
from dispenses.exceptions import Code, TransitionRefused
from dispenses.life.confirmations import AFTER_COMPLEMENT, deadline
from dispenses.models import Dispense, LifeStep
from dispenses.request.drafts import DRAFT_WARNED
from dispenses.request.transitions import hold, lock, sweep
from dispenses.workflow import Status

BATCH = 500


@transaction.atomic
def resume(employer: Employer, over_on: date | None) -> int:
    """The employer's contract, whose last day was `over_on`, was just written anew, in the same transaction.

    Puts off the confirmations whose last day came since, today's included, and has drafts announced again before they
    go. Returns how many confirmations; 0 for a contract that was not over, or that now ends as early.
    """
    today, until = timezone.localdate(), employer.insured_until
    if over_on is None or over_on >= today or (until is not None and until <= over_on):
        return 0
    LifeStep.objects.filter(step=DRAFT_WARNED, dispense__employee__employer=employer.pk).delete()
    awaited = Dispense.objects.filter(
        employee__employer=employer.pk,
        status=Status.ACCEPTED.value,
        unconfirmed_since__isnull=True,
        confirm_by__lte=today,
    )
    held = sweep(awaited.filter(confirm_by__lte=over_on), partial(_put_off_held, over_on=over_on, today=today))
    return held + _put_off(awaited.filter(confirm_by__gt=over_on), today)


def _put_off(awaited: QuerySet[Dispense], today: date) -> int:
    """All of `awaited`, some rows at a time."""
    moved = last = 0
    while batch := list(awaited.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last = batch[-1]
        held = hold(Dispense.objects.filter(pk__in=batch))
        now, found = timezone.now(), awaited.filter(pk__in=held)
        people = list(found.order_by().values_list("employee", flat=True).distinct())
        moved += found.update(confirm_by=today + AFTER_COMPLEMENT, updated_at=now)
        employee_events.note_change(people, now)
    return moved


def _put_off_held(*, dispense: Dispense, over_on: date, today: date) -> None:
    """One whose day had been put off already, by a complement, until one that came since; TransitionRefused if not."""
    locked = lock(dispense)
    last_day = deadline(locked)
    if last_day is None or not over_on < last_day <= today:
        raise TransitionRefused("La confirmation pouvait être donnée.", code=Code.NOTHING_AWAITED)
    locked.confirm_by = today + AFTER_COMPLEMENT
    locked.save(update_fields=["confirm_by", "updated_at"])
    employee_events.note_change([locked.employee_id], locked.updated_at)

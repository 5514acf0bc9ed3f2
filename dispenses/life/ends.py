"""What time ends: dispenses whose last day is over, and those that the law lets go on only with a yearly proof."""

from datetime import date
from functools import partial

from celery import shared_task
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dispenses.enums import EndCause, Yearly
from dispenses.exceptions import Code, TransitionRefused
from dispenses.life.confirmations import asks_to_confirm, silent_since
from dispenses.models import Dispense
from dispenses.request.ending import end
from dispenses.request.insurance import of_insured
from dispenses.request.transitions import lock, sweep
from dispenses.workflow import Status
from portal.lib.dates import ONE_DAY

OVER = "La date de fin de la dispense est passée."
SILENCE = "La confirmation annuelle que la loi demande n’est pas arrivée."


@shared_task(name="dispenses.tasks.end_dispenses")
def end_dispenses(today: date | None = None) -> int:
    """End the granted dispenses whose last day is before `today` (Europe/Paris). Returns how many were ended.

    Those of an employer whose contract with the insurer is over wait: nothing of theirs changes any more.

    However late it runs, each ends on its own last day, that of the confirmation which the law asked for included.
    """
    today = today or timezone.localdate()
    return sum(sweep(due, partial(_end, today=today)) for due in over(today))


def over(today: date) -> tuple[QuerySet[Dispense], QuerySet[Dispense]]:
    """Dispenses granted that may be over on `today`: on their last day, by silence. Apart: each has its own index."""
    granted = Dispense.objects.filter(of_insured(today), status=Status.ACCEPTED.value)
    silent = granted.filter(
        confirm_by__lt=today,
        unconfirmed_since__isnull=True,
        superseded_by__isnull=True,
        motif__yearly=Yearly.LAW.value,
    )
    return granted.filter(ends_on__lt=today), silent


@transaction.atomic
def _end(dispense: Dispense, today: date) -> None:
    """Raises TransitionRefused for one that is not over (any more)."""
    locked = lock(dispense)
    since = silent_since(locked, today) if asks_to_confirm(locked, today) is Yearly.LAW else None
    if since and (locked.ends_on is None or since <= locked.ends_on):
        end(
            dispense=locked,
            reason=SILENCE,
            ends={EndCause.UNCONFIRMED: since - ONE_DAY},
        )
    elif locked.ends_on and locked.ends_on < today:
        end(dispense=locked, reason=OVER)
    else:
        raise TransitionRefused("La dispense n’est pas finie.", code=Code.CHANGED)

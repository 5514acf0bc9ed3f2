"""What the acte asks each year, on the rows of the dispenses in force: a version may ask for nothing, or ask anew.

A dispense of which nothing is asked has no day of confirmation. Asked anew, it has one again, a year after the last
signature: nobody is reproached with the time when nothing was asked, and ASKED_DAYS at least are left to answer.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from celery import shared_task
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import Acte, Employer, insured
from accounts.services import employee_events
from dispenses.enums import Yearly, YearlyPolicy
from dispenses.exceptions import Code, TransitionRefused
from dispenses.law.yearly import policy_of
from dispenses.life.confirmations import ASKED_DAYS, policy_on, year_after_signature
from dispenses.models import Dispense, Motif
from dispenses.request import endings
from dispenses.request.transitions import lock, sweep
from dispenses.workflow import Status


@shared_task(name="dispenses.tasks.record_policies")
def record_policies(today: date | None = None) -> int:
    """Bring the days of confirmation up to what the versions begun on `today` (Europe/Paris) ask. Returns how many.

    Late, twice or killed, it leaves what the actes say.
    """
    return _record_all(Q(), today or timezone.localdate())


def record_of(employer: Employer) -> int:
    """The same for one employer, whose actes were just written."""
    return _record_all(Q(pk=employer.pk), timezone.localdate())


def _record_all(wanted: Q, today: date) -> int:
    motifs = list(Motif.objects.filter(yearly=Yearly.PRUDENCE.value))
    lightened = Acte.objects.filter(in_force_from__lte=today).exclude(yearly_policies=[])
    versions = Prefetch("actes", Acte.objects.filter(in_force_from__lte=today).order_by("in_force_from"))
    employers = Employer.objects.filter(wanted & insured(today), pk__in=lightened.values("employer"))
    found = employers.only("pk").order_by("pk").prefetch_related(versions)
    return sum(_record(employer.pk, list(employer.actes.all()), motifs, today) for employer in found)


def _record(employer: int, versions: Sequence[Acte], motifs: Sequence[Motif], today: date) -> int:
    changed = 0
    for motif in motifs:
        nothing = [policy_of(motif, version) is YearlyPolicy.NOTHING for version in versions]
        if any(nothing):
            act = _ask_nothing if nothing[-1] else _ask_anew
            changed += sweep(_in_force(employer, motif, today, asked=nothing[-1]), partial(act, today=today))
    return changed


def _in_force(employer: int, motif: Motif, today: date, *, asked: bool) -> QuerySet[Dispense]:
    """Dispenses in force under the motif, with a day of confirmation when they are `asked`, without one otherwise.

    Those of which the proof is to renew stay so: it was asked for, and did not come.
    """
    return Dispense.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today),
        employee__employer=employer,
        motif=motif,
        status=Status.ACCEPTED.value,
        superseded_by__isnull=True,
        unconfirmed_since__isnull=True,
        confirm_by__isnull=not asked,
    )


@transaction.atomic
def _ask_nothing(dispense: Dispense, today: date) -> None:
    locked = lock(dispense)
    if locked.confirm_by is None or policy_on(locked, today) is not YearlyPolicy.NOTHING:
        raise TransitionRefused("Une confirmation est demandée.", code=Code.CHANGED)
    _write(locked, None)


@transaction.atomic
def _ask_anew(dispense: Dispense, today: date) -> None:
    """Raises TransitionRefused for one that ends before, or of which nothing is to be asked (any more)."""
    locked = lock(dispense)
    year_after = year_after_signature(locked)
    if year_after is None or locked.confirm_by or policy_on(locked, today) is YearlyPolicy.NOTHING:
        raise TransitionRefused("Rien n’est à demander.", code=Code.NOTHING_AWAITED)
    due = max(year_after, today + timedelta(days=ASKED_DAYS))
    last_day, _ = endings.earliest(endings.of(locked), but=endings.TAKEN_BACK)
    if last_day and last_day < due:
        raise TransitionRefused("La dispense finit avant.", code=Code.NOTHING_AWAITED)
    _write(locked, due)


def _write(dispense: Dispense, confirm_by: date | None) -> None:
    dispense.confirm_by = confirm_by
    dispense.save(update_fields=["confirm_by", "updated_at"])
    employee_events.note_change([dispense.employee_id], dispense.updated_at)

"""The yearly confirmation of a granted dispense: until when it may be given, and what comes of silence.

Silence ends a dispense where the law itself asks for the proof (Code de la sécurité sociale, art. R242-1-6, 2° f).
Where the insurer asks by prudence, the dispense goes on, its proof to renew, and the correspondent is told to look.
"""

from datetime import date, timedelta
from functools import partial

from celery import shared_task
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Acte
from dispenses.enums import Yearly, YearlyPolicy
from dispenses.exceptions import Code, TransitionRefused
from dispenses.law import rules
from dispenses.law.yearly import asked_by, policy_of
from dispenses.life import emails
from dispenses.models import Complement, Dispense
from dispenses.request.insurance import of_insured
from dispenses.request.transitions import apply, lock, sweep
from dispenses.workflow import Role, Status
from portal.lib.dates import ONE_DAY, add_years

ASKED_DAYS = 60
"""Days before its day on which a confirmation is first asked for."""
AFTER_COMPLEMENT = timedelta(days=30)
"""Left, after the answer to a complement, for a confirmation whose day came meanwhile."""


def awaited(today: date) -> Q:
    """Dispenses « à confirmer »: granted, their confirmation asked for and not given."""
    soon = Q(confirm_by__lte=today + timedelta(days=ASKED_DAYS), unconfirmed_since__isnull=True)
    return Q(status=Status.ACCEPTED.value, superseded_by__isnull=True) & soon


def policy_on(dispense: Dispense, today: date) -> YearlyPolicy:
    """What the acte of `today` has the employee give each year."""
    return policy_of(dispense.motif, acte_on(dispense, today)) if dispense.motif else YearlyPolicy.NOTHING


def due_before_end(dispense: Dispense) -> date | None:
    """The day of the next confirmation; None without one, or when the dispense ends before, as it is known today."""
    due = dispense.confirm_by
    return due if due and (dispense.ends_on is None or due <= dispense.ends_on) else None


def next_confirmation(dispense: Dispense, today: date, last_day: date | None) -> date | None:
    """The day of the next confirmation that follows from what was signed and from the acte of `today`.

    None when nothing is asked before `last_day`, which is None for a dispense without an end.
    """
    due = year_after_signature(dispense)
    asks = dispense.motif is not None and asked_by(dispense.motif, acte_on(dispense, today)) is not Yearly.NONE
    return due if due and asks and (last_day is None or due <= last_day) else None


def year_after_signature(dispense: Dispense) -> date | None:
    """A year after the last signature, or after the day for which it was given when that is later; None unsigned."""
    due = None
    for at in dispense.declarations.order_by("signed_at").values_list("signed_at", flat=True):
        confirms = due and dispense.decided_at and at > dispense.decided_at
        signed = timezone.localdate(at)
        due = add_years(max(due, signed) if due and confirms else signed, 1)
    return due


def asks_to_confirm(dispense: Dispense, today: date) -> Yearly | None:
    """Who asks for the confirmation that is to come; None when nobody does, or when the dispense ends before."""
    if dispense.motif is None or dispense.unconfirmed_since or dispense.superseded_by_id:
        return None
    if due_before_end(dispense) is None:
        return None
    asker = asked_by(dispense.motif, acte_on(dispense, today))
    return None if asker is Yearly.NONE else asker


def is_held(dispense: Dispense) -> bool:
    """Whether the employee has a complement to answer first."""
    return _complements(dispense).filter(answered_at__isnull=True, closed_at__isnull=True).exists()


def deadline(dispense: Dispense) -> date | None:
    """Last day on which the confirmation may be given; None without one, or while a complement puts it off."""
    last_day = dispense.confirm_by
    for complement in _complements(dispense).order_by("asked_at") if last_day else ():
        settled_at = complement.answered_at or complement.closed_at
        if last_day is None or timezone.localdate(complement.asked_at) > last_day:
            break
        if settled_at is None:
            return None
        if (settled_on := timezone.localdate(settled_at)) >= last_day:
            last_day = settled_on + AFTER_COMPLEMENT
    return last_day


def silent_since(dispense: Dispense, today: date) -> date | None:
    """First day without the confirmation that was asked for; None while it may still be given."""
    last_day = deadline(dispense) if asks_to_confirm(dispense, today) else None
    return last_day + ONE_DAY if last_day and last_day < today else None


@shared_task(name="dispenses.tasks.flag_proofs")
def flag_proofs(today: date | None = None) -> int:
    """Flag the dispenses whose confirmation, asked by prudence, was not given before `today` (Europe/Paris).

    Those that are over are left to dispenses.life.ends. Returns how many were flagged.
    """
    today = today or timezone.localdate()
    return sweep(silent(today), partial(_flag, today=today))


def silent(today: date) -> QuerySet[Dispense]:
    """Dispenses whose confirmation, asked by prudence, was due before `today`, as far as the database tells."""
    return Dispense.objects.filter(
        of_insured(today),
        Q(ends_on__isnull=True) | Q(ends_on__gte=today),
        status=Status.ACCEPTED.value,
        superseded_by__isnull=True,
        confirm_by__lt=today,
        unconfirmed_since__isnull=True,
        motif__yearly=Yearly.PRUDENCE.value,
    )


@transaction.atomic
def _flag(dispense: Dispense, today: date) -> None:
    """Raises TransitionRefused for one that is not to be flagged (any more)."""
    locked = lock(dispense)
    since = silent_since(locked, today) if asks_to_confirm(locked, today) is Yearly.PRUDENCE else None
    if since is None or (locked.ends_on and locked.ends_on < today):
        raise TransitionRefused("Rien n’est à signaler.", code=Code.NOTHING_AWAITED)
    apply(
        locked,
        "flag_proof",
        role=Role.SYSTEM,
        user=None,
        at=timezone.now(),
        comment="La confirmation annuelle demandée par l’assureur n’est pas arrivée. La dispense continue.",
        unconfirmed_since=since,
    )
    emails.proof_to_renew(locked, since - ONE_DAY)


def acte_on(dispense: Dispense, today: date) -> Acte | None:
    """The acte that binds the dispense on that day."""
    actes = list(Acte.objects.filter(employer__employees=dispense.employee_id))
    return rules.acte_for(actes, day=today, hired_on=dispense.hired_on)


def _complements(dispense: Dispense) -> QuerySet[Complement]:
    """Those of every request of the employee."""
    return Complement.objects.filter(dispense__employee=dispense.employee_id)

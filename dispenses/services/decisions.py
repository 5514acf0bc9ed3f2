"""What the management centre decides, and what time ends."""

from datetime import date
from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from dispenses import emails, rules
from dispenses.exceptions import TransitionRefused
from dispenses.models import Complement, Dispense
from dispenses.precisions import clean_precisions
from dispenses.reading import (
    raw_answers,
)
from dispenses.services.moves import apply, close_complement, lock, sweep
from dispenses.workflow import Role, Status


@transaction.atomic
def request_complement(*, dispense: Dispense, user: User, message: str) -> Dispense:
    """Ask the employee for what is missing. Raises TransitionRefused without a message or from another status."""
    locked = lock(dispense)
    now = timezone.now()
    apply(locked, "request_complement", role=Role.STAFF, user=user, at=now, comment=message.strip())
    complement = Complement.objects.create(dispense=locked, message=message.strip(), asked_at=now, asked_by=user)
    emails.complement_requested(locked, complement)
    return locked


@transaction.atomic
def accept(*, dispense: Dispense, user: User, comment: str = "") -> Dispense:
    """Grant the dispense, until the date its motif gives. Raises TransitionRefused from another status."""
    locked = lock(dispense)
    now = timezone.now()
    apply(
        locked,
        "accept",
        role=Role.STAFF,
        user=user,
        at=now,
        comment=comment.strip(),
        decided_at=now,
        decided_by=user,
        decision_reason=comment.strip(),
        ends_on=computed_end(locked),
    )
    emails.decided(locked)
    return locked


def computed_end(dispense: Dispense) -> date | None:
    """Date on which the dispense would end by itself, from the motif's rule and the answers."""
    if dispense.motif is None:
        return None
    cleaned, _ = clean_precisions(dispense.motif, raw_answers(dispense))
    return rules.end_date(dispense.motif, cleaned)


@transaction.atomic
def refuse(*, dispense: Dispense, user: User, reason: str, rule: str) -> Dispense:
    """Refuse, with the reason and the rule relied on. Raises TransitionRefused without them or from another status."""
    locked = lock(dispense)
    if not rule.strip():
        raise TransitionRefused("Indiquez la règle sur laquelle le refus se fonde.")
    now = timezone.now()
    apply(
        locked,
        "refuse",
        role=Role.STAFF,
        user=user,
        at=now,
        comment=reason.strip(),
        decided_at=now,
        decided_by=user,
        decision_reason=reason.strip(),
        decision_rule=rule.strip(),
    )
    close_complement(locked, now)
    emails.decided(locked)
    return locked


@transaction.atomic
def end(*, dispense: Dispense, reason: str) -> Dispense:
    """A granted dispense is over. Raises TransitionRefused from another status."""
    locked = lock(dispense)
    apply(locked, "end", role=Role.SYSTEM, user=None, at=timezone.now(), comment=reason)
    emails.ended(locked)
    return locked


def end_dispenses(today: date) -> int:
    """End the granted dispenses whose last day is before `today` (Europe/Paris). Returns how many were ended."""
    due = Dispense.objects.filter(status=Status.ACCEPTED.value, ends_on__lt=today)
    return sweep(due, partial(end, reason="La date de fin de la dispense est passée."))

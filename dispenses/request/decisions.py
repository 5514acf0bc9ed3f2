"""What the management centre decides, and what time ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from celery import shared_task
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from dispenses.enums import Judged
from dispenses.exceptions import TransitionRefused
from dispenses.law import rules
from dispenses.law.answers import clean_precisions
from dispenses.models import Complement, Dispense, PieceVerdict
from dispenses.request import contents, emails
from dispenses.request.contents import raw_answers
from dispenses.request.transitions import apply, close_complement, lock, sweep
from dispenses.workflow import OPEN_STATUSES, Role, Status
from portal.lib.dates import add_years

FARTHEST_YEARS = 10


@dataclass(frozen=True)
class Judgement:
    """What the centre says of one document asked for: its code and label, the verdict, why it is rejected."""

    piece: str
    label: str
    verdict: str
    reason: str = ""


def _judge(
    dispense: Dispense, judgements: Sequence[Judgement], user: User, at: datetime, complement: Complement | None = None
) -> None:
    """Write the verdicts; those of before stay. Raises TransitionRefused for a rejection without its reason."""
    for judgement in judgements:
        if judgement.verdict == Judged.REJECTED and not judgement.reason.strip():
            raise TransitionRefused(f"Indiquez pourquoi ce document est à remplacer\xa0: {judgement.label}")
        PieceVerdict.objects.create(
            dispense=dispense,
            complement=complement,
            piece=judgement.piece,
            label=judgement.label,
            verdict=judgement.verdict,
            reason=judgement.reason.strip(),
            at=at,
            by=user,
        )


@transaction.atomic
def request_complement(
    *, dispense: Dispense, user: User, message: str, judgements: Sequence[Judgement] = ()
) -> Dispense:
    """Ask the employee for what is missing, with the verdict on each document.

    Raises TransitionRefused without a message, for a rejection without a reason, or from another status.
    """
    locked = lock(dispense)
    now = timezone.now()
    apply(locked, "request_complement", role=Role.STAFF, user=user, at=now, comment=message.strip())
    complement = Complement.objects.create(dispense=locked, message=message.strip(), asked_at=now, asked_by=user)
    _judge(locked, judgements, user, now, complement)
    emails.complement_requested(locked, complement)
    return locked


@transaction.atomic
def accept(
    *,
    dispense: Dispense,
    user: User,
    comment: str = "",
    ends_on: date | None = None,
    end_reason: str = "",
) -> Dispense:
    """Grant the dispense, until the date its motif gives or, for a reason, until `ends_on`; its documents are accepted.

    Raises TransitionRefused from another status, or for a date out of bounds or without its reason.
    """
    locked = lock(dispense)
    now = timezone.now()
    rule = computed_end(locked)
    until = ends_on or rule
    said = comment.strip()
    if until != rule:
        refuse_end(locked, until, end_reason)
        said = f"{said}\n{end_reason.strip()}".strip()
    apply(
        locked,
        "accept",
        role=Role.STAFF,
        user=user,
        at=now,
        comment=said,
        decided_at=now,
        decided_by=user,
        decision_reason=said,
        ends_on=until,
    )
    _judge(locked, _accepted(locked), user, now)
    emails.decided(locked)
    return locked


def _accepted(dispense: Dispense) -> list[Judgement]:
    """A validation accepts each document asked for that was sent."""
    sent = [piece for piece in contents.pieces(dispense, sent_only=True) if piece.code and piece.provided]
    return [Judgement(piece=piece.code, label=piece.label, verdict=Judged.ACCEPTED.value) for piece in sent]


def refuse_end(dispense: Dispense, until: date | None, reason: str) -> None:
    """Raises TransitionRefused for an end other than the rule's that is out of bounds or has no reason."""
    today = timezone.localdate()
    if until and dispense.hired_on and until < dispense.hired_on:
        raise TransitionRefused("La date de fin ne peut pas précéder l’embauche.")
    if until and until > add_years(today, FARTHEST_YEARS):
        raise TransitionRefused(f"La date de fin ne peut pas dépasser {FARTHEST_YEARS} ans.")
    if not reason.strip():
        raise TransitionRefused("Cette date n’est pas celle de la règle\xa0: indiquez pourquoi.")


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


def refuse_reopening(dispense: Dispense) -> None:
    """Raises TransitionRefused when the employee has another open request, be it a draft."""
    open_now = [status.value for status in OPEN_STATUSES]
    others = Dispense.objects.filter(employee=dispense.employee_id, status__in=open_now).exclude(pk=dispense.pk)
    if other := others.first():
        raise TransitionRefused(
            f"Le salarié a commencé une autre demande, la N°{other.number}\xa0: la N°{dispense.number} ne peut pas "
            "être rouverte. Rien n’a été modifié."
        )


@transaction.atomic
def reopen(*, dispense: Dispense, user: User, reason: str) -> Dispense:
    """Examine a decided request again; the history keeps what had been decided.

    Raises TransitionRefused without a reason, from another status, or when the employee has another open request.
    """
    locked = lock(dispense)
    refuse_reopening(locked)
    try:
        with transaction.atomic():
            apply(
                locked,
                "reopen",
                role=Role.STAFF,
                user=user,
                at=timezone.now(),
                comment=reason.strip(),
                decided_at=None,
                decided_by=None,
                decision_reason="",
                decision_rule="",
                ends_on=None,
            )
    except IntegrityError as error:  # another request was begun at the same instant
        raise TransitionRefused("Le salarié vient de commencer une autre demande. Rien n’a été modifié.") from error
    emails.reopened(locked)
    return locked


@transaction.atomic
def end(*, dispense: Dispense, reason: str) -> Dispense:
    """A granted dispense is over. Raises TransitionRefused from another status."""
    locked = lock(dispense)
    apply(locked, "end", role=Role.SYSTEM, user=None, at=timezone.now(), comment=reason)
    emails.ended(locked)
    return locked


@shared_task(name="dispenses.tasks.end_dispenses")
def end_dispenses(today: date | None = None) -> int:
    """End the granted dispenses whose last day is before `today` (Europe/Paris). Returns how many were ended."""
    today = today or timezone.localdate()
    due = Dispense.objects.filter(status=Status.ACCEPTED.value, ends_on__lt=today)
    return sweep(due, partial(end, reason="La date de fin de la dispense est passée."))

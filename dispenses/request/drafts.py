"""Preparing a request."""

from datetime import date, datetime, timedelta
from functools import partial

from celery import shared_task
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Employee
from dispenses.documents import storage
from dispenses.enums import Correction
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Complement, Dispense, LifeStep, Motif
from dispenses.request import contents, eligibility, emails
from dispenses.request.insurance import of_insured
from dispenses.request.joining import lock_open
from dispenses.request.transitions import hold, lock, refuse_over, sweep
from dispenses.workflow import Status
from portal.lib.commits import after_commit
from portal.lib.dates import start_of_day
from portal.lib.typography import short_day

DRAFT_LIFETIME = timedelta(days=180)
DRAFT_NOTICE = timedelta(days=7)
ABANDONED_KEPT = timedelta(days=7)
"""Days during which a draft given up comes back."""
DRAFT_WARNED = "draft_warned"
"""Step of a draft whose owner was told that it goes (LifeStep)."""


def refuse_gone(employee: Employee) -> None:
    """Raises TransitionRefused for a request of somebody who works there no more."""
    if employee.left_on and employee.has_left(timezone.localdate()):
        raise TransitionRefused(
            f"Votre contrat de travail avec {employee.employer.name} a pris fin le {short_day(employee.left_on)}\xa0: "
            "vous n’avez plus à adhérer, donc plus de dispense à demander.",
            code=Code.LEFT,
        )


@transaction.atomic
def get_or_create_draft(*, employee: Employee, follows: Dispense | None = None) -> Dispense:
    """The employee's draft, resumed or begun; `follows`: the dispense that it is to go on from, none when None.

    One given up is erased, but taken up again with `follows`: the page of a change never said that it would go.
    Raises TransitionRefused while a sent request is still open, once the employee has left, or once the insurer's
    contract of the employer is over.
    """
    refuse_gone(employee)
    refuse_over(employee.employer)
    hold(Dispense.objects.filter(employee=employee))  # two that begin at once wait for each other
    given_up = given_up_by(employee)
    if given_up and follows:
        take_up_again(dispense=given_up)
    elif given_up:
        discard_draft(dispense=given_up)
    open_statuses = [Status.DRAFT.value, Status.IN_PROGRESS.value, Status.AWAITING_COMPLEMENT.value]
    existing = Dispense.objects.filter(employee=employee, status__in=open_statuses).first()
    if existing is None:
        try:
            with transaction.atomic():
                return Dispense.objects.create(
                    employee=employee,
                    matricule=(follows or employee).matricule,
                    hired_on=(follows or employee).hired_on,
                    follows=follows,
                )
        except IntegrityError:  # another tab began it at the same instant
            existing = Dispense.objects.get(employee=employee, status__in=open_statuses)
    if existing.status != Status.DRAFT:
        raise TransitionRefused(
            f"Votre demande N°{existing.number} est déjà en cours. "
            "Vous pouvez la suivre dans «\xa0Suivi de mes demandes\xa0».",
            code=Code.IN_HAND,
        )
    if follows and existing.follows_id != follows.pk:
        existing.follows = follows
        existing.save(update_fields=["follows", "updated_at"])
    return existing


def _lock_draft(dispense: Dispense) -> Dispense:
    locked = lock(dispense)
    if locked.status != Status.DRAFT:
        raise TransitionRefused(
            f"La demande N°{locked.number} est déjà envoyée\xa0: elle ne se modifie plus.", code=Code.ALREADY_SENT
        )
    return locked


def _lock_to_write(dispense: Dispense) -> Dispense:
    """The same, to be changed by its employee. Raises TransitionRefused too once the employer's contract is over."""
    locked = _lock_draft(dispense)
    refuse_over(locked.employee.employer)
    return locked


@transaction.atomic
def save_situation(*, dispense: Dispense, matricule: str, hired_on: date) -> Dispense:
    """Keep the first step's answers in the draft. Raises TransitionRefused once the request is sent."""
    draft = _lock_to_write(dispense)
    draft.matricule, draft.hired_on = matricule, hired_on
    draft.save(update_fields=["matricule", "hired_on", "updated_at"])
    return draft


@transaction.atomic
def choose_motif(*, dispense: Dispense, motif: Motif) -> Dispense:
    """Keep the motif; files of a document it does not ask for become free ones.

    Raises TransitionRefused once the request is sent, or if the motif is not open to the employee today.
    """
    draft = _lock_to_write(dispense)
    found = eligibility.motif_for(draft.employee, motif, timezone.localdate(), hired_on=draft.hired_on)
    if not found.may_be_sent:
        raise TransitionRefused(
            "Ce motif n’est pas ouvert pour vous aujourd’hui. Choisissez-en un autre.",
            code=Code.MOTIF_CLOSED,
            field="motif",
        )
    draft.motif = motif
    draft.save(update_fields=["motif", "updated_at"])
    codes = [piece.code for piece in motif.required_justificatifs.all()]
    draft.justificatifs.exclude(piece__in=codes).update(piece="")
    return draft


@transaction.atomic
def save_answers(*, dispense: Dispense, answers: dict[str, str], unavailable: dict[str, str] | None = None) -> Dispense:
    """Keep what was typed, right or wrong, in the draft or in the answer to the complement in preparation.

    `unavailable`: why documents cannot be given, by their code, "" for one that can; only a complement keeps it.
    """
    locked, complement = lock_open(dispense)
    if complement:
        complement.answers = {**complement.answers, **answers}
        said = {**complement.unavailable, **(unavailable or {})}
        complement.unavailable = {code: why for code, why in said.items() if why}
        complement.save(update_fields=["answers", "unavailable"])
    else:
        locked.answers = {**locked.answers, **answers}
        locked.save(update_fields=["answers", "updated_at"])
    return locked


@transaction.atomic
def correct(
    *, dispense: Dispense, matricule: str = "", hired_on: date | None = None, motif: Motif | None = None
) -> Complement:
    """Keep what the employee corrects of a request already sent, in the complement that opens it; "" and None stay.

    Raises TransitionRefused for what the centre did not open, or a motif that was not open on the day of the request.
    """
    locked, complement = lock_open(dispense)
    opened = complement.corrections if complement else []
    wanted = {Correction.IDENTITY: bool(matricule or hired_on), Correction.MOTIF: motif is not None}
    if complement is None or any(asked and one not in opened for one, asked in wanted.items()):
        raise TransitionRefused("Le centre de gestion ne demande pas cette correction.", code=Code.NOTHING_AWAITED)
    complement.matricule = matricule or complement.matricule
    complement.hired_on = hired_on or complement.hired_on
    if motif is not None:
        day = contents.asked_on(locked)
        found = eligibility.motif_for(locked.employee, motif, day, hired_on=complement.hired_on or locked.hired_on)
        if not found.may_be_sent:
            raise TransitionRefused(
                "Ce motif n’était pas ouvert pour vous le jour de votre demande. Choisissez-en un autre.",
                code=Code.MOTIF_CLOSED,
                field="motif",
            )
        complement.motif = motif
        codes = [piece.code for piece in motif.required_justificatifs.all()]
        locked.justificatifs.filter(sent_at__isnull=True).exclude(piece__in=codes).update(piece="")
    complement.save(update_fields=["matricule", "hired_on", "motif"])
    return complement


@transaction.atomic
def abandon_draft(*, dispense: Dispense) -> Dispense:
    """Give a draft up: it is shown no more, and comes back for ABANDONED_KEPT. Raises TransitionRefused once sent."""
    draft = _lock_draft(dispense)
    if draft.abandoned_at is None:
        draft.abandoned_at = timezone.now()
        draft.save(update_fields=["abandoned_at"])
    return draft


@transaction.atomic
def take_up_again(*, dispense: Dispense) -> Dispense:
    """Undo that. Raises TransitionRefused once sent, or once the employer's contract is over."""
    draft = _lock_to_write(dispense)
    draft.abandoned_at = None
    draft.save(update_fields=["abandoned_at", "updated_at"])
    return draft


def comes_back_until(draft: Dispense) -> date | None:
    """The last whole day on which a draft given up comes back, None for another."""
    return timezone.localdate(draft.abandoned_at + ABANDONED_KEPT) if draft.abandoned_at else None


def given_up_by(employee: Employee) -> Dispense | None:
    """The draft that the employee gave up and that still comes back, if any."""
    return Dispense.objects.filter(employee=employee, status=Status.DRAFT.value, abandoned_at__isnull=False).first()


@transaction.atomic
def discard_draft(*, dispense: Dispense) -> None:
    """Forget a draft and its files. Raises TransitionRefused once the request is sent."""
    draft = _lock_draft(dispense)
    _forget_draft(draft)


@transaction.atomic
def _discard_due(*, dispense: Dispense, due: QuerySet[Dispense]) -> None:
    """The same for one of `due`. Raises TransitionRefused for one that is due no more: it was taken up meanwhile."""
    draft = _lock_draft(dispense)
    if not due.filter(pk=draft.pk).exists():
        raise TransitionRefused(f"La demande N°{draft.number} a été reprise entre-temps.", code=Code.CHANGED)
    discard_draft(dispense=draft)


def _forget_draft(draft: Dispense) -> None:
    removed = list(draft.justificatifs.all())
    draft.justificatifs.all().delete()
    draft.steps.all().delete()
    draft.delete()
    for justificatif in removed:
        after_commit(storage.forget, justificatif)


@shared_task(name="dispenses.tasks.purge_drafts")
def purge_drafts(now: datetime | None = None) -> int:
    """Warn of the drafts that go in a week, forget those untouched for 180 days and those given up a week ago.

    Returns how many were forgotten.

    Late or not, a draft goes a week after its mail at the earliest; one that is resumed begins its 180 days again.
    Those of an employer whose contract with the insurer is over wait: nobody may resume them. Those given up do not.
    """
    now = now or timezone.now()
    warned = LifeStep.objects.filter(dispense=OuterRef("pk"), step=DRAFT_WARNED, told_at__gt=OuterRef("updated_at"))
    today = timezone.localdate(now)
    begun = Dispense.objects.filter(status=Status.DRAFT.value)
    kept = begun.filter(of_insured(today), abandoned_at__isnull=True)
    soon = kept.filter(~Exists(warned), updated_at__lt=now - DRAFT_LIFETIME + DRAFT_NOTICE)
    sweep(soon, partial(_warn, now=now))
    ripe = kept.filter(Exists(warned.filter(told_at__lte=now - DRAFT_NOTICE)), updated_at__lt=now - DRAFT_LIFETIME)
    given_up = begun.filter(abandoned_at__lt=start_of_day(today) - ABANDONED_KEPT)  # the last day is a whole one
    return sum(sweep(due, partial(_discard_due, due=due)) for due in (ripe, given_up))


@transaction.atomic
def _warn(*, dispense: Dispense, now: datetime) -> None:
    """Tell its owner that a draft is about to go. Raises TransitionRefused once the request is sent."""
    draft = _lock_draft(dispense)
    last_day = timezone.localdate(max(draft.updated_at + DRAFT_LIFETIME, now + DRAFT_NOTICE))
    _, warned = LifeStep.objects.get_or_create(
        dispense=draft, step=DRAFT_WARNED, target=last_day, defaults={"told_at": now}
    )
    if warned and draft.employee.user:  # whoever was detached from the account has no address here
        emails.draft_ending(draft, last_day)

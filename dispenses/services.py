"""Everything that changes a request. Pages, admin, tasks and shell all come through here."""

import contextlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Employee, User
from dispenses import emails, examination, rules
from dispenses.documents import limits, rate, storage
from dispenses.documents.inspection import inspect
from dispenses.enums import ScanStatus
from dispenses.exceptions import DispenseIncomplete, JustificatifRefused, TransitionRefused
from dispenses.models import Complement, Declaration, Dispense, Justificatif, Motif, TimelineEvent
from dispenses.precisions import clean_precisions
from dispenses.reading import (
    answers_in_words,
    declaration_text,
    is_motif_open,
    missing,
    open_complement,
    open_motifs,
    pieces,
    raw_answers,
    remaining_files,
)
from dispenses.receipts import receipt_pdf
from dispenses.workflow import STATUS_LABELS, TRANSITIONS, Role, Status

__all__ = [
    "accept",
    "add_justificatif",
    "choose_motif",
    "complete",
    "declaration_text",
    "discard_draft",
    "end",
    "end_dispenses",
    "get_or_create_draft",
    "missing",
    "open_motifs",
    "pieces",
    "purge_drafts",
    "raw_answers",
    "refuse",
    "remaining_files",
    "remove_justificatif",
    "request_complement",
    "save_answers",
    "save_situation",
    "submit",
    "withdraw",
]

DRAFT_LIFETIME = timedelta(days=180)
CENTRE_LABEL = "le centre de gestion"
SYSTEM_LABEL = "le portail"
BATCH = 500


def _lock(dispense: Dispense) -> Dispense:
    """The row as it is now, locked until the end of the transaction, whatever the caller had read."""
    return (
        Dispense.objects.select_for_update(of=("self",))
        .select_related("employee__employer", "employee__user", "motif")
        .get(number=dispense.number)
    )


def _actor_label(role: Role, user: User | None) -> str:
    if role is Role.STAFF:
        return CENTRE_LABEL
    return user.full_name if user else SYSTEM_LABEL


def _check(dispense: Dispense, name: str, role: Role, reason: str) -> None:
    """Raises TransitionRefused unless the table lets `role` make the move from the row's present status."""
    transition = TRANSITIONS[name]
    label = STATUS_LABELS[Status(dispense.status)].lower()
    if role is not transition.role:
        raise TransitionRefused("Vous n’avez pas le droit de faire cette action.")
    if dispense.status not in transition.sources:
        raise TransitionRefused(
            f"La demande N°{dispense.number} a changé entre-temps\xa0: son statut est maintenant «\xa0{label}\xa0». "
            "Rien n’a été modifié."
        )
    if transition.reason_required and not reason.strip():
        raise TransitionRefused("Indiquez la raison\xa0: elle sera transmise au salarié.")


def _apply(
    dispense: Dispense,
    name: str,
    *,
    role: Role,
    user: User | None,
    at: datetime,
    comment: str = "",
    files: list[str] | None = None,
    **changes: Any,
) -> Dispense:
    """The one place where a status changes: check the table, update the locked row, write the event."""
    _check(dispense, name, role, comment)
    source, target = dispense.status, TRANSITIONS[name].target
    dispense.status, dispense.status_at = target.value, at
    for field, value in changes.items():
        setattr(dispense, field, value)
    dispense.save(update_fields=["status", "status_at", "updated_at", *changes])
    TimelineEvent.objects.create(
        dispense=dispense,
        transition=name,
        from_status=source,
        to_status=target.value,
        at=at,
        actor=user,
        actor_label=_actor_label(role, user),
        comment=comment,
        files=files or [],
    )
    return dispense


# Preparing a request


@transaction.atomic
def get_or_create_draft(*, employee: Employee) -> Dispense:
    """The employee's draft, resumed or begun. Raises TransitionRefused while a sent request is still open."""
    open_statuses = [Status.DRAFT.value, Status.IN_PROGRESS.value, Status.AWAITING_COMPLEMENT.value]
    existing = Dispense.objects.filter(employee=employee, status__in=open_statuses).first()
    if existing is None:
        try:
            with transaction.atomic():
                return Dispense.objects.create(
                    employee=employee, matricule=employee.matricule, hired_on=employee.hired_on
                )
        except IntegrityError:  # another tab began it at the same instant
            existing = Dispense.objects.get(employee=employee, status__in=open_statuses)
    if existing.status != Status.DRAFT:
        raise TransitionRefused(
            f"Votre demande N°{existing.number} est déjà en cours. Vous pouvez la suivre dans «\xa0Mes demandes\xa0»."
        )
    return existing


def _lock_draft(dispense: Dispense) -> Dispense:
    locked = _lock(dispense)
    if locked.status != Status.DRAFT:
        raise TransitionRefused(f"La demande N°{locked.number} est déjà envoyée\xa0: elle ne se modifie plus.")
    return locked


@transaction.atomic
def save_situation(*, dispense: Dispense, matricule: str, hired_on: date) -> Dispense:
    """Keep the first step's answers in the draft. Raises TransitionRefused once the request is sent."""
    draft = _lock_draft(dispense)
    draft.matricule, draft.hired_on = matricule, hired_on
    draft.save(update_fields=["matricule", "hired_on", "updated_at"])
    return draft


@transaction.atomic
def choose_motif(*, dispense: Dispense, motif: Motif) -> Dispense:
    """Keep the motif; files of a document it does not ask for become free ones.

    Raises TransitionRefused once the request is sent, or if the motif is not open to the employee today.
    """
    draft = _lock_draft(dispense)
    if not is_motif_open(draft.employee, motif, timezone.localdate()):
        raise TransitionRefused("Ce motif n’est pas ouvert pour vous aujourd’hui. Choisissez-en un autre.")
    draft.motif = motif
    draft.save(update_fields=["motif", "updated_at"])
    codes = [piece.code for piece in motif.required_justificatifs.all()]
    draft.justificatifs.exclude(piece__in=codes).update(piece="")
    return draft


def _lock_open(dispense: Dispense) -> tuple[Dispense, Complement | None]:
    """A draft, or a request awaiting a complement with that complement. Raises TransitionRefused otherwise."""
    locked = _lock(dispense)
    if locked.status == Status.DRAFT:
        return locked, None
    complement = open_complement(locked)
    if locked.status != Status.AWAITING_COMPLEMENT or complement is None:
        raise TransitionRefused(f"La demande N°{locked.number} est déjà envoyée\xa0: elle ne se modifie plus.")
    return locked, complement


@transaction.atomic
def save_answers(*, dispense: Dispense, answers: dict[str, str]) -> Dispense:
    """Keep what was typed, right or wrong, in the draft or in the answer to the complement in preparation."""
    locked, complement = _lock_open(dispense)
    if complement:
        complement.answers = {**complement.answers, **answers}
        complement.save(update_fields=["answers"])
    else:
        locked.answers = {**locked.answers, **answers}
        locked.save(update_fields=["answers", "updated_at"])
    return locked


def add_justificatif(*, dispense: Dispense, piece: str, upload: "UploadedFile[bytes]") -> Justificatif:
    """Join a file to a request not yet sent, or to the complement in preparation.

    The bytes are inspected before, and stored before the row that points to them.
    Raises JustificatifRefused (bad file, too many, storage) or TransitionRefused (request already sent).
    """
    rate.count(user=dispense.employee.user, upload=upload)
    inspected = inspect(upload)
    stored = ""
    try:
        with transaction.atomic():
            locked, _ = _lock_open(dispense)
            if remaining_files(locked) == 0:
                raise JustificatifRefused(
                    f"Vous avez joint les {limits.max_files()} fichiers possibles. Retirez-en un pour le remplacer."
                )
            codes = [p.code for p in locked.motif.required_justificatifs.all()] if locked.motif else []
            justificatif = Justificatif(
                dispense=locked,
                piece=piece if piece in codes else "",
                name=inspected.name,
                content_type=inspected.content_type,
                size=inspected.size,
                sha256=inspected.sha256,
                pages=inspected.pages,
                scan_status=examination.first_status(),
            )
            stored = storage.store(justificatif, inspected.name, upload)
            justificatif.save()
            examination.start(justificatif)
            locked.save(update_fields=["updated_at"])
    except BaseException:
        if stored:
            with contextlib.suppress(OSError):  # what a silent storage keeps is swept later
                storage.forget(justificatif)
        raise
    return justificatif


@transaction.atomic
def remove_justificatif(*, justificatif: Justificatif) -> None:
    """Remove a file that was not sent. Raises TransitionRefused for evidence already sent."""
    _lock_open(justificatif.dispense)
    current = Justificatif.objects.select_for_update().filter(pk=justificatif.pk).first()
    if current is None:
        return
    if current.sent_at is not None:
        raise TransitionRefused("Ce document est déjà envoyé\xa0: il reste joint à votre demande.")
    current.delete()
    if current.is_infected:
        left = Justificatif.objects.filter(dispense=current.dispense_id, scan_status=ScanStatus.INFECTED)
        Dispense.objects.filter(pk=current.dispense_id).update(has_virus=left.exists())
    transaction.on_commit(partial(storage.forget, current), robust=True)


@transaction.atomic
def discard_draft(*, dispense: Dispense) -> None:
    """Forget a draft and its files. Raises TransitionRefused once the request is sent."""
    draft = _lock_draft(dispense)
    _forget_draft(draft)


def _forget_draft(draft: Dispense) -> None:
    removed = list(draft.justificatifs.all())
    draft.justificatifs.all().delete()
    draft.delete()
    for justificatif in removed:
        transaction.on_commit(partial(storage.forget, justificatif), robust=True)


# Sending


def _sign(dispense: Dispense, user: User, at: datetime) -> None:
    if dispense.motif is None:
        raise DispenseIncomplete([("motif", "Sélectionnez un motif de dispense")])
    Declaration.objects.create(
        dispense=dispense,
        signed_at=at,
        signed_by=user,
        motif_label=dispense.motif.label,
        legal_basis=dispense.motif.legal_basis,
        text=declaration_text(dispense),
        answers=[list(pair) for pair in answers_in_words(dispense)],
    )


def _send_files(dispense: Dispense, at: datetime) -> list[str]:
    unsent = dispense.justificatifs.filter(sent_at__isnull=True)
    names = [justificatif.name for justificatif in unsent]
    unsent.update(sent_at=at)
    return names


def _refuse_incomplete(dispense: Dispense) -> None:
    if problems := missing(dispense):
        raise DispenseIncomplete(problems)


@transaction.atomic
def submit(*, dispense: Dispense, user: User) -> Dispense:
    """Send a draft: sign the declaration, acknowledge by mail with a PDF.

    Raises TransitionRefused (already sent) or DispenseIncomplete (something is missing).
    """
    locked = _lock(dispense)
    _check(locked, "submit", Role.EMPLOYEE, "")
    _refuse_incomplete(locked)
    now = timezone.now()
    _sign(locked, user, now)
    _apply(
        locked,
        "submit",
        role=Role.EMPLOYEE,
        user=user,
        at=now,
        comment=f"Dispense pour l’assuré {locked.employee.full_name}",
        files=_send_files(locked, now),
        submitted_at=now,
    )
    emails.received(locked, receipt_pdf(locked))
    return locked


@transaction.atomic
def complete(*, dispense: Dispense, user: User) -> Dispense:
    """Answer the centre's complement: the request goes back to « En cours ».

    Raises TransitionRefused (nothing awaited) or DispenseIncomplete.
    """
    locked = _lock(dispense)
    _check(locked, "complete", Role.EMPLOYEE, "")
    complement = open_complement(locked)
    if complement is None:
        raise TransitionRefused("Aucun complément n’est attendu pour cette demande.")
    _refuse_incomplete(locked)
    now = timezone.now()
    locked.answers = raw_answers(locked)
    _sign(locked, user, now)
    complement.answered_at = now
    complement.save(update_fields=["answered_at"])
    _apply(
        locked,
        "complete",
        role=Role.EMPLOYEE,
        user=user,
        at=now,
        files=_send_files(locked, now),
        answers=locked.answers,
    )
    emails.complement_received(locked, complement)
    return locked


@transaction.atomic
def withdraw(*, dispense: Dispense, user: User) -> Dispense:
    """The employee takes the request back before a decision. Raises TransitionRefused otherwise."""
    locked = _lock(dispense)
    now = timezone.now()
    _apply(locked, "withdraw", role=Role.EMPLOYEE, user=user, at=now)
    _close_complement(locked, now)
    emails.withdrawn(locked)
    return locked


def _close_complement(dispense: Dispense, at: datetime) -> None:
    dispense.complements.filter(answered_at__isnull=True, closed_at__isnull=True).update(closed_at=at)


# Deciding


@transaction.atomic
def request_complement(*, dispense: Dispense, user: User, message: str) -> Dispense:
    """Ask the employee for what is missing. Raises TransitionRefused without a message or from another status."""
    locked = _lock(dispense)
    now = timezone.now()
    _apply(locked, "request_complement", role=Role.STAFF, user=user, at=now, comment=message.strip())
    complement = Complement.objects.create(dispense=locked, message=message.strip(), asked_at=now, asked_by=user)
    emails.complement_requested(locked, complement)
    return locked


@transaction.atomic
def accept(*, dispense: Dispense, user: User, comment: str = "") -> Dispense:
    """Grant the dispense, until the date its motif gives. Raises TransitionRefused from another status."""
    locked = _lock(dispense)
    now = timezone.now()
    _apply(
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
    locked = _lock(dispense)
    if not rule.strip():
        raise TransitionRefused("Indiquez la règle sur laquelle le refus se fonde.")
    now = timezone.now()
    _apply(
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
    _close_complement(locked, now)
    emails.decided(locked)
    return locked


# What time does


@transaction.atomic
def end(*, dispense: Dispense, reason: str) -> Dispense:
    """A granted dispense is over. Raises TransitionRefused from another status."""
    locked = _lock(dispense)
    _apply(locked, "end", role=Role.SYSTEM, user=None, at=timezone.now(), comment=reason)
    emails.ended(locked)
    return locked


def end_dispenses(today: date) -> int:
    """End the granted dispenses whose last day is before `today` (Europe/Paris). Returns how many were ended."""
    due = Dispense.objects.filter(status=Status.ACCEPTED.value, ends_on__lt=today)
    return _sweep(due, partial(end, reason="La date de fin de la dispense est passée."))


def purge_drafts(now: datetime) -> int:
    """Forget the drafts untouched for 180 days. Returns how many were forgotten."""
    stale = Dispense.objects.filter(status=Status.DRAFT.value, updated_at__lt=now - DRAFT_LIFETIME)
    return _sweep(stale, discard_draft)


def _sweep(due: QuerySet[Dispense], act: Callable[..., object]) -> int:
    """Do `act` to every request of `due`, a batch in memory at a time. Returns how many it was done to."""
    done, last = 0, 0
    while batch := list(due.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk  # one that is refused is passed over, not tried for ever
        for dispense in batch:
            try:
                act(dispense=dispense)
            except TransitionRefused:  # another sweep won, or the person acted meanwhile
                continue
            done += 1
    return done

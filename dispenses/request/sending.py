"""What the employee sends, completes and takes back."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from dispenses.exceptions import Code, DispenseIncomplete, TransitionRefused
from dispenses.models import Complement, Declaration, Dispense
from dispenses.queue import promise
from dispenses.request import emails, history
from dispenses.request.contents import (
    acte_text,
    answers_in_words,
    asked_on,
    assessment,
    declaration_text,
    missing,
    open_complement,
    pieces,
    prepared,
    raw_answers,
)
from dispenses.request.drafts import refuse_gone
from dispenses.request.transitions import apply, check, close_complement, lock
from dispenses.workflow import ASKED, Role
from portal.lib.typography import long_day, short_day

NOT_GIVEN = "Document que je ne peux pas fournir"


def sign(
    dispense: Dispense,
    user: User,
    at: datetime,
    *,
    effect: tuple[str, date | None],
    text: str = "",
    answer_by: date | None = None,
    not_given: Sequence[tuple[str, str]] = (),
) -> Declaration:
    """Write what is signed with the locked request: `text`, or its declaration as it is worded today.

    `effect`: the first day of the dispense, after the words that name it. `answer_by`: the last day of the answer that
    the centre promises in return, which the receipt shows. `not_given`: the documents asked for that the employee
    cannot give, with why. Raises DispenseIncomplete without a motif.
    """
    if dispense.motif is None:
        raise DispenseIncomplete([("motif", "Sélectionnez un motif de dispense")])
    declaration = Declaration(
        signed_at=at,
        signed_by=user,
        motif_label=dispense.motif.full_label,
        legal_basis=dispense.motif.legal_basis,
        text=text or declaration_text(dispense),
        answers=[
            *map(list, answers_in_words(dispense)),
            *([[effect[0], long_day(effect[1])]] if effect[1] else []),
            *map(list, _acte_presented(dispense)),
            *([f"{NOT_GIVEN}\xa0: {label}", why] for label, why in not_given),
            *([["Réponse avant le", promise.day_in_words(answer_by)]] if answer_by else []),
        ],
    )
    history.append(dispense, declaration)
    return declaration


def _acte_presented(dispense: Dispense) -> Iterator[tuple[str, str]]:
    """The very text whose conditions were presented, where the portal has it."""
    if text := acte_text(dispense):
        since, received = text.acte.in_force_from, timezone.localdate(text.received_at)
        words = f"version du {short_day(since)}, reçue le {short_day(received)}, SHA-256 {text.sha256}"
        yield "Acte présenté", words


def send_files(dispense: Dispense, at: datetime) -> list[str]:
    """Date the files joined and not sent yet. Returns their names."""
    unsent = dispense.justificatifs.filter(sent_at__isnull=True)
    names = [justificatif.name for justificatif in unsent]
    unsent.update(sent_at=at)
    return names


def _refuse_incomplete(dispense: Dispense) -> None:
    if problems := missing(dispense):
        raise DispenseIncomplete(problems)


@transaction.atomic
def submit(*, dispense: Dispense, user: User) -> Dispense:
    """Send a draft: sign the declaration, acknowledge by mail.

    Raises TransitionRefused (already sent, or the employee has left) or DispenseIncomplete (something is missing).
    """
    locked = lock(dispense)
    check(locked, "submit", Role.EMPLOYEE, "")
    refuse_gone(locked.employee)
    _refuse_incomplete(locked)
    now = timezone.now()
    effective_on = assessment(locked).effective_on
    answer_by = promise.promised_on(timezone.localdate(now))
    sign(locked, user, now, effect=(ASKED, effective_on), answer_by=answer_by)
    apply(
        locked,
        "submit",
        role=Role.EMPLOYEE,
        user=user,
        at=now,
        comment=f"Dispense pour l’assuré {locked.employee.full_name}",
        files=send_files(locked, now),
        submitted_at=now,
        effective_on=effective_on,
    )
    emails.received(locked, answer_by)
    return locked


@transaction.atomic
def complete(*, dispense: Dispense, user: User) -> Dispense:
    """Answer the centre's complement: the request goes back to « En cours ».

    Raises TransitionRefused (nothing awaited) or DispenseIncomplete.
    """
    locked = lock(dispense)
    check(locked, "complete", Role.EMPLOYEE, "")
    complement = open_complement(locked)
    if complement is None:
        raise TransitionRefused("Aucun complément n’est attendu pour cette demande.", code=Code.NOTHING_AWAITED)
    before = _said(locked)
    prepared(locked)
    _refuse_incomplete(locked)
    now = timezone.now()
    locked.answers = raw_answers(locked)
    effective_on = assessment(locked, day=asked_on(locked)).effective_on
    not_given = [
        (piece.label, piece.unavailable) for piece in pieces(locked) if piece.unavailable and not piece.provided
    ]
    sign(locked, user, now, effect=(ASKED, effective_on), not_given=not_given)
    complement.answered_at = now
    complement.save(update_fields=["answered_at"])
    apply(
        locked,
        "complete",
        role=Role.EMPLOYEE,
        user=user,
        at=now,
        comment="\n".join(
            [*_changed(before, _said(locked)), *(f"{NOT_GIVEN}\xa0: {label}. {why}" for label, why in not_given)]
        ),
        files=send_files(locked, now),
        answers=locked.answers,
        effective_on=effective_on,
        **_corrected(locked, complement),
    )
    emails.complement_received(locked, complement)
    return locked


def _said(dispense: Dispense) -> dict[str, str]:
    """What an employee may correct of a request already sent, in words."""
    return {
        "Matricule": dispense.matricule,
        "Date d’embauche": long_day(dispense.hired_on) if dispense.hired_on else "",
        "Motif": dispense.motif.full_label if dispense.motif else "",
    }


def _changed(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """A line for each thing corrected, for the sealed history: what was said at first is read nowhere else."""
    for name, said in after.items():
        if said != before[name]:
            yield f"{name}\xa0: {said} (auparavant\xa0: {before[name] or 'rien'})"


def _corrected(dispense: Dispense, complement: Complement) -> dict[str, Any]:
    """The fields of the request that its employee corrected, where the centre opened them."""
    if not complement.corrections:
        return {}
    return {"matricule": dispense.matricule, "hired_on": dispense.hired_on, "motif": dispense.motif}


@transaction.atomic
def withdraw(*, dispense: Dispense, user: User) -> Dispense:
    """The employee takes the request back before a decision. Raises TransitionRefused otherwise."""
    locked = lock(dispense)
    now = timezone.now()
    apply(locked, "withdraw", role=Role.EMPLOYEE, user=user, at=now)
    close_complement(locked, now)
    emails.withdrawn(locked)
    return locked

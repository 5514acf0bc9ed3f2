"""How the demonstration makes requests of the last weeks: sent, then decided, by the services of everybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import services as people
from accounts.employee.fields import Declared
from accounts.models import Employee, Employer, Invitation, User
from dispenses.models import Dispense, Motif
from dispenses.request import contents, drafts, joining, sending
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reopen import ReopenContent
from portal.dev.samples import sample_document


@contextmanager
def days_ago(days: int) -> Iterator[datetime]:
    """The services at work some days ago, on a weekday."""
    moment = timezone.now() - timedelta(days=days)
    moment -= timedelta(days=max(0, timezone.localdate(moment).weekday() - 4))
    with mock.patch.object(timezone, "now", return_value=moment):
        yield moment


def prepare(employee: Employee, code: str, answers: dict[str, str], *, pages: int = 1) -> Dispense:
    """The draft of a request under the motif `code`, with every document asked for, each of so many pages."""
    draft = drafts.get_or_create_draft(employee=employee)
    draft = drafts.choose_motif(dispense=draft, motif=Motif.objects.get(code=code))
    draft = drafts.save_answers(dispense=draft, answers=answers)
    for piece in (piece for piece in contents.pieces(draft) if piece.required):
        upload = SimpleUploadedFile(f"{piece.code}.pdf", sample_document(piece.label, employee.full_name, pages=pages))
        joining.add_justificatif(dispense=draft, piece=piece.code, upload=upload)
    return draft


def send(employer: Employer, by: User, declared: Declared, code: str, answers: dict[str, str]) -> Dispense:
    """The request of an employee whom `by` declares now, under the motif `code`, with every document asked for."""
    now = timezone.now()
    employee = people.pre_affiliate(by=by, employer=employer, declared=declared)
    perso = declared.professional_email.replace("@demo.", "@perso.")
    user = User.objects.create_user(perso, None, first_name=declared.first_name, last_name=declared.last_name)
    Invitation.objects.filter(employee=employee).update(used_at=now)
    Employee.objects.filter(pk=employee.pk).update(user=user, activated_at=now)
    employee.refresh_from_db()
    draft = prepare(employee, code, answers)
    Dispense.objects.filter(number=draft.number).update(created_at=now)
    draft.justificatifs.update(received_at=now)
    return sending.submit(dispense=draft, user=user)


def decide_as_told(dispense: Dispense, fate: str, days: int, reviewer: User) -> None:
    """What became of it: words of `fate`, the last of which came `days` ago."""
    owner = dispense.employee.user
    if owner is None:
        return
    if "complement" in fate:
        with days_ago(days + 4 if "accept" in fate else days):
            decide(
                ComplementContent(
                    message="Les dates de votre contrat ne sont pas celles de votre dossier. Corrigez-les."
                ),
                dispense=dispense,
                user=reviewer,
            )
    if "reopen" in fate:
        with days_ago(days + 5):
            _refuse(dispense, reviewer)
        with days_ago(days + 2):
            decide(
                ReopenContent(reason="Le salarié a montré que le document est bien le sien."),
                dispense=dispense,
                user=reviewer,
            )
    with days_ago(days) as now:
        if fate == "complement accept":
            sending.complete(dispense=dispense, user=owner)
        if fate == "accept shorter":
            end = timezone.localdate(now) + timedelta(days=120)
            reason = "L’attestation ne vaut que jusqu’à cette date."
            decide(AcceptContent(ends_on=end, end_reason=reason), dispense=dispense, user=reviewer)
        elif "accept" in fate:
            decide(AcceptContent(), dispense=dispense, user=reviewer)
        elif fate == "refuse":
            _refuse(dispense, reviewer)
        elif fate == "withdraw":
            sending.withdraw(dispense=dispense, user=owner)


def _refuse(dispense: Dispense, reviewer: User) -> None:
    decide(
        RefuseContent(
            reason="Le document joint n’est pas à votre nom.",
            rule="Code de la sécurité sociale, art. D911-2",
            de_droit=True,
        ),
        dispense=dispense,
        user=reviewer,
    )

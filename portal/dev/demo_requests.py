"""How the demonstration makes requests of the last weeks: sent, then decided, by the services of everybody."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import services as people
from accounts.employee.fields import Declared
from accounts.enums import ContractType
from accounts.models import Employee, Employer, Invitation, User
from dispenses.law.codes import MotifCode
from dispenses.models import Dispense, Motif
from dispenses.queue import standing
from dispenses.request import contents, drafts, joining, sending
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reopen import ReopenContent
from portal.dev.samples import sample_document

Answers = Mapping[str, str | int]
INSURED: Answers = {"assureur": "Mutuelle des Rives", "couverture_depuis": -700}
COLLECTIVE: Answers = {"nature_contrat": "collective", "assureur": "Mutuelle du Lac", "couverture_depuis": -300}


@dataclass(frozen=True)
class Asked:
    """An employee and their request, sent so many days ago. Other numbers are days from the day of the sending."""

    first_name: str
    last_name: str
    code: MotifCode
    hired: int | date
    sent: int
    answers: Answers = field(default_factory=dict)
    contract_type: ContractType = ContractType.CDI
    contract_ends: int | None = None
    part_time: bool = False

    def declared(self, day: date, *, email: str, matricule: str) -> Declared:
        """The employee as declared on `day`, that of the sending."""
        return Declared(
            first_name=self.first_name,
            last_name=self.last_name,
            professional_email=email,
            matricule=matricule,
            hired_on=self.hired if isinstance(self.hired, date) else day + timedelta(days=self.hired),
            contract_type=self.contract_type,
            contract_ends_on=None if self.contract_ends is None else day + timedelta(days=self.contract_ends),
            part_time=self.part_time,
        )


def typed(answers: Answers, day: date) -> dict[str, str]:
    """The answers as they are typed on `day`."""
    return {
        key: f"{day + timedelta(days=value):%d/%m/%Y}" if isinstance(value, int) else value
        for key, value in answers.items()
    }


@contextmanager
def days_ago(days: int) -> Iterator[datetime]:
    """The services at work some days ago, on a weekday; a second earlier for each day, so that two keep their order.

    The clock that Django reads is put back, and not `timezone.now`, which the defaults of fields hold already.
    """
    moment = timezone.now() - timedelta(days=days, seconds=days)
    moment -= timedelta(days=max(0, timezone.localdate(moment).weekday() - 4))
    with mock.patch.object(timezone, "datetime", _clock_at(moment)):
        yield moment


def _clock_at(moment: datetime) -> type[datetime]:
    """A class of instants whose `now` is `moment`; any instant is one of its own."""

    class Instants(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime)

    class Clock(datetime, metaclass=Instants):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return moment  # Django asks for UTC, in which it is

    return Clock


def prepare(employee: Employee, code: str, answers: dict[str, str], *, pages: int = 1) -> Dispense:
    """The draft of a request under the motif `code`, with every document asked for, each of so many pages."""
    draft = drafts.get_or_create_draft(employee=employee)
    draft = drafts.choose_motif(dispense=draft, motif=Motif.objects.get(code=code))
    draft = drafts.save_answers(dispense=draft, answers=answers)
    for piece in (piece for piece in contents.pieces(draft) if piece.required):
        upload = SimpleUploadedFile(f"{piece.code}.pdf", sample_document(piece.label, employee.full_name, pages=pages))
        joining.add_justificatif(dispense=draft, piece=piece.code, upload=upload)
    return draft


def declare(employer: Employer, by: User, declared: Declared) -> Employee:
    """An employee whom `by` declared two days ago, and who opened their account on the day after."""
    with days_ago(2):
        employee = people.pre_affiliate(by=by, employer=employer, declared=declared)
    perso = declared.professional_email.replace("@demo.", "@perso.")
    with days_ago(1) as now:
        user = User.objects.create_user(perso, None, first_name=declared.first_name, last_name=declared.last_name)
    Invitation.objects.filter(employee=employee).update(used_at=now)
    Employee.objects.filter(pk=employee.pk).update(user=user, activated_at=now)
    employee.refresh_from_db()
    standing.record(Employee.objects.filter(pk=employee.pk))
    return employee


def ask(employee: Employee, code: str, answers: dict[str, str]) -> Dispense:
    """A request of the employee, sent now under the motif `code` with every document asked for."""
    return sending.submit(dispense=prepare(employee, code, answers), user=owner_of(employee))


def send(employer: Employer, by: User, declared: Declared, code: str, answers: dict[str, str]) -> Dispense:
    """The request of an employee whom `by` declares now, under the motif `code`, with every document asked for."""
    return ask(declare(employer, by, declared), code, answers)


def owner_of(employee: Employee) -> User:
    """The account of an employee. Raises ValueError without one."""
    if employee.user is None:
        raise ValueError("Seul un compte activé envoie une demande.")
    return employee.user


def decide_as_told(dispense: Dispense, fate: str, days: int, reviewer: User) -> None:
    """What became of it: words of `fate`, the last of which came `days` ago."""
    owner = owner_of(dispense.employee)
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

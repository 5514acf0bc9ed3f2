"""Dispenses at each turn of their life, for `make run`: people who were let off months or years ago, and what came."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.enums import ActeKind, ContractType
from accounts.imports import runs
from accounts.models import Acte, Correspondent, Employee, Employer, User
from accounts.services import declare_affiliation, declare_departure, pre_affiliate, update_employee
from dispenses.enums import EndCause
from dispenses.law.codes import MotifCode
from dispenses.life import changing, confirming
from dispenses.life.confirmations import flag_proofs
from dispenses.life.contracts import record_departures
from dispenses.life.ends import end_dispenses
from dispenses.life.steps import tell_steps
from dispenses.models import Dispense
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.registry import decide
from notifications.models import OutgoingEmail
from portal.dev import demo_requests
from portal.dev.demo_requests import COLLECTIVE, INSURED, Answers, Asked

EMPLOYER = ("Fonderie du Ponant", "35600000000048")
CORRESPONDENT = "maelys.pichon@ponant.exemple"
FIRST_DAY = date(2016, 1, 1)
OTHER_JOB: Answers = {"autre_employeur": "Transports Delmas", "assureur": "Mutuelle du Lac", "couverture_depuis": -700}
FILE, ABSENT = "effectif-ponant.csv", "Prigent"
NIGHTS = (209, 44, 30, 18, 10, 4)
"""Days ago of the nights whose jobs found something to do, those that fall on a weekend a little earlier."""


@dataclass
class Person:
    """Somebody of the story, once declared."""

    asked: Asked
    matricule: str
    employee: Employee
    dispense: Dispense


@dataclass(frozen=True)
class Company:
    employer: Employer
    by: User
    reviewer: User


Gesture = Callable[[Company, Person], object]


def accept(company: Company, person: Person) -> None:
    decide(AcceptContent(), dispense=person.dispense, user=company.reviewer)


def accept_for_later(company: Company, person: Person) -> None:
    """From a day that is still to come on the day of the demonstration."""
    begins = timezone.localdate() + timedelta(days=30)
    reason = "Votre couverture actuelle ne commence que ce jour-là."
    decide(AcceptContent(effective_on=begins, effective_reason=reason), dispense=person.dispense, user=company.reviewer)


def confirm(company: Company, person: Person) -> None:
    confirming.confirm(dispense=person.dispense, user=demo_requests.owner_of(person.employee))


def give_up(company: Company, person: Person) -> None:
    changing.announce(
        dispense=person.dispense,
        user=demo_requests.owner_of(person.employee),
        last_day=timezone.localdate() + timedelta(days=5),
        cause=EndCause.GIVEN_UP,
        reason=f"{changing.GIVEN_UP}.",
    )


def ask_another(company: Company, person: Person) -> None:
    person.dispense = demo_requests.ask(
        person.employee, MotifCode.MULTI_EMPLOYEUR, demo_requests.typed(OTHER_JOB, timezone.localdate())
    )


def leave(company: Company, person: Person) -> None:
    declare_departure(employee=person.employee, by=company.by, left_on=timezone.localdate() + timedelta(days=9))


def be_hired_again(company: Company, person: Person) -> None:
    """Under the same matricule and name: the account follows."""
    day = timezone.localdate()
    email = person.employee.professional_email
    declared = Asked(person.asked.first_name, person.asked.last_name, person.asked.code, hired=0, sent=0)
    pre_affiliate(
        by=company.by,
        employer=company.employer,
        declared=declared.declared(day, email=email, matricule=person.matricule),
    )


def prolong(company: Company, person: Person) -> None:
    """The contract of a few months goes on for four more."""
    until = (person.employee.contract_ends_on or timezone.localdate()) + timedelta(days=120)
    update_employee(employee=person.employee, values={"contract_ends_on": until}, by=company.by.full_name)


def join(company: Company, person: Person) -> None:
    declare_affiliation(employee=person.employee, by=company.by, affiliated_on=timezone.localdate())


@dataclass(frozen=True)
class Life:
    """Who asked what, and what came: so many days ago, which gesture."""

    asked: Asked
    came: tuple[tuple[int, Gesture], ...]


def _of(first: str, last: str, code: MotifCode, sent: int, answers: Answers) -> Asked:
    return Asked(first, last, code, hired=-5, sent=sent, answers=answers)


SPOUSE: Answers = {**COLLECTIVE, "titulaire": "Claude Kermarrec"}
LIVES: tuple[Life, ...] = (
    Life(_of("Solène", "Kermarrec", MotifCode.CONJOINT, 400, SPOUSE), ((390, accept), (40, confirm))),
    Life(_of("Rayan", "Benkirane", MotifCode.CONJOINT, 12, SPOUSE), ((6, accept_for_later),)),
    Life(
        _of("Maëlle", "Prigent", MotifCode.INDIVIDUELLE, 150, {**INSURED, "couverture_jusquau": 190}), ((140, accept),)
    ),
    Life(
        _of("Olivier", "Stéphan", MotifCode.INDIVIDUELLE, 190, {**INSURED, "couverture_jusquau": 178}),
        ((180, accept),),
    ),
    Life(_of("Nolwenn", "Cadiou", MotifCode.CONJOINT, 240, SPOUSE), ((230, accept), (25, give_up))),
    Life(_of("Gwenaël", "Le Bihan", MotifCode.CONJOINT, 350, SPOUSE), ((340, accept),)),
    Life(_of("Yasmine", "Haddou", MotifCode.ACTE_F_COUVERTURE_COLLECTIVE, 352, SPOUSE), ((342, accept),)),
    Life(_of("Florian", "Guillou", MotifCode.MULTI_EMPLOYEUR, 425, OTHER_JOB), ((415, accept),)),
    Life(
        _of("Katell", "Rolland", MotifCode.CONJOINT, 300, SPOUSE),
        ((290, accept), (35, ask_another), (25, accept)),
    ),
    Life(_of("Ronan", "Abgrall", MotifCode.CONJOINT, 260, SPOUSE), ((250, accept), (29, leave))),
    Life(
        _of("Anaïs", "Quéré", MotifCode.CONJOINT, 480, SPOUSE),
        ((470, accept), (220, leave), (15, be_hired_again)),
    ),
    Life(
        Asked(
            *("Tugdual", "Morvan", MotifCode.CDD_MOINS_12_MOIS, -5, 140),
            answers={"debut_contrat": -5, "fin_contrat": 160},
            contract_type=ContractType.CDD,
            contract_ends=160,
        ),
        ((130, accept), (10, prolong)),
    ),
    Life(
        _of("Erwan", "Tanguy", MotifCode.INDIVIDUELLE, 200, {**INSURED, "couverture_jusquau": 150}),
        ((190, accept), (45, join)),
    ),
)


def load(*, reviewer: User) -> None:
    """The company and its people, day after day from the first one; mails of that time left long ago."""
    last = OutgoingEmail.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    company = _founded(reviewer)
    days: list[tuple[int, Callable[[], object]]] = []
    for rank, life in enumerate(LIVES):
        days += _days(company, life, f"F-{4100 + rank}")
    days += [(ago, _night) for ago in NIGHTS]
    for ago, live in sorted(days, key=lambda day: -day[0]):
        with demo_requests.days_ago(ago):
            live()
    OutgoingEmail.objects.filter(pk__gt=last).delete()
    _bring_file(company)


def _bring_file(company: Company) -> None:
    """A file of the company in which one of its people is not: are they gone?"""
    here = Employee.objects.filter(employer=company.employer, left_on__isnull=True).exclude(last_name=ABSENT)
    lines = ["matricule;nom;prenom;email;date_embauche;type_contrat"]
    lines += [
        f"{one.matricule};{one.last_name};{one.first_name};{one.professional_email};{one.hired_on:%d/%m/%Y};"
        f"{one.get_contract_type_display()}"
        for one in here.order_by("matricule")
    ]
    upload = SimpleUploadedFile(FILE, "\n".join(lines).encode())
    runs.start(employer=company.employer, by=company.by, upload=upload)


def _founded(reviewer: User) -> Company:
    name, siret = EMPLOYER
    employer = Employer.objects.create(name=name, siret=siret, enrolment_url="https://adhesion.mutuelle.example/ponant")
    Acte.objects.create(
        employer=employer,
        kind=ActeKind.ACCORD,
        in_force_from=FIRST_DAY,
        employee_share_from=FIRST_DAY,
        opened_motifs=[MotifCode.CDD_MOINS_12_MOIS.value, MotifCode.ACTE_F_COUVERTURE_COLLECTIVE.value],
    )
    by = User.objects.create_user(CORRESPONDENT, None, first_name="Maëlys", last_name="Pichon")
    Correspondent.objects.create(user=by, employer=employer)
    return Company(employer, by, reviewer)


def _days(company: Company, life: Life, matricule: str) -> list[tuple[int, Callable[[], object]]]:
    known: list[Person] = []

    def send() -> None:
        known.append(_sent(company, life.asked, matricule))

    def come(gesture: Gesture) -> None:
        (person,) = known
        person.employee.refresh_from_db()
        person.dispense.refresh_from_db()
        gesture(company, person)

    return [(life.asked.sent, send), *((ago, lambda gesture=gesture: come(gesture)) for ago, gesture in life.came)]


def _sent(company: Company, asked: Asked, matricule: str) -> Person:
    day = timezone.localdate()
    name = f"{asked.first_name}.{asked.last_name}".lower().replace(" ", "")
    email = f"{name.translate(str.maketrans('éèëïô', 'eeeio'))}@demo.exemple"
    declared = asked.declared(day, email=email, matricule=matricule)
    employee = demo_requests.declare(company.employer, company.by, declared)
    dispense = demo_requests.ask(employee, asked.code, demo_requests.typed(asked.answers, day))
    return Person(asked, matricule, employee, dispense)


def _night() -> None:
    """The jobs of a night, as the schedule has them."""
    today = timezone.localdate()
    end_dispenses(today)
    record_departures(today)
    flag_proofs(today)
    tell_steps(today)

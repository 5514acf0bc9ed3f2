"""A company whose people live with their dispenses, and what they were promised of them (ledger.py)."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.enums import ActeKind, ContractType
from accounts.models import Employee, Employer, User
from accounts.services import departures
from dispenses.enums import EndCause
from dispenses.life import changing, confirming
from dispenses.life.cards import tell_late_cards
from dispenses.life.confirmations import flag_proofs
from dispenses.life.contracts import record_departures
from dispenses.life.ends import end_dispenses
from dispenses.life.second_look import record_second_looks
from dispenses.life.steps import tell_steps
from dispenses.models import Dispense, Motif
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.dispenses.life.ledger import DAY, Case, Mail
from tests.factories import (
    ActeFactory,
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    EmployerFactory,
    StaffFactory,
    add_file,
    answers_to,
)

BY_JOBS = {
    "dispense_ends_soon",
    "confirmation_asked",
    "proof_to_renew",
    "proof_to_check",
    "dispense_ended",
    "affiliation_due",
}
"""Kinds of the mails that the jobs write."""


@dataclass
class Company:
    """A company of the demonstration's kind, its people and what they were promised."""

    dice: random.Random
    employer: Employer
    staff: User
    manager: User
    cases: dict[int, Case] = field(default_factory=dict)
    of: dict[int, list[Case]] = field(default_factory=lambda: defaultdict(list))
    people: list[Employee] = field(default_factory=list)
    careful: set[int] = field(default_factory=set)  # who confirm in time, more or less
    expected: Counter[Mail] = field(default_factory=Counter)

    @classmethod
    def founded(cls, seed: int) -> "Company":
        employer = EmployerFactory(name="Chantiers du Ponant")
        ActeFactory(
            employer=employer,
            kind=ActeKind.ACCORD,
            opened_motifs=["cdd_moins_12_mois", "acte_f_couverture_collective"],
        )
        manager = CorrespondentFactory(employer=employer).user
        return cls(random.Random(seed), employer, StaffFactory(), manager)

    def chance(self, one_in: float) -> bool:
        return self.dice.random() < 1 / one_in

    # What people do, each a day at a time

    def live(self, day: date) -> None:
        if len(self.people) < 40 and self.chance(20):
            self.hire(day)
        for employee in list(self.people):
            if employee.left_on:
                continue
            if self.chance(900):
                self.leave(employee, day + timedelta(days=self.dice.randrange(-10, 40)), day)
                continue
            case = self.current(employee)
            if case is None:
                if self.chance(60):
                    self.ask(employee, day)
            else:
                self.go_on(employee, case, day)

    def hire(self, day: date) -> None:
        fixed = self.chance(3)
        last_day = day + timedelta(days=self.dice.randrange(100, 330)) if fixed else None
        employee = EmployeeFactory(
            employer=self.employer,
            activated=True,
            hired_on=day,
            contract_type=ContractType.CDD if fixed else ContractType.CDI,
            contract_ends_on=last_day,
        )
        self.people.append(employee)
        if self.chance(1.5):
            self.careful.add(employee.pk)
        if self.chance(1.3):
            self.ask(employee, day)

    def ask(self, employee: Employee, day: date) -> None:
        """Ask for a dispense, examined the same day: granted most of the time."""
        code, answers = self.motif_of(employee, day)
        if code is None:
            return
        if self.chance(8):
            refusal = RefuseContent(reason="Illisible.", rule="D911-2", de_droit=True)
            decide(refusal, dispense=self.asked(employee, code, answers), user=self.staff)
        else:
            self.grant(employee, day, code, answers)

    def asked(self, employee: Employee, code: str, answers: dict[str, str]) -> Dispense:
        motif = Motif.objects.get(code=code, in_force_until__isnull=True)
        asked: Dispense = DispenseFactory(employee=employee, motif=motif, answers=answers, stage=Status.IN_PROGRESS)
        return asked

    def grant(self, employee: Employee, day: date, code: str, answers: dict[str, str]) -> None:
        former = self.current(employee)
        granted = decide(AcceptContent(), dispense=self.asked(employee, code, answers), user=self.staff)
        assert granted.effective_on is not None
        assert granted.motif is not None
        if former:
            former.replaced = True
            former.ends["replaced"] = granted.effective_on - DAY
        last_day = self.last_day(answers)
        case = Case(
            number=granted.number,
            yearly=str(granted.motif.yearly),
            solidarity=code == "c2s",
            granted_on=day,
            since=max(employee.hired_on, granted.effective_on),
            ends={"rule": last_day} if last_day else {},
        )
        case.sign(day)
        self.cases[granted.number] = case
        self.of[employee.pk].append(case)

    def motif_of(self, employee: Employee, day: date) -> tuple[str | None, dict[str, str]]:
        if employee.contract_type == ContractType.CDD and employee.contract_ends_on:
            if employee.contract_ends_on <= day:
                return None, {}
            dates = {"debut_contrat": employee.hired_on, "fin_contrat": employee.contract_ends_on}
            return "cdd_moins_12_mois", {key: f"{value:%d/%m/%Y}" for key, value in dates.items()}
        code = self.dice.choice(["conjoint", "conjoint", "acte_f_couverture_collective", "c2s"])
        return code, self.answers(code, day, self.dice.randrange(40, 370))

    def answers(self, code: str, day: date, length: int) -> dict[str, str]:
        """What an employee covered since `day` answers; `length`: days that the solidarity lasts."""
        since = f"{day:%d/%m/%Y}"
        if code != "c2s":
            return answers_to(code, couverture_depuis=since)
        return answers_to(code, couverture_depuis=since, couverture_jusquau=f"{day + timedelta(days=length):%d/%m/%Y}")

    def last_day(self, answers: dict[str, str]) -> date | None:
        said = answers.get("couverture_jusquau") or answers.get("fin_contrat")
        return datetime.strptime(said, "%d/%m/%Y").date() if said else None  # noqa: DTZ007

    def go_on(self, employee: Employee, case: Case, day: date) -> None:
        assert employee.user is not None
        if case.may_confirm(day) and self.chance(40 if employee.pk in self.careful else 4000):
            self.confirm(employee, case, day)
        elif case.cause in {"", "rule"} and not case.replaced and self.chance(500):
            last_day = day + timedelta(days=self.dice.randrange(-20, 90))
            cause = self.dice.choice([EndCause.SITUATION, EndCause.GIVEN_UP])
            self.announce(employee, case, max(last_day, case.since), cause, day)
        elif not case.replaced and self.chance(700) and employee.contract_type == ContractType.CDI:
            self.ask(employee, day)

    def confirm(self, employee: Employee, case: Case, day: date) -> None:
        assert employee.user is not None
        dispense = Dispense.objects.get(pk=case.number)
        if case.yearly == "law":
            for piece in dispense.motif.required_justificatifs.all():
                add_file(dispense, piece.code)
        confirming.confirm(dispense=dispense, user=employee.user)
        case.sign(day)

    def announce(self, employee: Employee, case: Case, last_day: date, cause: EndCause, day: date) -> None:
        if case.ends_on and last_day > case.ends_on:
            return
        assert employee.user is not None
        dispense = Dispense.objects.get(pk=case.number)
        changing.announce(dispense=dispense, user=employee.user, last_day=last_day, cause=cause, reason="Je le dis.")
        case.announce(last_day, str(cause))
        if last_day < day:
            case.over = True
            self.expected[(day, case.number, "dispense_ended")] += 1
            self.expected[(day, case.number, "affiliation_due")] += 1

    def leave(self, employee: Employee, left_on: date, day: date) -> None:
        left_on = max(left_on, employee.hired_on)
        departures.declare_departure(employee=employee, by=self.manager, left_on=left_on)
        employee.refresh_from_db()
        for case in self.of[employee.pk]:
            if not case.over:
                case.ends["departure"] = left_on
                case.over = case.cause == "departure" and left_on < day

    def stay(self, employee: Employee) -> None:
        """The departure was declared by mistake: what it had ended goes on."""
        departures.declare_departure(employee=employee, by=self.manager, left_on=None)
        employee.refresh_from_db()
        for case in self.of[employee.pk]:
            if not case.over or case.cause == "departure":
                case.ends.pop("departure", None)
                case.over = False

    def current(self, employee: Employee) -> Case | None:
        return next((case for case in self.of[employee.pk] if not case.over and not case.replaced), None)


def run_jobs(company: Company, day: date) -> None:
    """The jobs of the day, each as two beats would send it."""
    for job in (record_departures, end_dispenses, record_second_looks, flag_proofs, tell_steps, tell_late_cards):
        job()
        assert job() == 0, f"{job.name} did something twice on {day}"
    for case in company.cases.values():
        for kind in case.jobs(day):
            company.expected[(day, case.number, kind)] += 1


def asked_by(dispense: Dispense) -> date | None:
    """A confirmation that the dispense lives to see."""
    due = dispense.confirm_by
    return due if due and (dispense.ends_on is None or due <= dispense.ends_on) else None


def differences(company: Company) -> Iterator[str]:
    """What the portal says of each dispense that the ledger does not."""
    for dispense in Dispense.objects.filter(pk__in=company.cases):
        case = company.cases[dispense.number]
        said = {
            "over": (dispense.status == Status.ENDED, case.over),
            "ends_on": (dispense.ends_on, case.ends_on),
            "cause": (dispense.end_cause, case.cause),
            "confirm_by": (asked_by(dispense), case.asked_by),
            "late": (dispense.unconfirmed_since, case.late_since),
        }
        if not case.over:
            yield from (
                f"N°{case.number} {name}: {ours}, promised {theirs}"
                for name, (ours, theirs) in said.items()
                if ours != theirs
            )
        elif said["over"][0] is not True or (dispense.ends_on, dispense.end_cause) != (case.ends_on, case.cause):
            ours = f"{dispense.status} on {dispense.ends_on} ({dispense.end_cause})"
            yield f"N°{case.number}: {ours}, promised over on {case.ends_on} ({case.cause})"


def written() -> Counter[Mail]:
    found: Counter[Mail] = Counter()
    for kind, created_at, key in OutgoingEmail.objects.filter(kind__in=BY_JOBS).values_list(
        "kind", "created_at", "dedup_key"
    ):
        found[(timezone.localdate(created_at), int(key.split(":")[1]), kind)] += 1
    return found

"""A company whose people live with their dispenses, and what they were promised of them (ledger.py)."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.enums import ActeKind, ContractType
from accounts.models import Acte, Employee, Employer, User
from accounts.services import departures, update_employee
from accounts.services.insurance import tell_contract_ends
from dispenses.enums import EndCause
from dispenses.law.numbers import lasts
from dispenses.life import asking, changing, confirming, renewal, second_look
from dispenses.life.asking import record_policies
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
from dispenses.request.decisions.uphold import UpholdContent
from dispenses.request.permissions import reviewers
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.dispenses.life.ledger import DAY, OF_A_CONTRACT, SHORT_CONTRACT, Case, Mail, Version
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
    "dispense_end_moved",
    "end_moved_to_correspondent",
    "card_late",
    "cards_late",
    "contract_ends",
}
"""Kinds of the mails that the jobs write, and those of a contract that moves."""
CENTRE = "cards_late"
"""The kind of the mail that each person of the centre has, of all the cards of a day."""
CDD = [SHORT_CONTRACT, "cdd_12_mois_et_plus"]
AT_ANY_TIME = "acte_f_couverture_collective"
BEFORE = "present_avant_due"
SET_UP = date(2020, 1, 1)


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
    versions: list[Version] = field(default_factory=list)
    told_until: date | None = None  # the end of the insurer's contract that the correspondents were told

    @classmethod
    def founded(cls, seed: int) -> "Company":
        employer = EmployerFactory(name="Chantiers du Ponant")
        manager = CorrespondentFactory(employer=employer).user
        company = cls(random.Random(seed), employer, StaffFactory(), manager)
        company.write_acte(SET_UP, ActeKind.DUE, [*CDD, AT_ANY_TIME])
        return company

    def begun(self, day: date) -> list[Version]:
        """The versions of the acte that have begun."""
        return [version for version in self.versions if version.since <= day]

    def asked_each_year(self, code: str, day: date) -> str:
        return self.begun(day)[-1].yearly.get(code, "unchanged")

    def is_over(self, day: date) -> bool:
        """Whether the insurer's contract is: all is read, nothing changes."""
        return self.employer.insured_until is not None and self.employer.insured_until < day

    def chance(self, one_in: float) -> bool:
        return self.dice.random() < 1 / one_in

    # What the centre does

    def write_acte(self, since: date, kind: ActeKind, opened: list[str], yearly: dict[str, str] | None = None) -> None:
        """A version takes the place of the last one; `yearly`: what it asks, by motif, if not « rien n’a changé »."""
        Acte.objects.filter(employer=self.employer, in_force_until=None).update(in_force_until=since - DAY)
        ActeFactory(
            employer=self.employer,
            kind=kind,
            in_force_from=since,
            employee_share_from=SET_UP,
            first_set_up_on=SET_UP,
            set_up_kind=ActeKind.DUE,
            opened_motifs=opened,
            yearly_policies=[f"{code}:{policy}" for code, policy in (yearly or {}).items()],
        )
        opens = {*opened, BEFORE} if kind == ActeKind.DUE else {*opened}
        self.versions.append(Version(since, frozenset(opens), yearly or {}))
        second_look.record_of(self.employer)
        asking.record_of(self.employer)
        today = timezone.localdate()
        for case in self.cases.values():
            case.follow_acte(self.begun(today), today)

    def insure(self, until: date | None, day: date) -> None:
        """Write until when the company has the insurer's contract; None: it goes on."""
        over_on = self.employer.insured_until
        self.employer.insured_until = until
        self.employer.save()
        renewal.resume(self.employer, over_on)
        for case in self.cases.values():
            if over_on and over_on < day:
                case.put_off(over_on, day)

    def look_again(self) -> None:
        for case in self.cases.values():
            if case.is_doubtful and self.chance(40):
                self.uphold(case)

    def uphold(self, case: Case) -> None:
        content = UpholdContent(reason="Le salarié reste couvert.")
        decide(content, dispense=Dispense.objects.get(pk=case.number), user=self.staff)
        case.look()

    # What people do, each a day at a time

    def live(self, day: date) -> None:
        if self.is_over(day):
            return
        self.look_again()
        if len(self.people) < 40 and self.chance(20):
            self.hire(day)
        for employee in list(self.people):
            if employee.left_on:
                continue
            if self.chance(900):
                self.leave(employee, day + timedelta(days=self.dice.randrange(-10, 40)), day)
                continue
            if self.under_contract(employee, day) and self.chance(120):
                moved = employee.contract_ends_on + timedelta(days=self.dice.randrange(-60, 300))
                self.change_contract(employee, None if self.chance(4) else max(day, moved), day)
                continue
            case = self.current(employee)
            if case is None:
                if self.chance(60):
                    self.ask(employee, day)
            else:
                self.go_on(employee, case, day)

    def hire(self, day: date) -> None:
        fixed = self.chance(2.5)
        last_day = day + timedelta(days=self.dice.randrange(100, 460)) if fixed else None
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

    def found_elders(self, day: date, count: int) -> None:
        """People who were there before the cover was set up, which a decision of the employer alone did not bind."""
        for _ in range(count):
            elder = EmployeeFactory(employer=self.employer, activated=True, hired_on=SET_UP - 200 * DAY)
            self.people.append(elder)
            self.grant(elder, day, BEFORE, answers_to(BEFORE))

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
            code=code,
            yearly=str(granted.motif.yearly),
            granted_on=day,
            since=max(employee.hired_on, granted.effective_on),
            ends={"rule": last_day} if last_day else {},
        )
        case.sign(day, self.asked_each_year(code, day))
        self.cases[granted.number] = case
        self.of[employee.pk].append(case)

    def motif_of(self, employee: Employee, day: date) -> tuple[str | None, dict[str, str]]:
        opened = self.begun(day)[-1].opened
        if employee.contract_type == ContractType.CDD and employee.contract_ends_on:
            code = CDD[lasts(employee.hired_on, employee.contract_ends_on, 12)]
            if employee.contract_ends_on <= day or code not in opened:
                return None, {}
            dates = {"debut_contrat": employee.hired_on, "fin_contrat": employee.contract_ends_on}
            said = {key: f"{value:%d/%m/%Y}" for key, value in dates.items()}
            return code, said if code == SHORT_CONTRACT else self.answers(code, day, 0) | said
        codes = ["conjoint", "conjoint", "c2s", *({AT_ANY_TIME} & opened)]
        code = self.dice.choice(codes)
        return code, self.answers(code, day, self.dice.randrange(40, 370))

    def answers(self, code: str, day: date, length: int) -> dict[str, str]:
        """What an employee covered since `day` answers; `length`: days that the solidarity lasts."""
        since = f"{day:%d/%m/%Y}"
        if code != "c2s":
            return answers_to(code, couverture_depuis=since)
        return answers_to(code, couverture_depuis=since, couverture_jusquau=f"{day + timedelta(days=length):%d/%m/%Y}")

    def last_day(self, answers: dict[str, str]) -> date | None:
        said = answers.get("fin_contrat") or answers.get("couverture_jusquau")
        return datetime.strptime(said, "%d/%m/%Y").date() if said else None  # noqa: DTZ007

    def go_on(self, employee: Employee, case: Case, day: date) -> None:
        assert employee.user is not None
        if case.may_confirm(day) and self.chance(40 if employee.pk in self.careful else 4000):
            self.confirm(employee, case, day)
        elif case.card_by and self.chance(60):
            self.ask(employee, day)
        elif case.cause in {"", "rule"} and not case.replaced and self.chance(500):
            last_day = day + timedelta(days=self.dice.randrange(-20, 90))
            cause = self.dice.choice([EndCause.SITUATION, EndCause.GIVEN_UP])
            self.announce(employee, case, max(last_day, case.since), cause, day)
        elif not case.replaced and self.chance(700) and employee.contract_type == ContractType.CDI:
            self.ask(employee, day)

    def confirm(self, employee: Employee, case: Case, day: date) -> None:
        assert employee.user is not None
        dispense = Dispense.objects.get(pk=case.number)
        asked = self.asked_each_year(case.code, day)
        if case.yearly == "law" or asked == "document":
            for piece in dispense.motif.required_justificatifs.all():
                add_file(dispense, piece.code)
        confirming.confirm(dispense=dispense, user=employee.user)
        case.sign(day, asked)

    def announce(self, employee: Employee, case: Case, last_day: date, cause: EndCause, day: date) -> None:
        if case.ends_on and last_day > case.ends_on:
            return
        assert employee.user is not None
        dispense = Dispense.objects.get(pk=case.number)
        changing.announce(dispense=dispense, user=employee.user, last_day=last_day, cause=cause, reason="Je le dis.")
        case.announce(last_day, str(cause))
        if last_day < day:
            case.over = True
            self.tell(day, case.number, "dispense_ended", "affiliation_due")

    def under_contract(self, employee: Employee, day: date) -> bool:
        """Whether the employee works under a contract that has an end, and has not come to it."""
        return employee.contract_ends_on is not None and employee.contract_ends_on >= day

    def change_contract(self, employee: Employee, until: date | None, day: date) -> None:
        """It is prolonged, now and then cut short, or becomes permanent: `until` None."""
        kind = ContractType.CDD if until else ContractType.CDI
        update_employee(employee=employee, values={"contract_type": kind, "contract_ends_on": until}, by="la société")
        employee.refresh_from_db()
        for case in self.of[employee.pk]:
            if case.over or case.code not in OF_A_CONTRACT:
                continue
            if until is None and case.become_permanent(day):
                self.tell(day, case.number, "dispense_ended", "affiliation_due")
            elif until and case.move_contract(employee.hired_on, until, day):
                self.tell(day, case.number, "dispense_end_moved", "end_moved_to_correspondent")

    def tell(self, day: date, number: int, *kinds: str) -> None:
        for kind in kinds:
            self.expected[(day, number, kind)] += 1

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


JOBS = (
    record_departures,
    end_dispenses,
    record_second_looks,
    record_policies,
    flag_proofs,
    tell_steps,
    tell_late_cards,
    tell_contract_ends,
)


def run_jobs(company: Company, day: date) -> None:
    """The jobs of the day, each as two beats would send it when it has something to do, and now and then without."""
    for job in JOBS:
        if job() or day.day % 5 == 0:
            assert job() == 0, f"{job.name} did something twice on {day}"
    until = company.employer.insured_until
    if until and until - 60 * DAY <= day and company.told_until != until:
        company.told_until = until
        company.tell(day, company.employer.pk, "contract_ends")
    if company.is_over(day):
        return
    late = False
    for case in company.cases.values():
        kinds = case.jobs(day, company.begun(day))
        late |= "card_late" in kinds
        company.tell(day, case.number, *kinds)
    if late:
        company.tell(day, 0, *([CENTRE] * reviewers().count()))


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
        if not case.over and not case.replaced:
            said["acte"] = (dispense.look_acte_on, case.acte_on)
            said["card"] = (dispense.look_card_by, case.card_by)
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
        number = 0 if kind == CENTRE else int(key.split(":")[1])
        found[(timezone.localdate(created_at), number, kind)] += 1
    return found

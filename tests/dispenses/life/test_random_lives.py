"""Random lives of a dispense, one gesture after the other: whatever comes, the portal and the ledger agree."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.enums import ActeKind, ContractType
from accounts.models import Employee
from accounts.states import Standing
from dispenses.enums import EndCause
from dispenses.models import Dispense
from dispenses.queue import rows, standing
from dispenses.request import endings, history
from dispenses.workflow import Status
from portal.lib.dates import instant
from tests.dispenses.life.company import AT_ANY_TIME, CDD, Company, differences, run_jobs, written
from tests.dispenses.life.ledger import DAY, Case
from tests.factories import EmployeeFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow("minutes")]
FIRST = date(2027, 2, 1)
CODES = ["conjoint", AT_ANY_TIME, "c2s"]
"""One that prudence has confirmed each year, one that the law has, one that ends."""
OF_CONTRACT = "cdd"
"""One that rests on a contract with an end, short or long."""


class Lives(RuleBasedStateMachine):
    """One employee, from the hire on; what people do is at ten, what the jobs do at six on the days that they run."""

    def __init__(self) -> None:
        super().__init__()
        self.day = FIRST
        self.in_order = True  # the jobs have run today
        self.clock = time_machine.travel(instant(FIRST, 10), tick=False)
        self.now = self.clock.start()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.company = Company.founded(seed=11)
        self.employee = EmployeeFactory(employer=self.company.employer, activated=True, hired_on=FIRST)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)
        self.clock.stop()

    @property
    def case(self) -> Case | None:
        """The dispense that goes on today, if any."""
        case = self.company.current(self.employee)
        if case is None or (case.ends_on and case.ends_on < self.day):
            return None
        return None if case.yearly == "law" and case.asked_by and case.asked_by < self.day else case

    @property
    def is_there(self) -> bool:
        return self.employee.left_on is None

    def jobs_on(self, day: date) -> None:
        self.day = day
        self.now.move_to(instant(day, 6))
        run_jobs(self.company, day)
        self.now.move_to(instant(day, 10))
        self.in_order = True

    @initialize(code=st.sampled_from([*CODES, OF_CONTRACT]), days=st.integers(40, 370))
    def first_request(self, code: str, days: int) -> None:
        if code == OF_CONTRACT:
            fixed = {"contract_type": ContractType.CDD, "contract_ends_on": FIRST + timedelta(days=days)}
            Employee.objects.filter(pk=self.employee.pk).update(**fixed)
            self.employee.refresh_from_db()
            code, answers = self.company.motif_of(self.employee, self.day)
            self.company.grant(self.employee, self.day, code, answers)
        else:
            self.grant(code, days)

    def grant(self, code: str, days: int) -> None:
        if code == AT_ANY_TIME and code not in self.company.begun(self.day)[-1].opened:
            code = "conjoint"
        self.company.grant(self.employee, self.day, code, self.company.answers(code, self.day, days))

    @rule(days=st.integers(1, 8))
    def days_go_by(self, days: int) -> None:
        for _ in range(days):
            self.jobs_on(self.day + DAY)

    @precondition(lambda self: self.case)
    @rule(days=st.sampled_from([61, 60, 59, 31, 30, 29, 8, 7, 6, 1, 0, -1, -2, -40]), of=st.booleans())
    def near_a_day_that_counts(self, days: int, of: bool) -> None:
        """The jobs run again, for the first time for long, so many days before the end or the confirmation."""
        target = (self.case.ends_on or self.case.asked_by) if of else (self.case.asked_by or self.case.ends_on)
        if target and target - timedelta(days=days) > self.day:
            self.jobs_on(target - timedelta(days=days))

    @rule(days=st.integers(2, 500))
    def nothing_runs(self, days: int) -> None:
        self.day += timedelta(days=days)
        self.now.move_to(instant(self.day, 10))
        self.in_order = False

    @precondition(lambda self: self.is_there and self.in_order)
    @rule(code=st.sampled_from(CODES), days=st.integers(40, 370))
    def ask(self, code: str, days: int) -> None:
        self.grant(code, days)

    @precondition(lambda self: self.is_there and self.case and self.case.may_confirm(self.day))
    @rule()
    def confirm(self) -> None:
        self.company.confirm(self.employee, self.case, self.day)

    @precondition(lambda self: self.is_there and self.case and self.case.cause in {"", "rule"})
    @rule(days=st.integers(-60, 120), cause=st.sampled_from([EndCause.SITUATION, EndCause.GIVEN_UP]))
    def announce(self, days: int, cause: EndCause) -> None:
        last_day = max(self.day + timedelta(days=days), self.case.since)
        self.company.announce(self.employee, self.case, last_day, cause, self.day)

    @precondition(lambda self: self.is_there and self.in_order)
    @rule(days=st.integers(-10, 40))
    def leave(self, days: int) -> None:
        self.company.leave(self.employee, self.day + timedelta(days=days), self.day)

    @precondition(lambda self: not self.is_there and self.in_order)
    @rule()
    def stay(self) -> None:
        self.company.stay(self.employee)

    @precondition(lambda self: self.is_there and self.in_order)
    @precondition(lambda self: self.company.under_contract(self.employee, self.day))
    @rule(days=st.integers(-60, 300), permanent=st.sampled_from([False, False, True]))
    def change_contract(self, days: int, permanent: bool) -> None:
        until = max(self.day, self.employee.contract_ends_on + timedelta(days=days))
        self.company.change_contract(self.employee, None if permanent else until, self.day)

    @precondition(lambda self: self.in_order and len(self.company.versions) < 4)
    @rule(
        days=st.integers(-10, 40),
        kind=st.sampled_from([ActeKind.DUE, ActeKind.ACCORD]),
        opened=st.sets(st.sampled_from([*CDD, AT_ANY_TIME])),
        asked=st.sampled_from(["nothing", "document", "unchanged"]),
    )
    def write_acte(self, days: int, kind: ActeKind, opened: set[str], asked: str) -> None:
        since = max(self.day + timedelta(days=days), self.company.versions[-1].since + DAY)
        self.company.write_acte(since, kind, sorted(opened), {"conjoint": asked})

    @precondition(lambda self: self.in_order and any(case.is_doubtful for case in self.company.cases.values()))
    @rule()
    def look_again(self) -> None:
        self.company.uphold(next(case for case in self.company.cases.values() if case.is_doubtful))

    @invariant()
    def one_is_in_force(self) -> None:
        going = Dispense.objects.filter(status=Status.ACCEPTED.value, superseded_by=None)
        assert going.count() <= 1
        for dispense in Dispense.objects.all():
            assert endings.earliest(endings.of(dispense)) == (dispense.ends_on, dispense.end_cause)

    @precondition(lambda self: self.in_order)
    @invariant()
    def the_portal_keeps_what_was_promised(self) -> None:
        assert list(differences(self.company)) == []
        assert written() == self.company.expected
        assert standing.differences() == []
        assert rows.differences() == []
        assert list(history.verify()) == []
        if any(not case.over for case in self.company.cases.values()) and self.is_there:
            assert Employee.objects.get(pk=self.employee.pk).standing == Standing.DISPENSED


def test_whatever_comes_the_portal_keeps_what_was_promised() -> None:
    options = settings(
        max_examples=20,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        phases=[Phase.generate],
        database=None,
    )
    run_state_machine_as_test(Lives, settings=options)

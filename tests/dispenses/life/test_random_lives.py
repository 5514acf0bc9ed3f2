"""Random lives of a dispense, one gesture after the other: whatever comes, the portal and the ledger agree."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import Employee
from accounts.states import Standing
from dispenses.models import Dispense
from dispenses.queue import rows, standing
from dispenses.request import history
from dispenses.workflow import Status
from portal.lib.dates import instant
from tests.dispenses.life.company import Company, differences, run_jobs, written
from tests.dispenses.life.ledger import DAY, Case

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
FIRST = date(2027, 2, 1)


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
        self.company.hire(FIRST)
        self.employee = self.company.people[0]

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
        return None if case.yearly == "law" and case.confirm_by and case.confirm_by < self.day else case

    @property
    def is_there(self) -> bool:
        return self.employee.left_on is None

    @rule(days=st.integers(1, 8))
    def days_go_by(self, days: int) -> None:
        for _ in range(days):
            self.day += DAY
            self.now.move_to(instant(self.day, 6))
            run_jobs(self.company, self.day)
        self.now.move_to(instant(self.day, 10))
        self.in_order = True

    @rule(days=st.integers(2, 500))
    def nothing_runs(self, days: int) -> None:
        self.day += timedelta(days=days)
        self.now.move_to(instant(self.day, 10))
        self.in_order = False

    @precondition(lambda self: self.is_there and self.in_order)
    @rule(seed=st.integers(0, 50))
    def ask(self, seed: int) -> None:
        self.company.dice.seed(seed)
        self.company.ask(self.employee, self.day)

    @precondition(lambda self: self.is_there and self.case and self.case.may_confirm(self.day))
    @rule()
    def confirm(self) -> None:
        self.company.confirm(self.employee, self.case, self.day)

    @precondition(lambda self: self.is_there and self.case)
    @rule(days=st.integers(-60, 120), seed=st.integers(0, 3))
    def announce(self, days: int, seed: int) -> None:
        if self.case.cause != "rule" or self.case.since > self.day:
            return
        self.company.dice.seed(seed)
        last_day = max(self.day + timedelta(days=days), self.case.since)
        self.company.announce(self.employee, self.case, last_day, self.day)

    @precondition(lambda self: self.is_there and self.in_order)
    @rule(seed=st.integers(0, 50))
    def leave(self, seed: int) -> None:
        self.company.dice.seed(seed)
        self.company.leave(self.employee, self.day)

    @invariant()
    def one_is_in_force(self) -> None:
        going = Dispense.objects.filter(status=Status.ACCEPTED.value, superseded_by=None)
        assert going.count() <= 1

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
        max_examples=12,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    run_state_machine_as_test(Lives, settings=options)

"""A departure declared while something else happens to a request of the employee: both, one after the other."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Employee
from accounts.services import declare_departure
from dispenses.life import changing, confirming
from dispenses.models import Dispense
from dispenses.request import departure, endings, succession, transitions
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.registry import decide
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, StaffFactory
from tests.servers.waiting import until

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

WAITING = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pid = ANY(%s))"


class Other:
    """What another connection does: begun when told to, waited for until it waits for a row, or is over."""

    def __init__(self, pool: ThreadPoolExecutor, act: Callable[[], object]) -> None:
        self.go, self.pids = Event(), []
        self.done: Future[object] = pool.submit(self._run, act)

    def _run(self, act: Callable[[], object]) -> object:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.pids.append(cursor.fetchone()[0])
            assert self.go.wait(60)
            return act()
        finally:
            connection.close()

    def meets(self) -> None:
        """Let it go, until it waits for what this connection holds, or is over."""
        self.go.set()
        with connection.cursor() as cursor:

            def waits() -> bool:
                cursor.execute(WAITING, [self.pids])
                return bool(cursor.fetchone()[0])

            if not until(lambda: self.done.done() or waits(), 120):
                pytest.fail("L’autre connexion n’attend pas, et ne finit pas.")


@contextmanager
def another(act: Callable[[], object]) -> Iterator[Other]:
    with ThreadPoolExecutor(1) as pool:
        other = Other(pool, act)
        try:
            yield other
        finally:
            other.go.set()


def meeting(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, other: Other) -> None:
    """Have the other one come once, at the first call of that function, which then goes on."""
    real = getattr(module, name)

    def called(*args: Any, **kwargs: Any) -> Any:
        if not other.go.is_set():
            other.meets()
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, called)


class Company:
    """Somebody let off who asked again, and whose departure is declared."""

    def __init__(self) -> None:
        role = CorrespondentFactory()
        self.by = role.user
        self.employee = EmployeeFactory(employer=role.employer, activated=True)
        self.former = DispenseFactory(employee=self.employee, accepted=True)
        self.asked = DispenseFactory(employee=self.employee, in_progress=True)
        self.staff = StaffFactory()
        self.left_on: date = timezone.localdate() + timedelta(days=30)

    def leave(self) -> None:
        employee = Employee.objects.get(pk=self.employee.pk)
        declare_departure(employee=employee, by=self.by, left_on=self.left_on)

    def grant(self) -> None:
        decide(AcceptContent(), dispense=Dispense.objects.get(pk=self.asked.pk), user=self.staff)

    def confirm(self) -> None:
        confirming.confirm(dispense=Dispense.objects.get(pk=self.former.pk), user=self.employee.user)

    def announce(self) -> None:
        changing.announce(
            dispense=Dispense.objects.get(pk=self.former.pk),
            user=self.employee.user,
            last_day=self.left_on - timedelta(days=9),
            cause=changing.EndCause.SITUATION,
            reason="Je le dis.",
        )

    def ends(self) -> list[dict[str, str]]:
        found = Dispense.objects.filter(employee=self.employee).order_by("pk")
        assert all(endings.earliest(endings.of(one)) == (one.ends_on, one.end_cause) for one in found)
        return [sorted(one.ends) for one in found]


GRANTED = [["departure", "replaced"], ["departure"]]


def test_the_decision_comes_first_then_the_departure(monkeypatch: pytest.MonkeyPatch) -> None:
    company = Company()
    with another(company.leave) as other:
        meeting(monkeypatch, succession, "give_way", other)
        company.grant()
        other.done.result(60)
    assert company.ends() == GRANTED


def test_the_departure_comes_first_then_the_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    company = Company()
    with another(company.grant) as other:
        meeting(monkeypatch, departure, "follow", other)
        company.leave()
        other.done.result(60)
    assert company.ends() == GRANTED


@pytest.mark.parametrize(("act", "ends"), [("confirm", ["departure"]), ("announce", ["departure", "situation"])])
@pytest.mark.parametrize("first", ["leave", "employee"])
def test_the_employee_acts_at_the_same_instant(
    monkeypatch: pytest.MonkeyPatch, act: str, ends: list[str], first: str
) -> None:
    company = Company()
    today = timezone.localdate()
    Dispense.objects.filter(pk=company.former.pk).update(confirm_by=today + timedelta(days=20))
    acts = [company.leave, getattr(company, act)]
    one, two = acts if first == "leave" else reversed(acts)
    with another(two) as other:
        meeting(monkeypatch, transitions.history, "append", other)
        one()
        other.done.result(60)
    assert company.ends()[0] == ends


def test_a_request_that_goes_to_another_employee_meanwhile_is_locked_with_theirs() -> None:
    former, latter = EmployeeFactory(activated=True), EmployeeFactory(activated=True)
    moved, waiting = DispenseFactory(employee=former, accepted=True), DispenseFactory(employee=latter, in_progress=True)
    locked, looked = Event(), Event()

    def lock() -> int:
        with transaction.atomic():
            found = transitions.lock(Dispense(number=moved.number))
            locked.set()
            assert looked.wait(60)
            return int(found.employee_id)

    with another(lock) as other:
        try:
            with transaction.atomic():
                Dispense.objects.filter(pk=moved.pk).update(employee=latter)
                other.meets()
            assert locked.wait(60)
            with transaction.atomic():
                free = Dispense.objects.select_for_update(skip_locked=True).filter(pk__in=[moved.pk, waiting.pk])
                assert list(free) == []
        finally:
            looked.set()
        assert other.done.result(60) == latter.pk

"""Two people, or two tabs, at the same instant: one effect, the other is told. On a real PostgreSQL."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connection

from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense
from dispenses.request import drafts, sending
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from notifications.models import OutgoingEmail
from tests.factories import DispenseFactory, EmployeeFactory, StaffFactory

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def together(*actions: Callable[[], object]) -> list[object]:
    """Run the actions at once, each on its own connection; an exception is a result like another."""
    barrier, results = Barrier(len(actions)), [None] * len(actions)

    def run(index: int, action: Callable[[], object]) -> None:
        try:
            barrier.wait()
            results[index] = action()  # type: ignore[call-overload]
        except Exception as error:
            results[index] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(results)


def test_two_decisions_at_once() -> None:
    dispense = DispenseFactory(in_progress=True)
    one, two = StaffFactory(), StaffFactory()
    results = together(
        lambda: decide(AcceptContent(), dispense=Dispense.objects.get(pk=dispense.pk), user=one),
        lambda: decide(
            RefuseContent(reason="Non conforme", rule="art. D911-2", de_droit=True),
            dispense=Dispense.objects.get(pk=dispense.pk),
            user=two,
        ),
    )
    refused = [r for r in results if isinstance(r, TransitionRefused)]
    assert len(refused) == 1
    assert refused[0].code == Code.CHANGED
    assert dispense.events.filter(transition__in=["accept", "refuse"]).count() == 1
    assert OutgoingEmail.objects.filter(dedup_key=f"dispense-decided:{dispense.number}").count() == 1


def test_a_double_click_sends_once() -> None:
    dispense = DispenseFactory()
    user = dispense.employee.user
    results = together(*[lambda: sending.submit(dispense=dispense, user=user)] * 4)
    assert sum(isinstance(r, Dispense) for r in results) == 1
    assert sum(isinstance(r, TransitionRefused) for r in results) == 3
    assert dispense.declarations.count() == dispense.events.count() == 1
    assert OutgoingEmail.objects.filter(dedup_key=f"dispense-received:{dispense.number}").count() == 1


def test_two_tabs_begin_one_draft() -> None:
    employee = EmployeeFactory(activated=True)
    results = together(*[lambda: drafts.get_or_create_draft(employee=employee)] * 4)
    assert len({r.number for r in results if isinstance(r, Dispense)}) == 1
    assert Dispense.objects.filter(employee=employee).count() == 1


def test_two_clicks_while_a_draft_is_given_up_begin_one() -> None:
    given_up = drafts.abandon_draft(dispense=DispenseFactory())
    results = together(*[lambda: drafts.get_or_create_draft(employee=given_up.employee)] * 4)
    assert {r.pk for r in results if isinstance(r, Dispense)} == {Dispense.objects.get().pk}
    assert all(isinstance(r, Dispense) for r in results)
    assert Dispense.objects.get().pk != given_up.pk

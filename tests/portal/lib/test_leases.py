"""A row under a lease: taken by one worker, written by whoever still holds it, taken up when the lease ends."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import ReminderRun
from dispenses.models import EvidencePack
from dispenses.models.packs import OPEN_PACKS
from portal.lib import leases
from portal.lib.leases import Held, LeaseLost, due, sweep, take
from tests.dispenses.packs.packs import asked
from tests.factories import CorrespondentFactory

pytestmark = pytest.mark.django_db
LEASE = timedelta(minutes=5)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def clock() -> Iterator[Any]:
    """Time stands still, and goes where a test sends it."""
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture(params=["leased_until", "due_at"])
def field(request: pytest.FixtureRequest) -> str:
    """Both ways that rows have to say until when they are held."""
    return str(request.param)


@pytest.fixture
def pk(clock: Any, field: str) -> int:
    role = CorrespondentFactory()
    if field == "due_at":
        return asked(role.employer, role.user).pk
    return ReminderRun.objects.create(employer=role.employer, asked_by=role.user).pk


def rows(field: str) -> "QuerySet[Any]":
    if field == "due_at":
        return EvidencePack.objects.filter(status__in=OPEN_PACKS)
    return ReminderRun.objects.filter(finished_at__isnull=True)


def taken(field: str, pk: int) -> "Held[Any] | None":
    return take(rows(field), pk, lease=LEASE, field=field)


def mine(field: str, pk: int) -> "Held[Any]":
    held = taken(field, pk)
    assert held is not None
    return held


def counter(field: str) -> str:
    return "done" if field == "due_at" else "sent"


def written(field: str, pk: int) -> int:
    return int(rows(field).values_list(counter(field), flat=True).get(pk=pk))


def test_one_worker_takes_it(field: str, pk: int) -> None:
    held = mine(field, pk)
    assert getattr(held.row, field) == timezone.now() + LEASE
    assert taken(field, pk) is None
    assert not due(rows(field), field=field).exists()


def test_what_is_written_as_it_is_taken_is_read(field: str, pk: int) -> None:
    held = take(rows(field), pk, lease=LEASE, field=field, **{counter(field): F(counter(field)) + 1})
    assert held is not None
    assert getattr(held.row, counter(field)) == 1


def test_a_lease_ends_at_its_very_instant(field: str, pk: int, clock: Any) -> None:
    mine(field, pk)
    end = timezone.now() + LEASE
    clock.move_to(end - INSTANT)
    assert taken(field, pk) is None
    clock.move_to(end)
    assert due(rows(field), field=field).exists()
    assert taken(field, pk) is not None


def test_a_killed_worker_is_followed_by_another(field: str, pk: int, clock: Any) -> None:
    killed = mine(field, pk)
    killed.renew(**{counter(field): 3})
    clock.shift(LEASE)
    assert getattr(mine(field, pk).row, counter(field)) == 3


def test_a_worker_taken_over_writes_nothing_more(field: str, pk: int, clock: Any) -> None:
    late = mine(field, pk)
    clock.shift(LEASE)
    other = mine(field, pk)
    for write in (late.renew, late.finish, late.give_back):
        with pytest.raises(LeaseLost):
            write(**{counter(field): 7})
    with pytest.raises(LeaseLost), late.step(**{counter(field): 7}):
        raise AssertionError("nothing is done under a lease that is lost")
    assert written(field, pk) == 0
    other.renew(**{counter(field): 1})
    assert written(field, pk) == 1


def test_a_late_worker_that_nobody_followed_goes_on(field: str, pk: int, clock: Any) -> None:
    held = mine(field, pk)
    clock.shift(3 * LEASE)
    held.renew(**{counter(field): 2})
    assert written(field, pk) == 2
    assert taken(field, pk) is None


def test_renewing_holds_for_a_whole_lease_from_then_on(field: str, pk: int, clock: Any) -> None:
    held = mine(field, pk)
    for turn in range(1, 4):
        clock.shift(LEASE - INSTANT)
        held.renew(**{counter(field): turn})
        assert (getattr(held.row, counter(field)), taken(field, pk)) == (turn, None)
    clock.shift(LEASE)
    assert taken(field, pk) is not None


def test_a_step_that_fails_is_as_if_it_had_not_begun(field: str, pk: int, clock: Any) -> None:
    held = mine(field, pk)
    clock.shift(LEASE / 2)
    with pytest.raises(ZeroDivisionError), held.step(**{counter(field): 5}):
        raise ZeroDivisionError
    assert (written(field, pk), getattr(held.row, counter(field))) == (0, 0)
    with held.step(**{counter(field): 5}):  # it is still ours: tried again
        pass
    assert (written(field, pk), getattr(held.row, counter(field))) == (5, 5)


def test_what_is_given_back_is_taken_at_once(field: str, pk: int) -> None:
    mine(field, pk).give_back(**{counter(field): 4})
    assert getattr(mine(field, pk).row, counter(field)) == 4


def test_what_is_given_back_for_later_waits(field: str, pk: int, clock: Any) -> None:
    at = timezone.now() + timedelta(minutes=20)
    held = mine(field, pk)
    held.give_back(at=at)
    with pytest.raises(LeaseLost):
        held.renew()
    clock.move_to(at - INSTANT)
    assert taken(field, pk) is None
    clock.move_to(at)
    assert taken(field, pk) is not None


def test_what_is_finished_is_nobody_s(field: str, pk: int, clock: Any) -> None:
    held = mine(field, pk)
    held.finish(**({"status": "failed"} if field == "due_at" else {"finished_at": timezone.now()}))
    clock.shift(2 * LEASE)
    assert taken(field, pk) is None
    if field == "leased_until":
        assert ReminderRun.objects.get(pk=pk).leased_until is None


def test_what_is_closed_or_deleted_meanwhile_is_lost(field: str, pk: int) -> None:
    held = mine(field, pk)
    if field == "due_at":
        rows(field).update(status="failed")
    else:
        rows(field).all().delete()
    with pytest.raises(LeaseLost):
        held.renew()


def test_a_row_that_does_not_exist_is_not_taken(field: str, pk: int) -> None:
    assert taken(field, pk + 1) is None


def test_a_sweep_works_on_so_many_in_order() -> None:
    role = CorrespondentFactory()
    keys = [ReminderRun.objects.create(employer=role.employer, asked_by=role.user).pk for _ in range(4)]
    held = rows("leased_until").get(pk=keys[0])
    ReminderRun.objects.filter(pk=held.pk).update(leased_until=timezone.now() + LEASE)
    seen: list[int] = []
    assert sweep(due(rows("leased_until")).order_by("pk"), seen.append, most=2) == 2
    assert seen == keys[1:3]


def test_a_sweep_ends_with_its_time_or_when_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    role = CorrespondentFactory()
    keys = [ReminderRun.objects.create(employer=role.employer, asked_by=role.user).pk for _ in range(4)]
    asked_for = rows("leased_until").order_by("pk")
    assert sweep(asked_for, lambda pk: pk != keys[2], most=50) == 2
    ticks = iter([0.0, 1.0, 6.0])
    monkeypatch.setattr(leases.time, "monotonic", lambda: next(ticks))
    assert sweep(asked_for, lambda pk: None, most=50, seconds=5) == 2  # one long one at most after the first

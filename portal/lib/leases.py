"""What workers take: a row under a lease, its results written by whoever still holds it, taken up when the lease ends.

A column of the row says until when it is held: `leased_until`, empty when nobody has it, or the instant at which its
work is due, moved past the lease. That instant also says who holds it: a worker knows the one that it wrote, and the
next one writes a later one. `_ours` compares them, for all that is written under a lease.

Mails and webhook calls are taken many at a time; they share the states of their enums: queued,
sending, retry, sent, failed.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, cast

from django.db import connection, transaction
from django.db.models import Case, F, Model, Q, QuerySet, Value, When
from django.utils import timezone

from portal.lib import clocks

Row = TypeVar("Row", bound=Model)
LEASED_UNTIL = "leased_until"
PURGE_BATCH = 1000


_paused: Callable[[], bool] = bool  # never, unless the process says when


def pause_when(paused: Callable[[], bool]) -> None:
    """From now on this process, a worker, takes nothing while `paused` says so; what it holds it ends."""
    global _paused
    _paused = paused


def _may_take() -> bool:
    """Whether this process may take work: its clock is right, and nobody asked for a pause."""
    return clocks.may_take() and not _paused()


class LeaseLost(Exception):
    """Another worker has taken the row over, or nothing is left to do on it: what was made of it is not written."""


def due(rows: QuerySet[Row], *, field: str = LEASED_UNTIL, now: datetime | None = None) -> QuerySet[Row]:
    """Those that nobody holds: never taken, given back, or the lease has ended, at its very instant."""
    free = Q(**{f"{field}__lte": now or timezone.now()})
    if rows.model._meta.get_field(field).null:
        free |= Q(**{f"{field}__isnull": True})
    return rows.filter(free)


def _ours(rows: QuerySet[Row], field: str, until: datetime) -> QuerySet[Row]:
    """Those of our `rows` that no other worker has taken over since."""
    return rows.filter(**{field: until})


# One row at a time


class Held(Generic[Row]):
    """A row that this worker holds. It is written through here alone, and LeaseLost says that it is ours no more."""

    def __init__(self, row: Row, rows: QuerySet[Row], *, lease: timedelta, field: str, until: datetime) -> None:
        self.row = row
        self._rows, self._lease, self._field, self._until = rows, lease, field, until

    def renew(self, **changes: Any) -> None:
        """Write `changes`, and hold the row for a whole lease from now on.

        Inside a transaction it comes last: were something after it to fail, the row would say less than we believe.
        """
        with self.step(**changes):
            pass

    @contextmanager
    def step(self, **changes: Any) -> Iterator[None]:
        """A transaction that begins by renewing the lease with `changes`: they are written with what is done inside."""
        until = timezone.now() + self._lease
        with transaction.atomic():
            self._write({**changes, self._field: until})
            yield
        self._until = until
        self._note({**changes, self._field: until})

    def finish(self, **changes: Any) -> None:
        """Write the last `changes`, after which nothing is left to do."""
        released = {self._field: None} if self._rows.model._meta.get_field(self._field).null else {}
        self._write({**changes, **released})
        self._note({**changes, **released})

    def give_back(self, *, at: datetime | None = None, **changes: Any) -> None:
        """Leave the rest to the next worker, at `at` or at once."""
        freed = {**changes, self._field: at or timezone.now()}
        self._write(freed)
        self._note(freed)

    def _write(self, changes: dict[str, Any]) -> None:
        if not _ours(self._rows.filter(pk=self.row.pk), self._field, self._until).update(**changes):
            raise LeaseLost

    def _note(self, changes: dict[str, Any]) -> None:
        for name, value in changes.items():
            if not hasattr(value, "resolve_expression"):
                setattr(self.row, name, value)


def take(
    rows: QuerySet[Row],
    pk: object,
    *,
    lease: timedelta,
    field: str = LEASED_UNTIL,
    now: datetime | None = None,
    **changes: Any,
) -> Held[Row] | None:
    """Take one of `rows`, those on which something is left to do, and write `changes`.

    None when another worker has it, when this machine's clock is off, or during a pause.

    `rows` still holds while the row is worked on: one that leaves it (given up, deleted) is lost to its worker.
    """
    if not _may_take():
        return None
    until = (now or timezone.now()) + lease
    if not due(rows, field=field, now=now).filter(pk=pk).update(**changes, **{field: until}):
        return None
    row = rows.filter(pk=pk).first()
    return None if row is None else Held(row, rows, lease=lease, field=field, until=until)


def sweep(rows: QuerySet[Row], work: Callable[[Any], object], *, most: int, seconds: float = math.inf) -> int:
    """Work on the first `most` of `rows`, for about `seconds`: tasks that were lost, workers that died.

    `work` is given a key; when it returns False, the others would wait for nothing: the sweep ends. Returns how many
    were worked on.
    """
    end = time.monotonic() + seconds
    done = 0
    for pk in list(rows.values_list("pk", flat=True)[:most]):
        if (done and time.monotonic() > end) or work(pk) is False:
            break
        done += 1
    return done


# Many at a time


def claim(
    waiting: QuerySet[Row], *, limit: int, lease: timedelta, order: Sequence[str] = ("next_try_at",)
) -> list[Row]:
    """Take up to `limit` of the rows `waiting` whose turn has come, the oldest first; ours until the lease ends."""
    if not _may_take():
        return []
    now = timezone.now()
    until = now + lease
    first = waiting.filter(next_try_at__lte=now).order_by(*order)
    skips = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        rows = list(first.select_for_update(of=("self",), skip_locked=skips)[:limit])
        if rows:
            _these(rows).update(status="sending", leased_until=until)
    for row in rows:
        cast(Any, row).leased_until = until
    return rows


def _these(rows: Sequence[Row]) -> QuerySet[Row]:
    return type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows])


def held(rows: Sequence[Row]) -> QuerySet[Row]:
    """These rows (of one batch), as long as our lease on them is the current one."""
    return _ours(_these(rows).filter(status="sending"), LEASED_UNTIL, cast(Any, rows[0]).leased_until)


def renew(rows: Sequence[Row], *, lease: timedelta) -> None:
    """Hold these rows (of one batch) for a whole lease from now on. Raises LeaseLost when one is ours no more."""
    until = timezone.now() + lease
    kept = held(rows).update(leased_until=until)
    for row in rows:
        cast(Any, row).leased_until = until  # those that are lost have another instant: nothing is written on them
    if kept < len(rows):
        raise LeaseLost


def later(seconds: float) -> datetime:
    """In about `seconds`: the rows of one outage do not all come back at the same instant."""
    return timezone.now() + timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 – no secret here


def give_back(rows: Sequence[Row], delay: float) -> None:
    """These were not tried: they keep their attempts and come back in `delay` seconds."""
    if rows:
        held(rows).update(status="retry", leased_until=None, next_try_at=later(delay))


def take_back(rows: QuerySet[Row], *, given_up: Q) -> int:
    """Take back the rows whose worker died: their lease has ended. Returns how many.

    It counts as an attempt, so that a row that kills its worker is given up in the end.
    """
    if not _may_take():
        return 0
    now = timezone.now()
    changes: dict[str, Any] = {
        "status": Case(When(given_up, then=Value("failed")), default=Value("retry")),
        "attempts": F("attempts") + 1,
        "leased_until": None,
        "next_try_at": now,
        "last_error": "Envoi interrompu",
    }
    return due(rows.filter(status="sending"), now=now).update(**changes)


def purge(old: QuerySet[Row]) -> int:
    """Delete rows, a batch at a time. Returns how many."""
    deleted = 0
    while ids := list(old.order_by().values_list("pk", flat=True)[:PURGE_BATCH]):
        deleted += old.filter(pk__in=ids).order_by().delete()[0]
    return deleted

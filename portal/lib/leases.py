"""What every row that leaves has in common: claimed under a lease, settled by who holds it, taken back when it passes.

Mails and webhook calls share the states of their enums: queued, sending, retry, sent, failed.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from django.db import connection, transaction
from django.db.models import Case, F, Model, Q, QuerySet, Value, When
from django.utils import timezone

Row = TypeVar("Row", bound=Model)
PURGE_BATCH = 1000


def claim(due: QuerySet[Row], *, limit: int, lease: timedelta) -> list[Row]:
    """Take up to `limit` of the rows `due`, all of them waiting, the oldest first; ours until the lease ends."""
    now = timezone.now()
    until = now + lease
    waiting = due.filter(next_try_at__lte=now).order_by("next_try_at")
    with transaction.atomic():
        rows = list(
            waiting.select_for_update(of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked)[
                :limit
            ]
        )
        if rows:
            due.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(
                status="sending", leased_until=until
            )
    for row in rows:
        cast(Any, row).leased_until = until
    return rows


def free(now: datetime) -> Q:
    """Rows that nobody holds: never taken, or their lease has passed."""
    return Q(leased_until__isnull=True) | Q(leased_until__lt=now)


def held(rows: Sequence[Row]) -> QuerySet[Row]:
    """These rows (of one batch), as long as our lease on them is the current one."""
    first = rows[0]
    return type(first)._default_manager.filter(
        pk__in=[row.pk for row in rows], status="sending", leased_until=cast(Any, first).leased_until
    )


def later(seconds: float) -> datetime:
    """In about `seconds`: the rows of one outage do not all come back at the same instant."""
    return timezone.now() + timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 – no secret here


def give_back(rows: Sequence[Row], delay: float) -> None:
    """These were not tried: they keep their attempts and come back in `delay` seconds."""
    if rows:
        held(rows).update(status="retry", leased_until=None, next_try_at=later(delay))


def take_back(rows: QuerySet[Row], *, given_up: Q) -> int:
    """Take back the rows whose worker died: their lease has passed. Returns how many.

    It counts as an attempt, so that a row that kills its worker is given up in the end.
    """
    now = timezone.now()
    changes: dict[str, Any] = {
        "status": Case(When(given_up, then=Value("failed")), default=Value("retry")),
        "attempts": F("attempts") + 1,
        "leased_until": None,
        "next_try_at": now,
        "last_error": "Envoi interrompu",
    }
    return rows.filter(status="sending", leased_until__lt=now).update(**changes)


def purge(old: QuerySet[Row]) -> int:
    """Delete rows, a batch at a time. Returns how many."""
    deleted = 0
    while ids := list(old.order_by().values_list("pk", flat=True)[:PURGE_BATCH]):
        deleted += old.model._default_manager.filter(pk__in=ids).delete()[0]
    return deleted

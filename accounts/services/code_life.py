"""A code lives from the departure of its mail: what the key of the mail says, and how the instant is moved."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

SOON = timedelta(seconds=30)  # a mail that left within that time changes nothing for its reader


def key(pk: int, sent_at: datetime) -> str:
    """The end of a mail's `dedup_key`: the row that holds the code, and which of its codes."""
    return f"{pk}:{_milliseconds(sent_at)}"


def count_from(rows: QuerySet[Any], field: str, keys: Sequence[str], at: datetime) -> None:
    """Make `at` the instant, held by `field`, at which these codes were sent: those that are still the row's own."""
    written = {int(number): int(moment) for number, moment in (text.split(":")[-2:] for text in keys)}
    for pk, known in rows.filter(pk__in=written).values_list("pk", field):
        if known is not None and known < at - SOON and _milliseconds(known) == written[pk]:
            rows.filter(pk=pk, **{field: known}).update(**{field: at})


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)

"""Lists read page by page, each page beginning next to a row and not after so many rows.

Nothing is counted or skipped over, so the last page costs what the first does, and a row that comes or goes meanwhile
neither repeats nor hides another. A place in a list is the sorting values of a row, written in an address as numbers:
instants in microseconds since 1970 (UTC), days since year 1, numbers as they are. Text is never written there: names
have no place in addresses.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import DateField, DateTimeField, F, Field, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)  # whatever is longer, a database may refuse
Place = tuple[Any, ...]
M = TypeVar("M", bound=Model)
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows in the order of the list; the places, as written, from which its neighbours begin, "" when there is none."""

    rows: list[Row]
    before: str
    after: str


@dataclass(frozen=True)
class Order:
    """Fields that sort a list, never null, the last one unique; all ascending, or all `descending`.

    One direction for all lets whole rows be compared, (a, b) > (x, y): the form that PostgreSQL enters an index by.
    """

    names: tuple[str, ...]
    descending: bool = False

    def by(self, *, back: bool = False) -> tuple[str, ...]:
        """What `order_by` takes, from the end to the beginning when `back`."""
        return tuple(f"-{name}" if self.descending is not back else name for name in self.names)

    def following(self, found: "QuerySet[M, Row]", place: Sequence[Any], *, back: bool = False) -> "QuerySet[M, Row]":
        """The rows after `place`, in order; those before it, the nearest first, when `back`."""
        less = self.descending is not back
        if len(self.names) == 1:
            bounded = found.filter(**{f"{self.names[0]}__{'lt' if less else 'gt'}": place[0]})
        else:
            lookup = TupleLessThan if less else TupleGreaterThan
            bounded = found.filter(lookup(Tuple(*map(F, self.names)), tuple(place)))
        return bounded.order_by(*self.by(back=back))

    def place(self, row: Any) -> Place:
        """The place of a row that has the fields as attributes."""
        return tuple(getattr(row, name) for name in self.names)

    def read(self, model: type[Model], text: str) -> Place | None:
        """The place that an address gives; None, which is the beginning, for whatever none of ours would be."""
        parts = text.split(".")
        if len(parts) != len(self.names) or not all(map(NUMBER.fullmatch, parts)):
            return None
        try:
            return tuple(_value(_field(model, name), int(part)) for name, part in zip(self.names, parts, strict=True))
        except (OverflowError, ValueError):  # past the calendar
            return None


def write(place: Sequence[Any]) -> str:
    """A place as it stands in an address. Raises TypeError for a value that is no instant, no day and no number."""
    return ".".join(map(_number, place))


def page(
    found: "QuerySet[M, Row]",
    order: Order,
    *,
    size: int,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    written: Callable[[Row], str] | None = None,
) -> Page[Row]:
    """`size` rows that follow `after`, or else that precede `before`, or else the first ones; in one query.

    `written` gives the place of a row as it stands in an address, when it is not that of the row's own attributes.
    """
    told = written or (lambda row: write(order.place(row)))
    back = after is None and before is not None
    place = before if back else after
    found = found.order_by(*order.by()) if place is None else order.following(found, place, back=back)
    rows = list(found[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    has_before, has_after = (more, True) if back else (place is not None, more)
    return Page(
        rows=rows,
        before=told(rows[0]) if rows and has_before else "",
        after=told(rows[-1]) if rows and has_after else "",
    )


def _number(value: Any) -> str:
    if isinstance(value, datetime):
        return str((value.astimezone(UTC) - EPOCH) // MICROSECOND)
    if isinstance(value, date):
        return str(value.toordinal())
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"a place holds no {type(value).__name__}")


def _value(field: "Field[Any, Any]", number: int) -> Any:
    if isinstance(field, DateTimeField):
        return EPOCH + number * MICROSECOND
    return date.fromordinal(number) if isinstance(field, DateField) else number


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if not isinstance(field, Field):
        raise TypeError(f"{name} is no column")
    return field

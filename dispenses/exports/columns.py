"""A column of a list that leaves as a file: its heading, what it reads of a row, how it is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from portal.lib.cells import Value

CHUNK = 2000  # rows in memory at a time


@dataclass(frozen=True)
class Column:
    """`reads`: fields or expressions of the list's query; `write` makes the cell of them, the first by itself."""

    heading: str
    reads: tuple[str | Combinable, ...]
    write: Callable[..., Value] | None = None


@dataclass(frozen=True)
class Listing:
    """One list with its filter applied."""

    name: str
    title: str
    columns: Sequence[Column]
    source: QuerySet[Any, Any]
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(column.heading for column in self.columns)

    def count(self) -> int:
        return self.source.order_by().count()

    def values(self) -> "QuerySet[Any, tuple[Any, ...]]":
        """What the columns read of each row, one after the other."""
        return self.source.values_list(*(read for column in self.columns for read in column.reads))

    def rows(self) -> Iterator[Sequence[Value]]:
        """Every row, a few thousand in memory at a time."""
        places: list[tuple[int, int, Callable[..., Value] | None]] = []
        start = 0
        for column in self.columns:
            places.append((start, start + len(column.reads), column.write))
            start += len(column.reads)
        for row in self.values().iterator(chunk_size=CHUNK):
            yield [row[first] if write is None else write(*row[first:stop]) for first, stop, write in places]

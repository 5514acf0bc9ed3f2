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

    def rows(self) -> Iterator[Sequence[Value]]:
        """Every row, a few thousand in memory at a time."""
        places: list[tuple[int, int, Callable[..., Value] | None]] = []
        reads: list[Any] = []
        for column in self.columns:
            places.append((len(reads), len(reads) + len(column.reads), column.write))
            reads += column.reads
        for row in self.source.values_list(*reads).iterator(chunk_size=CHUNK):
            yield [row[start] if write is None else write(*row[start:stop]) for start, stop, write in places]

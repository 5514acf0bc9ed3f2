"""What a decision says, typed: kept as JSON while it waits, told in words to whoever reads it meanwhile."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Self

from django.utils.formats import date_format

LABEL = "label"


def labelled(label: str) -> dict[str, str]:
    """Metadata of a content's field: what stands before it in words; "" when its words are not told."""
    return {LABEL: label}


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a decision says, as it waits in the database. Every field has a default: `check` tells what lacks."""

    def stored(self) -> dict[str, Any]:
        """As JSON: dates in ISO 8601, sequences as lists."""
        return {key: _plain(value) for key, value in asdict(self).items()}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """The content of a row, the reverse of `stored`. What other versions of the portal wrote beside is left out."""
        return cls(**{one.name: data[one.name] for one in fields(cls) if one.name in data})

    def words(self) -> list[tuple[str, str]]:
        """What it says, as (label, text) pairs."""
        told = [(one.metadata[LABEL], getattr(self, one.name)) for one in fields(self)]
        return [(label, _in_words(value)) for label, value in told if label and value]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _in_words(value: Any) -> str:
    return date_format(value, "j F Y") if isinstance(value, date) else str(value)

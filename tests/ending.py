"""The end of a dispense granted, written into a test as the portal writes it."""

from datetime import date
from typing import Any

from dispenses.enums import EndCause
from dispenses.request import endings


def ending(ends_on: date | None, end_cause: str = "rule", **others: date) -> dict[str, Any]:
    """Fields of a dispense that ends on that day for that cause; `others`: the ends that come after, by cause."""
    known = {EndCause(cause): day for cause, day in others.items()}
    return endings.columns(known | ({EndCause(end_cause): ends_on} if ends_on else {}))

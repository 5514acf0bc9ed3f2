"""Databases of before: each end of a row goes to its cause (migration 0035)."""

from datetime import date, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from portal.lib.typography import long_day

migration = import_module("dispenses.migrations.0035_ends_by_cause")

FIRST, SECOND, THIRD = date(2027, 3, 1), date(2027, 4, 1), date(2027, 5, 1)
SAID = f"Dernier jour de la dispense\xa0: {long_day(SECOND)}. Je souhaite adhérer au contrat de mon entreprise."


class Events:
    """The latest of the events that the migration asks for."""

    def __init__(self, transition: str, comment: str) -> None:
        self.event = SimpleNamespace(transition=transition, comment=comment)

    def filter(self, **_: object) -> "Events":
        return self

    def order_by(self, *_: object) -> "Events":
        return self

    def first(self) -> SimpleNamespace:
        return self.event


def row(cause: str, own: date | None = None, **fields: Any) -> SimpleNamespace:
    """A row of before that ends on FIRST."""
    known: dict[str, Any] = {
        "status": "accepted",
        "ends_on": FIRST,
        "end_cause": cause,
        "own_ends_on": own,
        "superseded_by": None,
        "employee": SimpleNamespace(left_on=None),
        "events": Events("accept", ""),
    }
    return SimpleNamespace(**known | fields)


def replaced_from(day: date) -> SimpleNamespace:
    return SimpleNamespace(effective_on=day, decided_at=None)


LEAVES = SimpleNamespace(left_on=THIRD)
EVE = SECOND - timedelta(days=1)


@pytest.mark.parametrize(
    ("before", "ends"),
    [
        (row("rule"), {"rule": FIRST}),
        (row("", status="ended"), {"rule": FIRST}),
        (row("rule", employee=LEAVES), {"rule": FIRST, "departure": THIRD}),
        (row("rule", status="ended", employee=LEAVES), {"rule": FIRST}),
        (row("departure", SECOND), {"departure": FIRST, "rule": SECOND}),
        (
            row("departure", THIRD, superseded_by=replaced_from(SECOND)),
            {"departure": FIRST, "replaced": EVE, "rule": THIRD},
        ),
        (row("departure", SECOND, events=Events("announce_end", SAID)), {"departure": FIRST, "given_up": SECOND}),
        (row("replaced", THIRD, events=Events("announce_end", SAID)), {"replaced": FIRST, "rule": THIRD}),
        (row("situation", SECOND), {"situation": FIRST, "rule": SECOND}),
        (row("situation", FIRST, superseded_by=replaced_from(SECOND)), {"situation": FIRST, "replaced": EVE}),
        (row("unconfirmed", SECOND, status="ended"), {"unconfirmed": FIRST, "rule": SECOND}),
        (row("contract", status="ended"), {"contract": FIRST}),
    ],
)
def test_each_end_finds_its_cause(before: Any, ends: dict[str, date]) -> None:
    found = migration.ends_of(before, migration.announced(before))
    assert found == ends
    assert min(found.values()) == before.ends_on

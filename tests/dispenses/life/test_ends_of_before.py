"""Databases of before: each end of a row goes to its cause (migration 0036)."""

from datetime import date, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from dispenses.enums import EndCause
from dispenses.models import Dispense
from dispenses.request import endings
from portal.lib.typography import long_day
from tests.ending import ending
from tests.factories import DispenseFactory

migration = import_module("dispenses.migrations.0036_no_own_end")

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


@pytest.mark.parametrize(("cause", "found"), [("", "rule"), ("situation", "situation")])
def test_a_last_day_that_the_image_of_before_wrote_meanwhile_is_known(cause: str, found: str) -> None:
    written = Dispense(ends_on=FIRST, end_cause=cause)
    assert endings.with_moved(written, {EndCause.DEPARTURE: THIRD}) == {found: FIRST, "departure": THIRD}
    assert endings.of(Dispense()) == {}


def known_to(name: str) -> Any:
    """The requests as the code of that migration reads and writes them."""
    return MigrationLoader(connection).project_state(("dispenses", name)).apps.get_model("dispenses", "Dispense")


@pytest.mark.postgresql
@pytest.mark.django_db
def test_the_image_of_before_reads_and_writes_beside_the_new_one() -> None:
    """PostgreSQL alone: on SQLite one program is at work."""
    dispense = DispenseFactory(accepted=True)
    Before = known_to("0039_transfers")
    old = Before.objects.get(pk=dispense.pk)
    Before.objects.filter(pk=dispense.pk).update(own_ends_on=SECOND)
    made = Before.objects.create(employee_id=old.employee_id, ends_on=FIRST, end_cause="rule", own_ends_on=None)
    assert Dispense.objects.get(pk=made.pk).ends == {}


@pytest.mark.postgresql
@pytest.mark.django_db
def test_stopped_and_run_again_it_does_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [DispenseFactory(accepted=True) for _ in range(5)]
    numbers = [row.pk for row in rows]
    Dispense.objects.filter(pk__in=numbers).update(ends={}, ends_on=FIRST, end_cause="rule")
    kept = ending(FIRST, "situation", rule=THIRD)
    Dispense.objects.filter(pk=numbers[0]).update(**kept)
    monkeypatch.setattr(migration, "BATCH", 2)
    apps = MigrationLoader(connection).project_state(("dispenses", "0035_ends_by_cause")).apps
    real, done = migration._to_causes, []

    def dying(model: Any, batch: list[Any]) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(real(model, batch))

    monkeypatch.setattr(migration, "_to_causes", dying)
    with pytest.raises(KeyboardInterrupt):
        migration.by_cause(apps, SimpleNamespace(connection=connection))
    assert Dispense.objects.filter(pk__in=numbers, ends={}).count() == 2
    monkeypatch.setattr(migration, "_to_causes", real)
    migration.by_cause(apps, SimpleNamespace(connection=connection))
    found = list(Dispense.objects.filter(pk__in=numbers).order_by("pk").values_list("ends", flat=True))
    assert found == [kept["ends"], *[{"rule": FIRST.isoformat()}] * 4]

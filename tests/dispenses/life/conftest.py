from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine

from notifications import outbox
from portal.lib import dates
from tests.dispenses.life.granted import DAY


class Clock:
    """The clock of a test, stopped at ten in the morning of a day in Paris."""

    def __init__(self, traveller: Any) -> None:
        self._traveller = traveller

    def move_to(self, day: date) -> None:
        self._traveller.move_to(dates.instant(day, 10))


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    with time_machine.travel(dates.instant(DAY, 10), tick=False) as traveller:
        yield Clock(traveller)


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "wake", lambda: None)

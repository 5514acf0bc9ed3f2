"""The parts of the bench one after the other: each tells its figures as it ends, one that fails stops no other."""

import os
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.figures import Figure

Part = Callable[[Path], Iterable[Figure]]
"""Measures its figures in an empty folder of its own, deleted afterwards."""

GOAL_MISSED, PART_FAILED = 1, 2


class LeftOut(Exception):
    """This machine lacks what the part needs; the text says what."""


@dataclass
class Outcome:
    """What became of a part: its figures, up to the failure if there was one. `load`: of the machine at its start."""

    part: str
    load: float = 0.0
    seconds: float = 0.0
    figures: list[Figure] = field(default_factory=list)
    left_out: str = ""
    failure: str = ""

    @property
    def missed(self) -> list[Figure]:
        return [figure for figure in self.figures if not figure.reached]


def run(parts: Mapping[str, Part], ended: Callable[[list[Outcome]], None]) -> int:
    """Run the parts in order; `ended` is given all the outcomes so far after each.

    Returns the exit code: 0, GOAL_MISSED when a ratio is beyond its goal, PART_FAILED when a part did not end.
    """
    outcomes: list[Outcome] = []
    for name, part in parts.items():
        outcomes.append(_outcome(name, part))
        ended(outcomes)
    if any(outcome.failure for outcome in outcomes):
        return PART_FAILED
    return GOAL_MISSED if any(outcome.missed for outcome in outcomes) else 0


def _outcome(name: str, part: Part) -> Outcome:
    outcome = Outcome(name, load=os.getloadavg()[0])
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix=f"banc-{name}-") as folder:
            for figure in part(Path(folder)):
                outcome.figures.append(figure)
    except LeftOut as reason:
        outcome.left_out = str(reason)
    except Exception:  # whatever it is, the other parts are still worth their time
        outcome.failure = traceback.format_exc()
    outcome.seconds = time.monotonic() - began
    return outcome

"""Each page of an employee beside a bare view: the session, its user, one query, a small template."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.bench.databases import prepared
from tests.bench.figures import Figure, compare
from tests.bench.load import speed
from tests.bench.processes import answer_of, gunicorn
from tests.bench.sizes import sized
from tests.bench.turns import pairs_in_turns

ROUNDS, SECONDS, WARM_UP = sized(21, 2), 0.4, 1.0
GOAL = 0.6


def figures(folder: Path) -> Iterator[Figure]:
    """Requests per second of each page and of the bare view, one after the other in each turn."""
    with prepared(folder) as base:
        targets = answer_of("tests.bench.data", base.environment)
        del targets["ajouter"]
        with gunicorn(base.environment) as (port, _):
            for asked in targets.values():
                speed(port, asked, WARM_UP)
            bare: Callable[[], float] = partial(speed, port, targets.pop("nue"), SECONDS)
            pairs = {
                name: {"ours": partial(speed, port, asked, SECONDS), "theirs": bare} for name, asked in targets.items()
            }
            measured = pairs_in_turns(pairs, ROUNDS)
    detail = f"{SECONDS} s chacun, gunicorn 2 x 2, {base.server}"
    for name, found in measured.items():
        yield compare(f"page {name} / vue nue", found["ours"], found["theirs"], goal=GOAL, unit="req/s", detail=detail)

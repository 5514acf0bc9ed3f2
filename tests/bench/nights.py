"""The nightly jobs of the life of dispenses over a million requests, beside one plain UPDATE of the same rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.databases import Base, prepared
from tests.bench.figures import Figure, compare
from tests.bench.processes import answer_of
from tests.bench.runner import LeftOut
from tests.bench.sizes import sized, spaced

FEW, MANY = 10_000, sized(1_000_000, 20_000)
DUE_OF_FEW, DUE = 20, sized(100, 20)  # of each kind, on each night
TURNS = sized(3, 1)
GOAL, QUIET_GOAL, MEMORY_GOAL = 0.001, 2.0, 1.2


def figures(folder: Path) -> Iterator[Figure]:
    """Each job on nights on which something is due, all of them on a night without anything, and the memory."""
    with prepared(folder, "nuit_peu") as small, prepared(folder, "nuit_beaucoup") as large:
        if large.server != "PostgreSQL":
            raise LeftOut("ne se mesure que sur PostgreSQL")
        few, many = _measured(small, FEW, DUE_OF_FEW), _measured(large, MANY, DUE)
    size = f"{spaced(MANY)} demandes"
    for name, found in many["loaded"].items():
        detail = f"au moins {DUE} lignes dues par nuit, {size}"
        yield compare(
            f"nuit, {name} / un UPDATE", found["ours"], found["plain"], goal=GOAL, unit="lignes/s", detail=detail
        )
    quiet = many["quiet"]
    yield compare(
        "nuit calme, les six tâches / les mêmes UPDATE",
        quiet["ours"],
        quiet["plain"],
        goal=QUIET_GOAL,
        better="lower",
        unit="ms",
        detail=f"rien n’est dû, {size}",
    )
    yield compare(
        f"mémoire des nuits, {spaced(MANY)} / {spaced(FEW)}",
        [many["memory"]],
        [few["memory"]],
        goal=MEMORY_GOAL,
        better="lower",
        unit="Mo",
        detail="processus entier",
    )


def _measured(base: Base, count: int, due: int) -> dict[str, Any]:
    answer_of("tests.bench.nights_run", base.environment, "prepare", *map(str, (count, due, TURNS)))
    found: dict[str, Any] = answer_of("tests.bench.nights_run", base.environment, "measured", *map(str, (due, TURNS)))
    return found

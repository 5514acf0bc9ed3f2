"""The desk with a thousand requests and with a million, page by page, in turn; and beside the admin's own list."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench.databases import prepared
from tests.bench.figures import Figure, compare
from tests.bench.runner import LeftOut
from tests.bench.sizes import sized, spaced
from tests.bench.turns import in_turns, pairs_in_turns

ROOT = Path(__file__).resolve().parents[2]
FEW, MANY = 1_000, sized(1_000_000, 5_000)
SLOWER, FASTER = 1.5, 10.0
ROUNDS, PLAIN_ROUNDS = sized(15, 2), sized(5, 2)
PAGES = (
    "file",
    "file, au milieu",
    "file d’un employeur",
    "recherche d’un nom",
    "recherche d’un matricule",
    "demande",
    "chiffres",
)


class Portal:
    """A process of tests.bench.desk_pages."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError("tests.bench.desk_pages s’est arrêté.")
        return line

    def milliseconds(self, page: str) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{page}\n")
        self.process.stdin.flush()
        return 1000 * float(self._line())


@contextlib.contextmanager
def portal(environment: dict[str, str], count: int) -> Iterator[Portal]:
    """A portal with `count` requests, on the database of `environment`, which must be empty."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.desk_pages", str(count)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Portal(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=60)


def figures(folder: Path) -> Iterator[Figure]:
    """Each page of both portals, then the admin's own list beside the queue, each portal on a database of its own."""
    with prepared(folder, "banc_peu") as small, prepared(folder, "banc_beaucoup") as large:
        if large.server != "PostgreSQL":
            raise LeftOut("ne se mesure que sur PostgreSQL")
        with portal(small.environment, FEW) as few, portal(large.environment, MANY) as many:
            yield from measure(few, many)


def measure(few: Portal, many: Portal) -> Iterator[Figure]:
    """The figures of two portals that answer."""
    sizes = f"{spaced(MANY)} / {spaced(FEW)} demandes"
    pairs = {
        page: {"ours": partial(many.milliseconds, page), "theirs": partial(few.milliseconds, page)} for page in PAGES
    }
    for page, found in pairs_in_turns(pairs, ROUNDS, warm_up=1).items():
        yield compare(
            f"gestion, {page}", found["ours"], found["theirs"], goal=SLOWER, better="lower", unit="ms", detail=sizes
        )
    lists = {"plain": partial(many.milliseconds, "liste d’origine"), "queue": partial(many.milliseconds, "file")}
    found = in_turns(lists, PLAIN_ROUNDS, warm_up=1)
    detail = f"{spaced(MANY)} demandes"
    yield compare("liste de ModelAdmin / file", found["plain"], found["queue"], goal=FASTER, unit="ms", detail=detail)

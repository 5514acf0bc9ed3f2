"""The desk with a thousand requests and with a million, page by page, in turn; and beside the admin's own list."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure

ROOT = Path(__file__).resolve().parents[2]
FEW, MANY = 1_000, 1_000_000
SLOWER, FASTER = 1.5, 10.0
ROUNDS = 15
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


def measure(few: Portal, many: Portal) -> list[Figure]:
    """Each page on both, one after the other: what disturbs one disturbs the other."""
    found = []
    for page in PAGES:
        few.milliseconds(page), many.milliseconds(page)
        pairs = [(few.milliseconds(page), many.milliseconds(page)) for _ in range(ROUNDS)]
        small, large = median(a for a, _ in pairs), median(b for _, b in pairs)
        detail = f"{large:.1f} ms avec {MANY} demandes, {small:.1f} avec {FEW} ; {ROUNDS} tours"
        found.append(Figure(f"gestion, {page}", round(median(b / a for a, b in pairs), 3), SLOWER, "lower", detail))
    many.milliseconds("liste d’origine")
    pairs = [(many.milliseconds("file"), many.milliseconds("liste d’origine")) for _ in range(ROUNDS)]
    ours, theirs = median(a for a, _ in pairs), median(b for _, b in pairs)
    detail = f"{ours:.1f} ms, liste de ModelAdmin {theirs:.1f} ms ; {MANY} demandes, {ROUNDS} tours"
    ratio = median(b / a for a, b in pairs)
    found.append(Figure("liste de ModelAdmin / file", round(ratio, 3), FASTER, "higher", detail))
    return found

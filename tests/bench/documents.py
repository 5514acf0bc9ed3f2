"""A document from the choice of its file to its preview, beside the drawing of the same file alone."""

import os
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, compare
from tests.bench.processes import answer_of
from tests.bench.runner import LeftOut
from tests.bench.sizes import sized
from tests.servers import clamd

CHROMIUM = os.environ.get("PORTAL_CHROMIUM", "/usr/bin/chromium")
ROUNDS = sized(3, 1)
GOAL = 4.0
GOALS = {"JPEG 48 Mpx": 6.0}  # drawn from an eighth of its pixels, while clamd decodes them all (ScanImageFuzzyHash)
MOST_MEMORY = 500.0  # MB


def figures(folder: Path) -> Iterator[Figure]:
    """Seconds of each document, then the memory of the worker and of what it starts."""
    if not Path(CHROMIUM).exists():
        raise LeftOut(f"{CHROMIUM} est absent")
    found = answer_of("tests.bench.documents_shown", dict(os.environ), str(folder), str(ROUNDS))
    peaks = found.pop("memory")
    antivirus = "clamd" if clamd.installed() else "sans antivirus"
    said = {"better": "lower", "unit": "s", "detail": f"téléversement, {antivirus}, dessin ; make run"}
    for name, seconds in found.items():
        goal = GOALS.get(name, GOAL)
        yield compare(f"{name}, aperçu / dessin seul", seconds["ours"], seconds["theirs"], goal=goal, **said)
    least = [MOST_MEMORY] * len(peaks)
    detail = "le worker et ses enfants, au plus fort d’un document"
    yield compare("mémoire, examen / 500 Mo", peaks, least, goal=1.0, better="lower", unit="Mo", detail=detail)

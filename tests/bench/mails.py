"""The outbox beside a plain smtplib loop that sends the same bytes, to one local SMTP server."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench.databases import prepared
from tests.bench.figures import Figure, compare
from tests.bench.processes import answer_of
from tests.bench.sizes import sized, spaced

MAILS, ROUNDS = sized(2000, 50), sized(5, 2)
GOAL = 0.6


def figures(folder: Path) -> Iterator[Figure]:
    """Mails per second, their delivery alone."""
    with prepared(folder) as base:
        found = answer_of("tests.bench.mails_sending", base.environment, str(MAILS), str(ROUNDS))
    detail = f"{spaced(MAILS)} mails chacun, remise seule, {base.server}"
    yield compare("outbox / smtplib", found["ours"], found["plain"], goal=GOAL, unit="mails/s", detail=detail)

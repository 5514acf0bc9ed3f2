"""The outbox beside a plain smtplib loop that sends the same bytes, to one local SMTP server."""

from collections.abc import Iterator
from pathlib import Path

from tests.bench.databases import prepared
from tests.bench.figures import Figure, compare
from tests.bench.processes import answer_of
from tests.bench.sizes import sized, spaced

MAILS, ROUNDS = sized(2000, 50), sized(5, 2)
WAITING, AWAITED_SECONDS = sized(300_000, 1000), 60.0
GOAL = 0.7


def figures(folder: Path) -> Iterator[Figure]:
    """Mails per second, their delivery alone."""
    with prepared(folder) as base:
        found = answer_of("tests.bench.mails_sending", base.environment, str(MAILS), str(ROUNDS), str(WAITING))
    detail = f"{spaced(MAILS)} mails chacun, remise seule, {base.server}"
    behind = f"le plus long de {len(found['awaited'])}, un seul worker, {base.server}"
    yield compare("outbox / smtplib", found["ours"], found["plain"], goal=GOAL, unit="mails/s", detail=detail)
    yield compare(
        f"code attendu derrière {spaced(WAITING)} mails / 60 s",
        found["awaited"],
        [AWAITED_SECONDS] * len(found["awaited"]),
        goal=1.0,
        better="lower",
        unit="s",
        detail=behind,
    )

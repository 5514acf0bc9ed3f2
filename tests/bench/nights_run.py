"""The jobs of the life of dispenses, night after night, beside one plain UPDATE of what is due; prints JSON.

`prepare` (requests, due in each lot, turns) comes first, in a process of its own, then `measured` (due, turns). Each
way takes the next night, so that both find as many rows due that nobody has looked at. Then the quiet night: the last
one again, on which nothing is left to do.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

import django

django.setup()

from django.db.models import F, QuerySet  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.states import Standing  # noqa: E402
from dispenses.keeping import evidence  # noqa: E402
from dispenses.life import confirmations, contracts, ends, steps, unreached  # noqa: E402
from dispenses.workflow import Status  # noqa: E402
from notifications.enums import EmailStatus  # noqa: E402
from notifications.models import OutgoingEmail  # noqa: E402
from portal.lib.dates import start_of_day  # noqa: E402
from tests.bench import night_data  # noqa: E402
from tests.bench.processes import high_water  # noqa: E402
from tests.bench.turns import Ways, in_turns, pairs_in_turns  # noqa: E402

Rows = Iterable[QuerySet[Any]]
QUIET_TURNS = 7
LATER = timedelta(days=365)


def _announce(day: date) -> None:
    """Found and announced; what was announced a month before would be forgotten too, but there is none."""
    evidence.forget_evidence(start_of_day(day) + timedelta(hours=12), seconds=3600)


def _to_announce(day: date) -> Rows:
    return [evidence.over(day + evidence.NOTICE).filter(forgetting__isnull=True)]


def _refuse(day: date) -> None:
    """The mails of the night are refused: they waited."""
    OutgoingEmail.objects.filter(status=EmailStatus.QUEUED, dedup_key__startswith="banc:", created_at__date=day).update(
        status=EmailStatus.FAILED
    )


def _refused(day: date) -> Rows:
    return [unreached.failed(start_of_day(day))]


@dataclass(frozen=True)
class Job:
    """`run` does what is due on a day; `due`: those rows, `changes`: what a plain UPDATE writes so that they no longer
    are. `before` comes first, apart."""

    run: Callable[[date], object]
    due: Callable[[date], Rows]
    changes: Mapping[str, Any]
    before: Callable[[date], object] = field(default=lambda day: None)


JOBS = {
    "départs": Job(contracts.record_departures, lambda day: [contracts.unrecorded(day)], {"standing": Standing.LEFT}),
    "fins": Job(ends.end_dispenses, ends.over, {"status": Status.ENDED.value}),
    "preuves à renouveler": Job(
        confirmations.flag_proofs, lambda day: [confirmations.silent(day)], {"unconfirmed_since": timezone.localdate()}
    ),
    "rappels": Job(
        steps.tell_steps, steps.untold, {"ends_on": F("ends_on") + LATER, "confirm_by": F("confirm_by") + LATER}
    ),
    "non remis": Job(lambda day: unreached.warn_of_unreached(), _refused, {"kind": "banc"}, _refuse),
    "effacements annoncés": Job(_announce, _to_announce, {"status_at": timezone.now()}),
}


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _update(job: Job, day: date) -> None:
    for rows in job.due(day):
        rows.update(**job.changes)


def _ways(job: Job, nights: list[date], due: int) -> Ways:
    """Rows a second of the job and of the UPDATE. Raises RuntimeError when a night has less than was laid out."""
    left = iter(nights)

    def speed(work: Callable[[date], object]) -> float:
        day = next(left)
        job.before(day)
        count = sum(rows.count() for rows in job.due(day))
        if count < due:
            raise RuntimeError(f"{count} lignes dues la nuit du {day}, {due} attendues")
        return count / _seconds(partial(work, day))

    return {"ours": partial(speed, job.run), "plain": partial(speed, partial(_update, job))}


def _quiet(day: date) -> dict[str, list[float]]:
    """Milliseconds of all the jobs, and of all their UPDATEs, on a night on which they have nothing left to do."""
    ours = lambda: [job.run(day) for job in JOBS.values()]  # noqa: E731
    plain = lambda: [_update(job, day) for job in JOBS.values()]  # noqa: E731
    return in_turns(
        {"ours": lambda: 1000 * _seconds(ours), "plain": lambda: 1000 * _seconds(plain)}, QUIET_TURNS, warm_up=1
    )


def _nights(turns: int) -> list[date]:
    """One for each way at each turn, the last one today."""
    return [timezone.localdate() - timedelta(days=back) for back in reversed(range(2 * turns))]


def prepare(count: int, due: int, turns: int) -> int:
    """Lay out the nights that `measured` goes through."""
    nights = _nights(turns)
    night_data.fill(count, len(nights), due, nights[0])
    return count


def measured(due: int, turns: int) -> dict[str, Any]:
    """Rows a second of each job at each turn, milliseconds of the quiet nights, most memory held, in MB."""
    nights = _nights(turns)
    loaded = pairs_in_turns({name: _ways(job, nights, due) for name, job in JOBS.items()}, turns)
    return {"loaded": loaded, "quiet": _quiet(nights[-1]), "memory": high_water() / 1e6}


if __name__ == "__main__":
    print(json.dumps({"prepare": prepare, "measured": measured}[sys.argv[1]](*map(int, sys.argv[2:]))))

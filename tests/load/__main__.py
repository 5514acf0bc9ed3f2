"""`make load`: a morning at a large insurer, on PostgreSQL, as docs/performance.md tells it.

By default as many come each second as in a morning of four hours in which 5,000 of 100,000 invited activate their
account and 1,000 file a request; `--fois 10`: ten times as many.
"""

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller

from tests.bench.databases import prepared
from tests.bench.processes import ROOT, answer_of, gunicorn
from tests.load.people import Morning, Told, play
from tests.servers.ports import free_port

ACTIVATING, HOURS = 5000, 4


class Swallowing:
    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        return "250 OK"


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "-A", "portal", "worker", "--concurrency", "1", "--loglevel", "ERROR"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=120)


def spent() -> float:
    """Seconds of CPU of the processes started and ended so far: web, worker, what prepared them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def part(values: list[float], share: float) -> float:
    """The value that `share` of them do not pass."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def table(told: Told, mails: list[float]) -> str:
    lines = ["| page | demandes | médiane (ms) | p95 (ms) |", "|---|--:|--:|--:|"]
    for name, times in sorted(told.times.items(), key=lambda item: -part(item[1], 0.95)):
        lines.append(f"| {name} | {len(times)} | {part(times, 0.5):.0f} | {part(times, 0.95):.0f} |")
    if mails:
        lines.append(
            f"| un mail, avant de partir | {len(mails)} | {part(mails, 0.5):.1f} s | {part(mails, 0.95):.1f} s |"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> Told:
    """Play the morning and print what it gave. Raises SystemExit(1) when something went wrong for somebody."""
    parser = argparse.ArgumentParser(prog="python -m tests.load")
    parser.add_argument("--invites", type=int, default=100_000)
    parser.add_argument("--gestionnaires", type=int, default=4)
    parser.add_argument("--secondes", type=float, default=120)
    parser.add_argument("--fois", type=float, default=1.0, help="combien de matinées à la fois")
    asked = parser.parse_args(arguments)
    morning = Morning(asked.fois * ACTIVATING / (HOURS * 3600), asked.secondes)
    smtp = Controller(Swallowing(), hostname="127.0.0.1", port=free_port())
    smtp.start()
    try:
        with tempfile.TemporaryDirectory(prefix="charge-") as folder, prepared(Path(folder), "charge") as base:
            environment = base.environment | {"EMAIL_PORT": str(smtp.port), "PORTAL_UNDO_SECONDS": "0"}
            found = answer_of("tests.load.data", environment, str(asked.invites), str(asked.gestionnaires))
            before = spent()
            with gunicorn(environment) as (port, _), worker(environment):
                print(f"Charge de la machine au début : {os.getloadavg()[0]:.1f}", flush=True)
                told = play(port, morning, found["invited"], found["reviewers"], found["answers"])
                print(f"à la fin : {os.getloadavg()[0]:.1f} ; {base.server} ; {asked.invites} invités", flush=True)
            used = spent() - before
            mails = [float(one) for one in answer_of("tests.load.data", environment, "mails")]
    finally:
        smtp.stop()
    did = [len(told.times[name]) for name in ("accueil", "envoi", "décision")]
    print(f"{used:.0f} s de CPU, web et worker : {did[0]} activations, {did[1]} envois, {did[2]} décisions")
    print(table(told, mails), f"{len(told.errors)} erreur(s)", *told.errors[:10], sep="\n")
    return told


if __name__ == "__main__":
    raise SystemExit(1 if main().errors else 0)

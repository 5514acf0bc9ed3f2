"""Run every pair on a database of its own, print the table, write var/bench.json; 1 when a goal is missed."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from tests.bench import desk, exports, imports, salaries, uploads
from tests.bench.figures import Figure, compare, table, write
from tests.bench.load import speed
from tests.servers.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
POSTGRESQL = os.environ.get("PORTAL_TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
ROUNDS, SECONDS, WARM_UP = 21, 0.4, 1.0
GOAL = 0.6
Targets = dict[str, list[tuple[str, str]]]


@contextlib.contextmanager
def database(folder: Path, suffix: str = "") -> Iterator[tuple[str, str]]:
    """(address, name of the server) of an empty database: PostgreSQL when it answers, else SQLite."""
    try:
        connection = psycopg2.connect(POSTGRESQL, connect_timeout=3)
    except psycopg2.OperationalError:
        print("*** PostgreSQL ne répond pas (PORTAL_TEST_DATABASE_URL) : mesures sur SQLite.", flush=True)
        yield f"sqlite:///{folder / 'banc.sqlite3'}", "SQLite"
        return
    connection.autocommit = True
    name = f"portail_banc_{os.getpid()}{suffix}"
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(POSTGRESQL)._replace(path=f"/{name}").geturl(), "PostgreSQL"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.close()


def last_line(module: str, environment: dict[str, str]) -> str:
    """What a module of the bench prints last, run in its own process."""
    command = [sys.executable, "-m", module]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


@contextlib.contextmanager
def gunicorn(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """(port, process) of a server of 2 processes and 2 threads each."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}", "--keep-alive", "30"]
    server = subprocess.Popen([*command, "--config", "portal/gunicorn.py"], cwd=ROOT, env=environment)
    try:
        _wait(port)
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def _wait(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError("gunicorn")


def pages(environment: dict[str, str], server: str, targets: Targets) -> list[Figure]:
    """Each page beside the bare view, the two measured one after the other: what disturbs one disturbs the other."""
    targets = {name: asked for name, asked in targets.items() if name != "ajouter"}
    bare = targets.pop("nue")
    ours: dict[str, list[float]] = {name: [] for name in targets}
    plain: dict[str, list[float]] = {name: [] for name in targets}
    with gunicorn(environment) as (port, _):
        for asked in (bare, *targets.values()):
            speed(port, asked, WARM_UP)
        for turn in range(ROUNDS):
            for name, asked in targets.items():
                pair = [(ours[name], asked), (plain[name], bare)]
                for measured, what in pair if turn % 2 else reversed(pair):
                    measured.append(speed(port, what, SECONDS))
    detail = f"{SECONDS} s chacun, gunicorn 2 x 2, {server}"
    return [
        compare(f"page {name} / vue nue", ours[name], plain[name], goal=GOAL, unit="req/s", detail=detail)
        for name in targets
    ]


def sendings(environment: dict[str, str], server: str, targets: list[tuple[str, str]]) -> list[Figure]:
    """Uploads: their speed, and memory at two sizes, each on a server just started."""
    environment = uploads.with_limits(environment)
    with gunicorn(environment) as (port, _):
        speed_of_one = uploads.speed(port, targets, server)
    peaks = []
    for turn, size in enumerate((9_800_000, 98_000_000)):
        with gunicorn(environment) as (port, pid):
            peaks.append(uploads.peak(port, pid, targets[turn], size))
    return [speed_of_one, uploads.memory(*peaks)]


def mails(environment: dict[str, str], server: str) -> list[Figure]:
    """The outbox against smtplib."""
    speeds = json.loads(last_line("tests.bench.mails", environment))
    detail = f"2000 mails chacun, remise seule, {server}"
    return [compare("outbox / smtplib", speeds["ours"], speeds["plain"], goal=GOAL, unit="mails/s", detail=detail)]


def the_desk(environment: dict[str, str]) -> list[Figure]:
    """The management centre's pages with few requests and with many, each on a database of its own."""
    folder = Path(environment["PORTAL_VAR_DIR"])
    with database(folder, "_peu") as (small, server), database(folder, "_beaucoup") as (large, _):
        if server != "PostgreSQL":
            print("*** La gestion ne se mesure que sur PostgreSQL.", flush=True)
            return []
        with (
            desk.portal(environment | {"DATABASE_URL": small}, desk.FEW) as few,
            desk.portal(environment | {"DATABASE_URL": large}, desk.MANY) as many,
        ):
            return desk.measure(few, many)


def main() -> int:
    """Run the parts named as arguments, all of them otherwise."""
    with tempfile.TemporaryDirectory() as name, database(Path(name)) as (address, server):
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "DATABASE_URL": address,
            "PORTAL_VAR_DIR": name,
            "WEB_CONCURRENCY": "2",
            "WEB_THREADS": "2",
        }
        targets: Targets = json.loads(last_line("tests.bench.data", environment))
        parts: dict[str, Callable[[], list[Figure]]] = {
            "pages": lambda: pages(environment, server, targets),
            "envois": lambda: sendings(environment, server, targets["ajouter"]),
            "mails": lambda: mails(environment, server),
            "gestion": lambda: the_desk(environment),
            "imports": lambda: imports.figures(environment, server),
            "exports": lambda: exports.figures(environment, server),
            "salaries": lambda: salaries.figures(environment, server),
        }
        asked = sys.argv[1:] or list(parts)
        figures = [figure for part in asked for figure in parts[part]()]
    print(table(figures))
    write(figures, ROOT / "var" / "bench.json")
    return 0 if all(figure.reached for figure in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())

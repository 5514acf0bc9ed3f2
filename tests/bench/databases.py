"""A database for each part of the bench: a copy of one that is prepared once a run, dropped by the part."""

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from tests.bench.processes import run_module
from tests.servers import postgresql

POSTGRESQL = os.environ.get("PORTAL_TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")


@dataclass(frozen=True)
class Base:
    """A portal's database and files; `environment`: of the processes that use them; `server`: PostgreSQL or SQLite."""

    address: str
    server: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "DATABASE_URL": self.address,
            "PORTAL_VAR_DIR": str(self.folder),
            "WEB_CONCURRENCY": "2",
            "WEB_THREADS": "2",
        }
        return os.environ | own


@contextlib.contextmanager
def prepared(folder: Path, name: str = "banc") -> Iterator[Base]:
    """A portal with motifs, groups and nobody: PostgreSQL when it answers, else SQLite. Its files are in `folder`."""
    original = _original()
    shutil.copytree(original.folder, folder / name)
    with database(folder / name, name, original) as base:
        yield base


@lru_cache(maxsize=1)
def _original() -> Base:
    """What each part copies, deleted at the end of the run; migrating and collecting static files takes a while."""
    with contextlib.ExitStack() as made:
        folder = made.enter_context(tempfile.TemporaryDirectory(prefix="banc-"))
        base = made.enter_context(database(Path(folder), "banc_modele"))
        if base.server == "SQLite":
            print("*** PostgreSQL ne répond pas (PORTAL_TEST_DATABASE_URL) : mesures sur SQLite.", flush=True)
        run_module("tests.bench.prepare", base.environment)
        atexit.register(made.pop_all().close)
    return base


@contextlib.contextmanager
def database(folder: Path, name: str, original: Base | None = None) -> Iterator[Base]:
    """A database that lasts as long as the block: a copy of the original's, which nobody uses, or an empty one."""
    with contextlib.ExitStack() as server:
        try:
            cursor = server.enter_context(postgresql.connected(POSTGRESQL))
        except psycopg2.OperationalError:
            yield Base(f"sqlite:///{folder / 'portal.sqlite3'}", "SQLite", folder)  # copied with the folder
            return
        own, template = f"portail_{name}_{os.getpid()}", _name(original) if original else "template1"
        create, drop = (
            sql.SQL(command).format(sql.Identifier(own), sql.Identifier(template))
            for command in ("CREATE DATABASE {0} TEMPLATE {1}", "DROP DATABASE IF EXISTS {0} WITH (FORCE)")
        )
        server.callback(cursor.execute, drop)
        cursor.execute(create)
        yield Base(urlsplit(POSTGRESQL)._replace(path=f"/{own}").geturl(), "PostgreSQL", folder)


def _name(base: Base) -> str:
    return urlsplit(base.address).path.lstrip("/")

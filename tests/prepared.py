"""Folders that are made once in a run, whichever process asks first, and copied by who needs one.

A run of `make test` has several passes: they share what is made, but for those that are on another day.
"""

import atexit
import fcntl
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OF_A_RUN = "portail-tests-"
"""How the names of the temporary folders begin: of `make test`, and in it of each pytest."""


@lru_cache(maxsize=1)
def _shelf() -> Path:
    """In the folder of the run, which its passes and its workers share; outside a run, this process's own."""
    run = Path(tempfile.gettempdir())
    if not run.name.startswith(OF_A_RUN):
        run = Path(tempfile.mkdtemp(prefix="portail-"))
        atexit.register(shutil.rmtree, run, ignore_errors=True)
    elif run.parent.name.startswith(OF_A_RUN):
        run = run.parent
    shelf = run / f"prepared-{re.sub('[^0-9]', '-', os.environ.get('PORTAL_TEST_DAY', ''))}"
    shelf.mkdir(exist_ok=True)
    return shelf


def once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name, which no process has open: `make` fills it unless that is done."""
    folder = _shelf() / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


def environment_of(var: Path, **extra: str) -> dict[str, str]:
    """What a portal in that folder runs with: the embedded defaults, whatever the machine sets."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_URL", "CELERY_", "DJANGO_"))}
    return kept | {"PORTAL_VAR_DIR": str(var)} | extra


def _manage(var: Path, *words: str) -> None:
    command = [sys.executable, "manage.py", *words]
    subprocess.run(command, cwd=ROOT, env=environment_of(var), check=True, capture_output=True)


FILL = """
import django; django.setup()
from django.core.management import call_command
from accounts.services import ensure_groups
from dispenses.law import catalogue
call_command("migrate", verbosity=0)
catalogue.load()
ensure_groups()
"""


def fill(url: str) -> None:
    """Give that database every table, by the migrations, the motifs and the groups: what each test finds."""
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "portal.settings.test"}
    done = subprocess.run([sys.executable, "-c", FILL], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def tables() -> Path:
    """The file of a database of SQLite so filled, to be copied."""

    def make(folder: Path) -> None:
        path = folder / "tables.sqlite3"
        fill(f"sqlite:///{path}")
        with closing(sqlite3.connect(path)) as base:  # one file, which a database in memory can take over
            base.execute("PRAGMA journal_mode=DELETE")

    return once("tables", make) / "tables.sqlite3"


def put_portal(var: Path) -> None:
    """Copy there what `manage.py prepare` leaves, on SQLite: every table, motifs, phrases and groups."""

    def make(folder: Path) -> None:
        shutil.copy(tables(), folder / "portal.sqlite3")
        _manage(folder, "prepare", "-v0")

    shutil.copytree(once("portal", make), var, dirs_exist_ok=True)


def put_demonstration(var: Path) -> None:
    """Copy there the same with the demonstration."""

    def make(folder: Path) -> None:
        put_portal(folder)
        _manage(folder, "demo")

    shutil.copytree(once("demonstration", make), var, dirs_exist_ok=True)

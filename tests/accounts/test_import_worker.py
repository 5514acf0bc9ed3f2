"""A real worker is killed in mid-import: another one finishes, and nobody is declared or invited twice."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.accounts.company_files import as_csv, person
from tests.prepared import environment_of, put_portal

pytestmark = pytest.mark.slow
ROWS = 1_000
PIECE = 50  # small, so that the worker is killed between two of many

# Portal processes of their own database.
PREPARE = """
import sys, django; django.setup()
from django.core.files.uploadedfile import SimpleUploadedFile
from accounts.imports import runs
from accounts.models import Correspondent, Employer, User
employer = Employer.objects.create(name="Ateliers", siret="73282932000074")
by = User.objects.create_user("rh@exemple.fr", "un cheval bleu", first_name="A", last_name="B")
Correspondent.objects.create(user=by, employer=employer)
with open(sys.argv[1], "rb") as file:
    run = runs.start(employer=employer, by=by, upload=SimpleUploadedFile("salaries.csv", file.read()))
"""
CONFIRM = """
import django; django.setup()
from accounts.imports import runs
from accounts.models import ImportRun, User
assert runs.confirm(run=ImportRun.objects.get(), by=User.objects.get())
"""
STATE = {
    "status": "SELECT status FROM accounts_importrun",
    "position": "SELECT position FROM accounts_importrun",
    "created": "SELECT created FROM accounts_importrun",
    "held": "SELECT leased_until IS NOT NULL FROM accounts_importrun",
    "people": "SELECT count(*) FROM accounts_employee",
    "invitations": "SELECT count(*) FROM accounts_invitation",
    "invited": "SELECT count(DISTINCT employee_id) FROM accounts_invitation",
    "links": "SELECT count(DISTINCT token_hash) FROM accounts_invitationlink",
    "mails": "SELECT count(*) FROM notifications_outgoingemail WHERE kind = 'invitation'",
    "addresses": "SELECT count(DISTINCT \"to\") FROM notifications_outgoingemail WHERE kind = 'invitation'",
}
# The lease is over at once, instead of three minutes later.
FREE = """
import django; django.setup()
from django.utils import timezone
from accounts.models import ImportRun
ImportRun.objects.update(leased_until=timezone.now())
"""
WORKER = f"""
import sys, time, django; django.setup()
from accounts.imports import runs, writing
def slow(**given):
    found = writing.write(**given)
    time.sleep(float(sys.argv[1]))  # the transaction is open all this time
    return found
runs.PIECE, runs.write = {PIECE}, slow
from portal.celery import app
app.worker_main(["worker", "-P", "threads", "-c", "2", "-l", "WARNING", "--without-gossip", "--without-mingle"])
"""
SWEEP = "import django; django.setup(); from accounts import tasks; tasks.sweep_imports.delay()"


class Portal:
    """The portal's own processes on a database of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = environment_of(folder, DJANGO_SETTINGS_MODULE="portal.settings.dev")
        self.workers: list[subprocess.Popen[bytes]] = []
        put_portal(folder)

    def run(self, *arguments: str) -> None:
        command = [sys.executable, *arguments]
        subprocess.run(command, env=self.environment, cwd=settings.BASE_DIR, check=True, stderr=subprocess.DEVNULL)

    def state(self) -> dict[str, Any]:
        with closing(sqlite3.connect(f"file:{self.folder / 'portal.sqlite3'}?mode=ro", uri=True, timeout=20)) as base:
            base.execute("BEGIN")  # all of it at one instant
            return {name: base.execute(query).fetchone()[0] for name, query in STATE.items()}

    def start_worker(self, pause: float) -> "subprocess.Popen[bytes]":
        with (self.folder / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-c", WORKER, str(pause)],
                env=self.environment,
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.workers.append(worker)
        return worker

    def wait(self, true: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        """The state once it is `true`; fails with the workers' log when it never is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if true(state := self.state()):
                return state
            time.sleep(0.02)
        raise AssertionError(f"{state}\n{(self.folder / 'worker.log').read_text()[-3000:]}")


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    portal = Portal(tmp_path)
    yield portal
    for worker in portal.workers:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def test_another_worker_finishes_what_a_killed_one_began(portal: Portal, tmp_path: Path) -> None:
    path = tmp_path / "salaries.csv"
    path.write_bytes(as_csv([person(rank) for rank in range(ROWS)]))
    portal.run("-c", PREPARE, str(path))
    first = portal.start_worker(pause=0.2)
    portal.wait(lambda state: state["status"] == "ready")
    portal.run("-c", CONFIRM)
    portal.wait(lambda state: state["position"] > 0)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()

    torn = portal.state()
    assert 0 < torn["position"] < ROWS, torn
    assert (torn["status"], torn["held"]) == ("importing", True)
    assert torn["people"] == torn["mails"] == torn["created"] == torn["position"]

    portal.start_worker(pause=0)
    portal.run("-c", SWEEP)
    time.sleep(2)
    assert portal.state() == torn, "un autre tenait encore le bail"
    portal.run("-c", FREE)
    portal.run("-c", SWEEP)
    done = portal.wait(lambda state: state["status"] == "done")
    counted = ("position", "created", "people", "invited", "invitations", "links", "mails", "addresses")
    assert {name: done[name] for name in counted} == dict.fromkeys(counted, ROWS)

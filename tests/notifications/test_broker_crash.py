"""Redis crashes under load and comes back empty: nothing accepted is lost or done twice, nobody restarts a worker."""

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings

from tests.accounts.company_files import as_csv, person
from tests.notifications.conftest import Server
from tests.prepared import environment_of, put_portal
from tests.servers.broker import Broker

pytestmark = [pytest.mark.redis, pytest.mark.slow]
MAILS, WHILE_DOWN, ROWS, PIECE = 120, 10, 160, 20
URGENT_SECONDS = 60
URGENT = ("pendant@exemple.fr", "apres@exemple.fr")

SMTP = """
import django; django.setup()
from django.conf import settings
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
"""
# As compose starts them, on one worker; an import takes a while between its pieces.
WORKER = f"""{SMTP}
import time
from accounts.imports import runs
def slowly(held, piece, write=runs._write_piece):
    write(held, piece)
    time.sleep(0.2)
runs.PIECE, runs._write_piece = {PIECE}, slowly
from portal.celery import app
app.worker_main(["worker", "--concurrency", "2", "--loglevel", "INFO"])
"""
# The sweeps of a minute come every two seconds.
SWEPT = ("deliver", "requeue-stuck", "work-on-imports")
BEAT = f"""{SMTP}
import sys
entries = settings.CELERY_BEAT_SCHEDULE
settings.CELERY_BEAT_SCHEDULE = {{name: entries[name] | {{"schedule": 2.0}} for name in {SWEPT}}}
from portal.celery import app
app.start(["beat", "--schedule", sys.argv[1], "--pidfile=", "--loglevel", "INFO"])
"""
# A process of the site: it runs what it reads on its input, a line each, and says when it is done.
SITE = f"""{SMTP}
import sys
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from accounts.enums import ImportStatus
from accounts.imports import runs
from accounts.messages import AccountOpened, ActivationCode
from accounts.models import Correspondent, Employer, ImportRun, User
from notifications import outbox
from notifications.models import OutgoingEmail

def company():
    employer = Employer.objects.create(name="Ateliers", siret="73282932000074")
    by = User.objects.create_user("rh@exemple.fr", "un cheval bleu", first_name="A", last_name="B")
    Correspondent.objects.create(user=by, employer=employer)

def send_file(path):
    with open(path, "rb") as file:
        upload = SimpleUploadedFile("salaries.csv", file.read())
    runs.start(employer=Employer.objects.get(), by=User.objects.get(), upload=upload)

def confirm():
    assert runs.confirm(run=ImportRun.objects.get(status=ImportStatus.READY), by=User.objects.get())

def mails(kind, count):
    for number in range(count):
        to = f"{{kind}}{{number}}@exemple.fr"
        message = AccountOpened(person_name="V", identifier=to, sign_in_url="http://localhost/")
        with transaction.atomic():
            outbox.enqueue(message, to=to, dedup_key=to)

def code(to):
    with transaction.atomic():
        message = ActivationCode(person_name="V", code="402719", minutes=15)
        outbox.enqueue(message, to=to, dedup_key=f"activation-code:{{OutgoingEmail.objects.count()}}:0")

for line in sys.stdin:
    exec(line)
    print("fait", flush=True)
"""
STATE = {
    "runs": "SELECT group_concat(status) FROM (SELECT status FROM accounts_importrun ORDER BY id)",
    "position": "SELECT max(position) FROM accounts_importrun",
    "people": "SELECT count(*) FROM accounts_employee",
    "invited": "SELECT count(DISTINCT employee_id) FROM accounts_invitation",
    "invitations": "SELECT count(*) FROM accounts_invitation",
    "mails": "SELECT count(*) FROM notifications_outgoingemail",
    "sent": "SELECT count(*) FROM notifications_outgoingemail WHERE status = 'sent'",
}


class SlowServer(Server):
    """Takes a while for each mail. `arrived`: when each came, by Message-ID then by recipient."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[tuple[str, str, float]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(0.02)
        content = envelope.original_content
        found = re.search(rb"^Message-ID: (\S+)", content, re.MULTILINE)
        assert found
        self.arrived.append((found[1].decode(), envelope.rcpt_tos[0], time.monotonic()))
        return "250 OK"

    def reached(self, to: str) -> bool:
        return any(address == to for _, address, _ in self.arrived)

    def moment(self, to: str) -> float:
        return next(at for _, address, at in self.arrived if address == to)


class Portal:
    """Its processes on a database of their own, their broker and their mail server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        put_portal(folder)
        self.broker, self.smtp = Broker(folder), SlowServer()
        self.smtp.start()
        self.environment = environment_of(
            folder,
            DJANGO_SETTINGS_MODULE="portal.settings.dev",
            CELERY_BROKER_URL=self.broker.url,
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=str(self.smtp.port),
        )
        self.worker = self.start("worker", WORKER)
        self.beat = self.start("beat", BEAT, str(folder / "beat"))
        self.site = self.start("site", SITE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def start(self, name: str, code: str, *arguments: str, **given: Any) -> "subprocess.Popen[bytes]":
        with self.log(name).open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-c", code, *arguments],
                env=self.environment,
                cwd=settings.BASE_DIR,
                start_new_session=True,
                **{"stdout": log, "stderr": log, **given},
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def do(self, line: str) -> None:
        """Have the site do it."""
        assert self.site.stdin
        assert self.site.stdout
        self.site.stdin.write(f"{line}\n".encode())
        self.site.stdin.flush()
        assert self.site.stdout.readline() == b"fait\n", self.log("site").read_text()

    def state(self) -> dict[str, Any]:
        with closing(sqlite3.connect(f"file:{self.folder / 'portal.sqlite3'}?mode=ro", uri=True, timeout=20)) as base:
            base.execute("BEGIN")  # all of it at one instant
            return {name: base.execute(query).fetchone()[0] for name, query in STATE.items()}

    def message_ids(self) -> set[str]:
        with closing(sqlite3.connect(f"file:{self.folder / 'portal.sqlite3'}?mode=ro", uri=True, timeout=20)) as base:
            return {row[0] for row in base.execute("SELECT message_id FROM notifications_outgoingemail")}

    def wait(self, true: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                logs = "\n".join(self.log(name).read_text()[-3000:] for name in ("worker", "beat", "site"))
                raise AssertionError(f"{self.state()} {len(self.smtp.arrived)} mails\n{logs}")
            time.sleep(0.05)

    def said(self, words: str) -> int:
        """How many times the worker said it."""
        return self.log("worker").read_text().count(words)

    def children(self) -> set[int]:
        """The processes of the worker that do the tasks."""
        pid = self.worker.pid
        return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))

    def stop(self) -> None:
        self.broker.stop()
        self.smtp.stop()
        for process in (self.worker, self.beat, self.site):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    portal = Portal(tmp_path)
    yield portal
    portal.stop()


def reserved(broker: Broker) -> int:
    """Messages that a worker has taken for later."""
    with redis.Redis(port=broker.port) as client:
        return int(client.hlen("unacked"))


def test_redis_crashes_under_load_and_comes_back_empty(portal: Portal, tmp_path: Path) -> None:
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    large.write_bytes(as_csv([person(rank) for rank in range(ROWS)]))
    small.write_bytes(as_csv([person(ROWS + rank) for rank in range(PIECE)]))
    portal.wait(lambda: portal.said(" ready."))
    children = portal.children()
    assert len(children) == 2
    portal.do("company()")
    portal.do(f"send_file({str(large)!r})")
    portal.wait(lambda: portal.state()["runs"] == "ready")
    portal.do("confirm()")
    portal.wait(lambda: portal.state()["position"] > 0)
    portal.do(f"mails('avant', {MAILS})")
    portal.wait(lambda: reserved(portal.broker) and len(portal.smtp.arrived) >= 5)

    portal.broker.stop()
    torn = portal.state()
    assert (torn["runs"], torn["position"] < ROWS, torn["sent"] < torn["mails"]) == ("importing", True, True)
    portal.wait(lambda: portal.said("Connection to broker lost"))
    portal.do(f"mails('pendant', {WHILE_DOWN})")
    portal.do(f"send_file({str(small)!r})")
    portal.do(f"code({URGENT[0]!r})")
    portal.wait(lambda: portal.said("Cannot connect"))
    portal.broker.start()
    back = time.monotonic()
    portal.do(f"code({URGENT[1]!r})")
    for to in URGENT:
        portal.wait(lambda to=to: portal.smtp.reached(to), URGENT_SECONDS)
        assert portal.smtp.moment(to) - back < URGENT_SECONDS

    portal.wait(lambda: portal.state()["runs"] == "done,ready")
    portal.do("confirm()")
    everyone = ROWS + PIECE
    expected = MAILS + WHILE_DOWN + len(URGENT) + everyone
    portal.wait(lambda: portal.state()["runs"] == "done,done" and portal.state()["sent"] == expected)
    done = portal.state()
    assert {done[name] for name in ("people", "invited", "invitations")} == {everyone}
    assert done["mails"] == expected
    times = Counter(message_id for message_id, _, _ in portal.smtp.arrived)
    assert set(times) == portal.message_ids()
    assert set(times.values()) == {1}
    assert portal.children() == children
    assert (portal.worker.poll(), portal.beat.poll(), portal.site.poll()) == (None, None, None)
    assert not any(map(portal.said, ("CRITICAL", "raised unexpected", "exited with")))

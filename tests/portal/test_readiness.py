"""/sante/pret: which part is ill, with real faults; answered in a bounded time, to anybody, naming no machine."""

import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.conf import settings as django_settings
from django.db import DatabaseError, Error, InterfaceError, OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.messages import AccountOpened
from dispenses.documents.s3 import S3Storage
from notifications.enums import EmailStatus
from notifications.models import Heartbeat, OutgoingEmail
from notifications.outbox import enqueue
from portal import heartbeats, readiness
from portal.lib import clocks, kept
from portal.lib.probing import Prober
from portal.settings.s3 import s3_options
from tests.factories import OutgoingCallFactory
from tests.notifications.messages import example
from tests.prepared import environment_of, put_portal
from tests.servers.broker import Broker
from tests.servers.clamd import start_clamd
from tests.servers.ports import free_port
from tests.servers.waiting import until

PAGE = reverse("sante_pret")
PARTS = {"base", "horloge", "planificateur", "workers", "courrier", "webhooks", "broker", "stockage", "antivirus"}
MINUTE = timedelta(minutes=1)
UNASKED = "inconnu tant que le planificateur se tait"
NOBODY = "personne ne travaille pour\xa0: courrier, webhooks, decisions, documents, reste"


@pytest.fixture(autouse=True)
def _time_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test asks answers however busy the machine is."""
    monkeypatch.setattr(readiness, "SECONDS", 60.0)


def alive(*, beat: timedelta = timedelta(), queues: timedelta = timedelta()) -> None:
    """The schedule and every queue gave a sign so long ago."""
    now = timezone.now()
    Heartbeat.note(heartbeats.BEAT, now - beat)
    for name in django_settings.PORTAL_QUEUES:
        Heartbeat.note(heartbeats.QUEUE + name, now - queues)


def mails(number: int, **fields: Any) -> None:
    with transaction.atomic():
        for place in range(number):
            enqueue(example(AccountOpened), to="v@exemple.fr", dedup_key=f"{place}")
    OutgoingEmail.objects.update(**fields)


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def s3_at(port: int) -> S3Storage:
    return S3Storage(
        **s3_options(
            bucket="justificatifs", endpoint=f"http://127.0.0.1:{port}", public_endpoint="", region="us-east-1",
            access_key="portail", secret_key="secret", prefix="justificatifs", addressing="path", encryption="",
            kms_key="",
        )
    )  # fmt: skip


# The page


@pytest.mark.django_db(transaction=True)
def test_a_portal_in_good_health(client: Client) -> None:
    alive()
    answer = client.get(PAGE)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer.json() == {"etat": "prêt", "parties": dict.fromkeys(PARTS, "bien")}


@pytest.mark.django_db(transaction=True)
def test_what_people_can_do_without_degrades_and_is_named(client: Client, settings: Any) -> None:
    settings.PORTAL_CLAMD = f"tcp://localhost:{free_port()}"
    answer = client.get(PAGE)
    assert (answer.status_code, answer.json()["etat"]) == (200, "dégradé")
    parts = answer.json()["parties"]
    assert parts["planificateur"] == "n’a jamais donné signe"
    assert parts["antivirus"] == "injoignable ou en erreur"
    assert "localhost" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_without_a_database_nobody_can_work(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    database = " ".join(readiness.OF_THE_DATABASE)
    monkeypatch.setitem(readiness._probers, database, Prober(lambda: broken("postgres://u:secret@h")))
    answer = client.get(PAGE)
    assert (answer.status_code, answer.json()["etat"]) == (503, "indisponible")
    assert answer.json()["parties"]["base"] == "ne répond pas à temps"
    assert answer.json()["parties"]["courrier"] == readiness.UNKNOWN
    assert "secret" not in answer.content.decode()


def broken(text: str) -> dict[str, str]:
    raise RuntimeError(text)


@pytest.mark.django_db(transaction=True)
def test_an_answer_serves_everybody_for_a_while(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(readiness, "_probers", {"broker": Prober(lambda: asked.append(1) or {"broker": ""})})
    for _ in range(5):
        client.get(PAGE)
    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    alive(beat=10 * MINUTE)
    for _ in range(3):
        readiness._look.forget()
        readiness.look()
    assert [record.levelname for record in caplog.records if "Portail dégradé" in record.message] == ["WARNING"]
    alive()
    readiness._look.forget()
    readiness.look()
    assert caplog.records[-1].message == "Portail prêt : toutes les parties vont bien"


# Many readers at once


class Looks:
    """Looks that last until told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go, self.asked = threading.Event(), threading.Event(), 0
        monkeypatch.setattr(readiness, "ask_all", self.ask_all)
        monkeypatch.setattr(readiness, "SECONDS", 3600.0)  # the last answer is not too old on a busy machine

    def ask_all(self, *_: Any, **__: Any) -> dict[str, dict[str, str]]:
        self.asked += 1
        self.begun.set()
        assert self.go.wait(120)
        return {"broker": {"broker": ""}}


def test_readers_of_the_first_look_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks(monkeypatch)
    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(readiness.look) for _ in range(8)]
        assert looks.begun.wait(60)
        assert until(lambda: all(reader.running() for reader in readers))
        looks.go.set()
        assert len({id(reader.result(60)) for reader in readers}) == 1
    assert looks.asked == 1


def test_one_thread_looks_again_and_holds_no_other_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(kept, "clock", lambda: now[0])
    looks = Looks(monkeypatch)
    looks.go.set()
    first = readiness.look()
    looks.go.clear()
    looks.begun.clear()
    now[0] += readiness.KEPT
    with ThreadPoolExecutor(2) as pool:
        try:
            again = pool.submit(readiness.look)
            assert looks.begun.wait(60)
            assert pool.submit(readiness.look).result(60) is first
        finally:
            looks.go.set()
        assert again.result(60) is not first
    assert looks.asked == 2


# Faults


@pytest.mark.redis
def test_a_frozen_broker_is_found_out(settings: Any, tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    try:
        settings.CELERY_BROKER_URL = broker.url
        assert until(lambda: readiness.ask_broker() == {"broker": ""})
        broker.send(signal.SIGSTOP)
        assert readiness.ask_broker() == {"broker": "injoignable ou en erreur"}
        broker.send(signal.SIGCONT)
        assert until(lambda: readiness.ask_broker() == {"broker": ""})
    finally:
        broker.stop()
    assert readiness.ask_broker() == {"broker": "injoignable ou en erreur"}


def test_a_bucket_that_is_down_or_silent_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_port() as silent:
        for port in (free_port(), silent):
            monkeypatch.setattr(readiness, "storages", {"justificatifs": s3_at(port)})
            assert readiness.ask_storage() == {"stockage": "injoignable ou en erreur"}


def test_a_folder_in_which_nothing_can_be_written_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Folder:
        location = tmp_path / "file" / "folder"

    (tmp_path / "file").touch()
    monkeypatch.setattr(readiness, "storages", {"justificatifs": Folder()})
    assert readiness.ask_storage() == {"stockage": "injoignable ou en erreur"}


def test_an_antivirus_that_says_nothing_is_found_out(settings: Any) -> None:
    with silent_port() as port:
        settings.PORTAL_CLAMD = f"tcp://127.0.0.1:{port}"
        assert readiness.ask_antivirus() == {"antivirus": "injoignable ou en erreur"}


@pytest.mark.clamd
def test_an_antivirus_that_answers_is_well(settings: Any, tmp_path: Path) -> None:
    with start_clamd(tmp_path / "clamd") as clamd:
        settings.PORTAL_CLAMD = clamd.address
        assert readiness.ask_antivirus() == {"antivirus": ""}


ONLY_READS = {
    "postgresql": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
    "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
}


@pytest.mark.django_db(transaction=True)
def test_a_database_that_only_reads_is_found_out() -> None:
    alive()
    closed, opened = ONLY_READS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(closed)
    try:
        found = readiness.ask_database()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(opened)
    assert found.pop("base") == "lue, mais ne s’écrit plus (lecture seule, verrouillée, ou disque plein)"
    assert set(found.values()) == {""}


BROKEN = pytest.mark.parametrize("error", [OperationalError, InterfaceError])  # psycopg2 raises both for a lost link


def raises(error: type[Exception]) -> Any:
    def called(*_: Any) -> None:
        raise error

    return called


@BROKEN
@pytest.mark.parametrize(("module", "name"), [(clocks, "gap"), (readiness, "_waiting")])
@pytest.mark.django_db
def test_a_database_that_breaks_off_is_out_of_reach(
    module: Any, name: str, error: type[Error], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, raises(error))
    found = readiness.ask_database()
    assert found.pop("base") == "injoignable"
    assert set(found.values()) == {readiness.UNKNOWN}


@BROKEN
@pytest.mark.django_db
def test_a_database_that_breaks_off_as_it_is_written_is_ill(
    error: type[Error], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Heartbeat, "note", raises(error))
    assert readiness.ask_database()["base"].startswith("lue, mais ne s’écrit plus")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("beat", "queues", "said"),
    [
        (MINUTE, MINUTE, {}),
        (
            4 * MINUTE,
            MINUTE,
            {"planificateur": "sans signe depuis 4\xa0min", "workers": UNASKED},
        ),
        (
            MINUTE,
            8 * MINUTE,
            {"workers": NOBODY},
        ),
    ],
)
def test_who_gives_no_sign_is_named(beat: timedelta, queues: timedelta, said: dict[str, str]) -> None:
    alive(beat=beat, queues=queues)
    assert {name: word for name, word in readiness.ask_database().items() if word} == said


@pytest.mark.django_db
def test_one_queue_without_a_worker_is_named() -> None:
    alive()
    Heartbeat.objects.filter(name="queue:documents").delete()
    assert readiness.ask_database()["workers"] == "personne ne travaille pour\xa0: documents"


@pytest.mark.django_db
def test_mails_that_nobody_takes_are_told() -> None:
    mails(2, next_try_at=timezone.now() - 25 * MINUTE)
    assert readiness.ask_database()["courrier"] == "un e-mail attend depuis 25\xa0min"


@pytest.mark.django_db
def test_a_relay_that_refuses_all_is_told_and_one_address_that_is_refused_is_not() -> None:
    later = {"next_try_at": timezone.now() + 60 * MINUTE, "created_at": timezone.now() - 30 * MINUTE, "status": "retry"}
    mails(4, **later)
    assert readiness.ask_database()["courrier"] == ""
    mails(5, **later)
    assert readiness.ask_database()["courrier"] == "5 e-mails refusés par le relais, aucun parti depuis 10\xa0min"
    OutgoingEmail.objects.filter(dedup_key="0").update(status=EmailStatus.SENT, sent_at=timezone.now())
    mails(6)
    OutgoingEmail.objects.exclude(status="sent").update(**later)
    assert readiness.ask_database()["courrier"] == ""


@pytest.mark.django_db
def test_events_that_wait_are_told_but_for_paused_addresses() -> None:
    call = OutgoingCallFactory(status="queued", sent_at=None, next_try_at=timezone.now() - 12 * MINUTE)
    assert readiness.ask_database()["webhooks"] == "un évènement attend depuis 12\xa0min"
    call.endpoint.pause("Essai")
    assert readiness.ask_database()["webhooks"] == ""


# Signs of life


@pytest.mark.django_db
def test_the_schedule_notes_what_it_sends_and_a_thread_writes_it() -> None:
    beat = heartbeats.Beat()
    before_task_publish.connect(beat.sends, weak=False)
    try:
        beat.write_down()
        assert not Heartbeat.objects.exists()
        before_task_publish.send("dispenses.tasks.examine_due", body=None)
    finally:
        before_task_publish.disconnect(beat.sends)
    beat.write_down()
    assert Heartbeat.objects.get().name == heartbeats.BEAT


@pytest.mark.django_db
def test_a_worker_signs_for_the_queue_of_what_it_did_now_and_then() -> None:
    class Task:
        class request:
            delivery_info = {"routing_key": "documents"}

    queues = heartbeats.Queues()
    for _ in range(3):
        queues.done(task=Task())
    queues.done(task=None)
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"queue:documents", "queue:reste"}
    first = Heartbeat.objects.get(name="queue:documents").at
    queues.done(task=Task())
    assert Heartbeat.objects.get(name="queue:documents").at == first


def test_the_thread_of_the_schedule_outlives_any_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Over(BaseException):
        """What ends the thread, for this test."""

    turns: list[float] = []

    def sleep(seconds: float) -> None:
        turns.append(seconds)
        if len(turns) == 3:
            raise Over

    monkeypatch.setattr(heartbeats, "time", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(heartbeats, "connection", SimpleNamespace(close=lambda: None))
    beat = heartbeats.Beat()
    monkeypatch.setattr(beat, "write_down", raises(RuntimeError))
    with pytest.raises(Over):
        beat._go_on()
    assert [record.message for record in caplog.records] == ["Signe de vie en échec"] * 3


@pytest.mark.django_db
@pytest.mark.parametrize("error", [DatabaseError, InterfaceError])
def test_a_sign_that_cannot_be_written_prevents_nothing(error: type[Error], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Heartbeat, "note", raises(error))
    beat, queues = heartbeats.Beat(), heartbeats.Queues()
    queues.done()
    beat.sends()
    beat.write_down()
    assert beat.sent_at, "it is tried again"


@pytest.mark.slow
def test_a_real_worker_and_its_schedule_leave_their_signs(tmp_path: Path) -> None:
    environment = environment_of(tmp_path, DJANGO_SETTINGS_MODULE="portal.settings.dev")
    put_portal(tmp_path)
    worker = ["worker", "-P", "threads", "-c", "2", "-B", "--schedule", str(tmp_path / "beat")]
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "portal", *worker],
            stdout=log, stderr=log, env=environment, cwd=django_settings.BASE_DIR,
        )  # fmt: skip
    try:
        assert until(lambda: _signs(environment) >= {"beat", "queue:courrier", "queue:decisions"}), (
            tmp_path / "worker.log"
        ).read_text()
    finally:
        process.terminate()  # its schedule, a process of its own, ends with it
        try:
            process.wait(timeout=240)
        finally:
            process.kill()
            process.wait()


def _signs(environment: dict[str, str]) -> set[str]:
    name = next(Path(environment["PORTAL_VAR_DIR"]).glob("*.sqlite3"))
    with closing(sqlite3.connect(f"file:{name}?mode=ro", uri=True, timeout=20)) as base:
        return {row[0] for row in base.execute("SELECT name FROM notifications_heartbeat")}

"""A real worker over the embedded broker: tasks arrive, a corrupt message is set aside, idle costs nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from kombu import Connection

from notifications import tasks
from portal.celery import app
from portal.dev.broker import Transport, transport_options
from tests.prepared import environment_of, put_portal
from tests.servers.waiting import until

HINT = "from dispenses.documents.examination import examine; examine.delay(1)"
SEND = """
import django; django.setup()
from django.db import transaction
from accounts.messages import AccountOpened
from notifications import outbox
with transaction.atomic():
    outbox.enqueue(
        AccountOpened(person_name="V", identifier="v@exemple.fr", sign_in_url="http://localhost/"),
        to="v@exemple.fr", dedup_key="{key}",
    )
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return environment_of(tmp_path, DJANGO_SETTINGS_MODULE="portal.settings.dev")


def command(tmp_path: Path, *options: str) -> list[str]:
    words = ["-m", "celery", "-A", "portal", "worker", "-P", "threads", "-c", "2", "-l", "INFO", *options]
    schedule = ["--schedule", str(tmp_path / "beat")] if "-B" in options else []
    return [sys.executable, *words, *schedule]


@pytest.fixture
def options() -> list[str]:
    return ["-B"]


@pytest.fixture
def worker(tmp_path: Path, environment: dict[str, str], options: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    run = {"env": environment, "cwd": settings.BASE_DIR}
    put_portal(tmp_path)
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(command(tmp_path, *options), stdout=log, stderr=log, **run)
    try:
        assert until(lambda: b" ready." in (tmp_path / "worker.log").read_bytes()), (
            tmp_path / "worker.log"
        ).read_text()
        yield process
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=240)
    finally:
        process.kill()
        process.wait()


def cpu_seconds(pid: int) -> float:
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
def test_worker_sends_survives_a_corrupt_message_and_rests(
    worker: "subprocess.Popen[bytes]", tmp_path: Path, environment: dict[str, str]
) -> None:
    messages, mails = tmp_path / "broker" / "messages", tmp_path / "mails"
    for number, content in enumerate((b"", b"{", b"\xff\xfe", b"[]", b'{"body": "x", "properties": {}}')):
        (messages / f"0_{number}.courrier.msg").write_bytes(content)

    subprocess.run([sys.executable, "-c", SEND.format(key="1")], check=True, env=environment, cwd=settings.BASE_DIR)

    assert until(lambda: list(mails.glob("*.eml"))), (tmp_path / "worker.log").read_text()
    assert b"v@exemple.fr" in next(mails.glob("*.eml")).read_bytes()
    assert worker.poll() is None
    # The sweep of each minute may send the mail before these messages are read.
    assert until(lambda: len(list((tmp_path / "broker" / "processed").glob("*.illisible"))) == 5)

    time.sleep(2)
    before = cpu_seconds(worker.pid)
    time.sleep(5)
    assert cpu_seconds(worker.pid) - before < 0.25


@pytest.mark.slow
@pytest.mark.parametrize("options", [["-Q", "courrier"]])
def test_a_worker_of_one_kind_of_work_leaves_the_others(
    worker: "subprocess.Popen[bytes]", tmp_path: Path, environment: dict[str, str]
) -> None:
    waiting = tmp_path / "broker" / "messages"
    code = f"import django; django.setup(); {HINT}\n{SEND.format(key='2')}"
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=settings.BASE_DIR)
    assert until(lambda: list((tmp_path / "mails").glob("*.eml"))), (tmp_path / "worker.log").read_text()
    assert worker.poll() is None
    left = [path.name.split(".")[1] for path in waiting.glob("*.msg")]
    assert left == ["documents"]


def test_every_task_goes_to_a_queue_that_somebody_reads() -> None:
    app.loader.import_default_modules()
    ours = [name for name in app.tasks if name.startswith(("accounts.", "dispenses.", "notifications."))]
    queues = {name: app.amqp.router.route({}, name)["queue"] for name in ours}
    assert {queue.name for queue in queues.values()} == set(settings.PORTAL_QUEUES)
    assert queues[tasks.deliver.name].name == "courrier"
    assert queues["dispenses.tasks.examine"].name == "documents"
    assert {queue.routing_key for queue in queues.values()} == set(settings.PORTAL_QUEUES)
    assert set(app.amqp.queues) == set(settings.PORTAL_QUEUES)


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()

    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks


def test_delivery_is_swept_twice_a_minute() -> None:
    swept = {entry["task"]: entry["schedule"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert swept[tasks.deliver.name] <= 30
    assert swept[tasks.requeue_stuck.name] <= 60


def test_workers_look_for_their_broker_however_long_it_is_away() -> None:
    assert app.conf.broker_connection_retry_on_startup
    assert app.conf.broker_connection_max_retries is None


def test_messages_are_read_in_the_order_of_their_writing_each_once(tmp_path: Path) -> None:
    options = transport_options(tmp_path)
    with Connection(transport=Transport, transport_options=options) as connection:
        queue = connection.SimpleQueue("essai")
        for number in range(20):
            queue.put({"number": number})

        read = []
        for _ in range(20):
            message = queue.get(timeout=10)
            message.ack()
            read.append(message.payload["number"])
        queue.close()

    assert read == list(range(20))
    assert not list((tmp_path / "messages").iterdir())

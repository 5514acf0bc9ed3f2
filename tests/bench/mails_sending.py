"""Deliver mails by the outbox and by a plain smtplib loop, in turns, to one local SMTP server. Prints mails per second.

Then how long a code takes to leave behind thousands of other mails, in seconds.
Arguments: number of mails, number of turns, number of mails that wait.
"""

import json
import multiprocessing
import smtplib
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import django

django.setup()

from aiosmtpd.controller import Controller  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from accounts.messages import ActivationCode  # noqa: E402
from dispenses.request.messages import DispenseReceived  # noqa: E402
from notifications import delivery, mime, outbox  # noqa: E402
from notifications.messages import Message  # noqa: E402
from notifications.models import OutgoingEmail  # noqa: E402
from tests.bench.turns import in_turns  # noqa: E402
from tests.servers.ports import free_port  # noqa: E402

TOGETHER = 5000
CODES = 9


class Counter:
    def __init__(self, received: "Synchronized[int]") -> None:
        self.received = received

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.value += 1
        return "250 OK"


def serve(port: int, received: "Synchronized[int]") -> None:
    Controller(Counter(received), hostname="127.0.0.1", port=port).start()
    threading.Event().wait()


def fill(count: int) -> None:
    """The rows of one turn and no other: one mail in five carries a secret, one in ten a receipt of 30 kB."""
    OutgoingEmail.objects.all().delete()
    with transaction.atomic():
        for index in range(count):
            message: Message = DispenseReceived(
                person_name="Virginie Durand",
                number=20000 + index,
                created_on=date(2026, 11, 23),
                follow_url="https://portail.exemple.fr/demandes/",
            )
            if index % 5 == 0:
                message = ActivationCode(person_name="Virginie Durand", code="402719", minutes=15)
            receipt = (
                outbox.Attachment("accuse.pdf", bytes(range(256)) * 120, "application/pdf") if index % 10 == 1 else None
            )
            key = f"activation-code:{index}:0" if index % 5 == 0 else f"banc:{index}"
            outbox.enqueue(message, to=f"v{index}@exemple.fr", dedup_key=key, attachment=receipt)


def plain(port: int, mails: list[tuple[str, str, bytes]]) -> float:
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for sender, to, content in mails:
            server.sendmail(sender, [to], content)
    return len(mails) / (time.perf_counter() - start)


def ours(count: int) -> float:
    fill(count)
    start = time.perf_counter()
    sent = delivery.deliver()
    assert sent == count, sent
    return sent / (time.perf_counter() - start)


def crowd(count: int) -> None:
    """So many mails of a company's invitations, and no other row."""
    OutgoingEmail.objects.all().delete()
    for first in range(0, count, TOGETHER):
        with transaction.atomic():
            outbox.enqueue_many(
                [
                    outbox.Outgoing(
                        DispenseReceived(
                            person_name="Virginie Durand",
                            number=index,
                            created_on=date(2026, 11, 23),
                            follow_url="https://portail.exemple.fr/demandes/",
                        ),
                        to=f"v{index}@exemple.fr",
                        dedup_key=f"foule:{index}",
                    )
                    for index in range(first, min(first + TOGETHER, count))
                ]
            )


def awaited(count: int) -> list[float]:
    """Seconds that each of some codes takes to leave, while one worker has so many mails to send."""
    crowd(count)
    stopped = threading.Event()

    def work() -> None:
        while not stopped.is_set():
            delivery.deliver(seconds=2)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    delays = []
    try:
        for number in range(CODES):
            time.sleep(0.7)
            begun = time.perf_counter()
            with transaction.atomic():
                code = ActivationCode(person_name="Virginie Durand", code="402719", minutes=15)
                outbox.enqueue(code, to="v@exemple.fr", dedup_key=f"activation-code:{number}:0")
            mine = OutgoingEmail.objects.filter(dedup_key=f"activation-code:{number}:0")
            while not mine.filter(sent_at__isnull=False).exists():
                time.sleep(0.02)
            delays.append(time.perf_counter() - begun)
    finally:
        stopped.set()
        worker.join()
    return delays


def checked(way: Callable[[], float], count: int, received: "Synchronized[int]") -> float:
    """What the way gives, once the server has all its mails."""
    before = received.value
    speed = way()
    assert received.value - before == count
    return speed


def main() -> None:
    count, turns, waiting = (int(argument) for argument in sys.argv[1:])
    port = free_port()
    received: Synchronized[int] = multiprocessing.Value("i", 0)
    server = multiprocessing.Process(target=serve, args=(port, received), daemon=True)
    server.start()
    settings.EMAIL_PORT = port
    sender = mime.sender(settings.DEFAULT_FROM_EMAIL)
    fill(count)
    mails = [(sender, row.to, mime.wire(row)) for row in OutgoingEmail.objects.all()]
    ways = {"ours": partial(ours, count), "plain": partial(plain, port, mails)}
    found = in_turns({name: partial(checked, way, count, received) for name, way in ways.items()}, turns)
    print(json.dumps({**found, "awaited": awaited(waiting)}))
    server.terminate()


if __name__ == "__main__":
    main()

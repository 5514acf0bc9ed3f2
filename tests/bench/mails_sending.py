"""Deliver mails by the outbox and by a plain smtplib loop, in turns, to one local SMTP server. Prints mails per second.

Arguments: number of mails, number of turns.
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
from django.db import transaction  # noqa: E402

from accounts.messages import ActivationCode  # noqa: E402
from dispenses.request.messages import DispenseReceived  # noqa: E402
from notifications import delivery, mime, outbox  # noqa: E402
from notifications.messages import Message  # noqa: E402
from notifications.models import OutgoingEmail  # noqa: E402
from tests.bench.turns import in_turns  # noqa: E402
from tests.servers.ports import free_port  # noqa: E402


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
            outbox.enqueue(message, to=f"v{index}@exemple.fr", dedup_key=f"banc:{index}", attachment=receipt)


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


def checked(way: Callable[[], float], count: int, received: "Synchronized[int]") -> float:
    """What the way gives, once the server has all its mails."""
    before = received.value
    speed = way()
    assert received.value - before == count
    return speed


def main() -> None:
    count, turns = (int(argument) for argument in sys.argv[1:])
    port = free_port()
    received: Synchronized[int] = multiprocessing.Value("i", 0)
    server = multiprocessing.Process(target=serve, args=(port, received), daemon=True)
    server.start()
    settings.EMAIL_PORT = port
    sender = mime.sender(settings.DEFAULT_FROM_EMAIL)
    fill(count)
    mails = [(sender, row.to, mime.wire(row)) for row in OutgoingEmail.objects.all()]
    ways = {"ours": partial(ours, count), "plain": partial(plain, port, mails)}
    print(json.dumps(in_turns({name: partial(checked, way, count, received) for name, way in ways.items()}, turns)))
    server.terminate()


if __name__ == "__main__":
    main()

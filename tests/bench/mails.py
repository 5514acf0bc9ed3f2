"""The outbox against a plain smtplib loop that sends the same bytes, to one local SMTP server. Prints JSON."""

import json
import multiprocessing
import smtplib
import threading
import time
from datetime import date
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import django

django.setup()

from aiosmtpd.controller import Controller  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402

from notifications import catalogue, delivery, mime, outbox  # noqa: E402
from notifications.models import OutgoingEmail  # noqa: E402
from tests.servers.ports import free_port  # noqa: E402

MAILS = 2000
ROUNDS = 3


class Counter:
    def __init__(self, received: "Synchronized[int]") -> None:
        self.received = received

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.value += 1
        return "250 OK"


def serve(port: int, received: "Synchronized[int]") -> None:
    Controller(Counter(received), hostname="127.0.0.1", port=port).start()
    threading.Event().wait()


def fill(turn: int) -> None:
    """The rows of one round: one mail in five carries a secret, one in ten a receipt of 30 kB."""
    with transaction.atomic():
        for index in range(MAILS):
            message: catalogue.Message = catalogue.DispenseReceived(
                person_name="Virginie Durand",
                number=20000 + index,
                created_on=date(2026, 11, 23),
                follow_url="https://portail.exemple.fr/demandes/",
            )
            if index % 5 == 0:
                message = catalogue.ActivationCode(person_name="Virginie Durand", code="402719", minutes=15)
            receipt = (
                outbox.Attachment("accuse.pdf", bytes(range(256)) * 120, "application/pdf") if index % 10 == 1 else None
            )
            outbox.enqueue(message, to=f"v{index}@exemple.fr", dedup_key=f"banc:{turn}:{index}", attachment=receipt)


def plain(port: int, mails: list[tuple[str, str, bytes]]) -> float:
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for sender, to, content in mails:
            server.sendmail(sender, [to], content)
    return len(mails) / (time.perf_counter() - start)


def ours() -> float:
    start = time.perf_counter()
    sent = delivery.deliver()
    assert sent == MAILS, sent
    return sent / (time.perf_counter() - start)


def main() -> None:
    port = free_port()
    received: Synchronized[int] = multiprocessing.Value("i", 0)
    server = multiprocessing.Process(target=serve, args=(port, received), daemon=True)
    server.start()
    settings.EMAIL_PORT = port
    sender = mime.sender(settings.DEFAULT_FROM_EMAIL)
    speeds: dict[str, list[float]] = {"ours": [], "plain": []}
    for turn in range(ROUNDS):
        OutgoingEmail.objects.all().delete()
        fill(turn)
        mails = [(sender, row.to, mime.wire(row)) for row in OutgoingEmail.objects.all()]
        before = received.value
        steps = [("plain", lambda: plain(port, mails)), ("ours", ours)]  # noqa: B023
        for name, measure in steps if turn % 2 else reversed(steps):
            speeds[name].append(measure())
        assert received.value - before == 2 * MAILS
    server.terminate()
    print(json.dumps(speeds))


if __name__ == "__main__":
    main()

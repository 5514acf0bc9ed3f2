"""A real SMTP server on a free port, which answers as the test tells it to."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from django.db import transaction

from accounts.messages import AccountOpened
from notifications import outbox
from tests.notifications.messages import example
from tests.servers.ports import free_port


class Server:
    """What it received, and what it answers: `answers` maps a recipient to a list of replies, used one by one."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.connections = 0
        self.answers: dict[str, list[str]] = {}
        self.port = free_port()
        self.controller: Controller | None = None

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        replies = self.answers.get(address)
        reply = replies.pop(0) if replies else "250 OK"
        if reply == "hang up":
            server.transport.abort()
            return "421 bye"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, session, envelope):
        self.received.append(message_from_bytes(envelope.original_content, policy=policy.default))
        return "250 OK"

    def start(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        if self.controller:
            self.controller.stop()
            self.controller = None

    @property
    def addresses(self) -> list[str]:
        return [message["To"] for message in self.received]


@pytest.fixture
def smtp(settings):
    server = Server()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.port
    server.start()
    yield server
    server.stop()


@pytest.fixture
def queue(monkeypatch):
    """Write mails without waking a worker: the test calls deliver() itself."""
    monkeypatch.setattr(outbox, "wake", lambda: None)

    def write(*addresses, kind=AccountOpened, attachment=None):
        with transaction.atomic():
            return [
                outbox.enqueue(example(kind), to=address, dedup_key=f"{kind.__name__}:{address}", attachment=attachment)
                for address in addresses
            ]

    return write

"""The number of a request: on its answer, in its lines, into its tasks and mails; nobody's name in the log."""

import logging
import re
import smtplib
from collections.abc import Iterator
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from accounts.messages import AccountOpened
from accounts.models import Employee, User
from accounts.nir import seal_nir
from dispenses.models import Dispense
from notifications import delivery
from notifications.models import OutgoingEmail
from notifications.outbox import Outgoing, enqueue, enqueue_many
from portal import celery
from portal.lib import correlation
from tests.accounts.mails import last_code
from tests.factories import PASSWORD, DispenseFactory, EmployeeFactory, InvitationFactory
from tests.notifications.messages import example

OURS = re.compile(r"[0-9a-f]{32}")
GIVEN = "proxy-0123456789"
PAGE = reverse("aide")


@pytest.fixture(autouse=True)
def _of_no_request() -> Iterator[None]:
    correlation.end()
    yield
    correlation.end()


def test_each_request_has_a_number_of_its_own(client: Client) -> None:
    first, second = (client.get(PAGE)["X-Request-Id"] for _ in range(2))
    assert OURS.fullmatch(first)
    assert first != second
    assert correlation.number() == ""


def test_a_client_s_own_number_is_not_believed(client: Client) -> None:
    assert OURS.fullmatch(client.get(PAGE, headers={"x-request-id": GIVEN})["X-Request-Id"])


@pytest.mark.parametrize(
    "sent", ["court", "x" * 65, "avec espace 1234", "ligne\\n2026 ERROR forged", "-----------", "é" * 10]
)
def test_the_proxy_s_number_is_believed_when_it_looks_like_one(sent: str, client: Client, settings: Any) -> None:
    settings.PORTAL_REQUEST_HEADER = "X-Request-Id"
    assert client.get(PAGE, headers={"x-request-id": GIVEN})["X-Request-Id"] == GIVEN
    assert OURS.fullmatch(client.get(PAGE, headers={"x-request-id": sent})["X-Request-Id"])


def test_a_task_works_under_the_number_of_who_asked() -> None:
    headers: dict[str, Any] = {}
    with correlation.working_for(GIVEN):
        before_task_publish.send("une-tâche", headers=headers, body=None)
    assert headers == {"request_number": GIVEN}

    class Task:
        class request:
            is_eager, request_number = False, GIVEN

    celery.work_for_the_request(task_id="t-12345678", task=Task)
    assert correlation.number() == GIVEN
    celery.work_is_done(task=Task)
    assert correlation.number() == ""
    Task.request.request_number = ""
    celery.work_for_the_request(task_id="t-12345678", task=Task)
    assert correlation.number() == "t-12345678"


def test_a_task_of_nobody_gives_no_number() -> None:
    headers: dict[str, Any] = {}
    before_task_publish.send("une-tâche", headers=headers, body=None)
    assert headers == {}


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "level", "follows"), [(451, "WARNING", "à réessayer"), (550, "ERROR", "abandonné")])
def test_a_mail_that_does_not_leave_is_a_line_of_its_request(
    code: int, level: str, follows: str, monkeypatch: pytest.MonkeyPatch, log: "Log"
) -> None:
    with correlation.working_for(GIVEN), transaction.atomic():
        enqueue(example(AccountOpened), to="virginie@exemple.fr", dedup_key="a")
        enqueue_many([Outgoing(example(AccountOpened), "louis@exemple.fr", "b")])
    refused = smtplib.SMTPRecipientsRefused({"virginie@exemple.fr": (code, b"virginie@exemple.fr: no")})

    def refuses(*_: Any) -> None:
        raise refused

    monkeypatch.setattr(delivery, "_hand_over", refuses)
    delivery.deliver()
    lines = [line for line in log.lines() if "E-mail" in line]
    for row in OutgoingEmail.objects.all():
        said = f"[{GIVEN}] E-mail {row.pk} (account_opened), essai 1 : SMTPRecipientsRefused {code}, {follows}"
        assert [line.split(" ", 1)[1] for line in lines if f"E-mail {row.pk} " in line] == [
            f"{level} notifications.delivery {said}"
        ]
    assert "exemple.fr" not in "\n".join(lines)


class Log:
    """What the console of the portal writes, in both formats."""

    def __init__(self) -> None:
        self.handlers = [self._handler(kind) for kind in ("texte", "json")]

    @staticmethod
    def _handler(kind: str) -> logging.Handler:
        written: list[str] = []

        class Kept(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                written.append(self.format(record))

        handler = Kept()
        for name in django_settings.LOGGING["handlers"]["console"]["filters"]:
            handler.addFilter(import_string(django_settings.LOGGING["filters"][name]["()"])())
        handler.setFormatter(import_string("portal.logs.formatter")(kind))
        handler.written = written  # type: ignore[attr-defined]
        return handler

    def lines(self, place: int = 0) -> list[str]:
        return list(self.handlers[place].written)  # type: ignore[attr-defined]


@pytest.fixture
def log() -> Iterator[Log]:
    found, root = Log(), logging.getLogger()
    level = root.level
    root.setLevel(logging.INFO)
    for handler in found.handlers:
        root.addHandler(handler)
    yield found
    for handler in found.handlers:
        root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.django_db
def test_a_whole_story_leaves_nobody_in_the_log(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the invitation to a decision, with what goes wrong on the way."""
    nir, personal, chosen = "295109912611193", "cam.perso@exemple.net", "un cheval bleu dans la neige"
    employee = EmployeeFactory(first_name="Camille", last_name="Zyskowicz", sealed_nir=seal_nir(nir))
    invitation = InvitationFactory(employee=employee)
    link, client = reverse("activation", args=[invitation.token]), Client()
    typed = {"has_personal_email": "oui", "personal_email": personal, "personal_email_again": personal}
    client.post(link, typed)
    code = last_code(personal)
    account = reverse("activation_compte", args=[invitation.token])
    client.post(account, {"password": chosen, "code": f"{(int(code) + 1) % 10**6:06d}"})
    client.post(account, {"password": chosen, "code": code})
    assert User.objects.filter(email=personal).exists()
    stranger = Client(raise_request_exception=False)
    for words in ("faux", "encore-faux", chosen):
        stranger.post(reverse("connexion"), {"username": personal, "password": words})
    stranger.get(f"/gestion/?q={personal}")
    stranger.get(f"/activation/{invitation.token}/nulle-part/")
    with monkeypatch.context() as broken:
        broken.setattr("accounts.views.activation.services.find_invitation", fails)
        assert stranger.get(link).status_code == 500
    Client().post(reverse("mot_de_passe_oublie"), {"email": personal})
    employee = Employee.objects.get(pk=employee.pk)
    refused = DispenseFactory(employee=employee, stage="refused")
    assert Dispense.objects.filter(pk=refused.pk).exists()

    def refuses(mailer: Any, row: OutgoingEmail) -> None:
        raise smtplib.SMTPRecipientsRefused({row.to: (550, f"{row.to} unknown".encode())})

    monkeypatch.setattr(delivery, "_hand_over", refuses)
    delivery.deliver()
    assert OutgoingEmail.objects.filter(status="failed").count() > 3
    secrets = [
        nir,
        personal,
        "perso@",
        chosen,
        "Zyskowicz",
        "Camille",
        invitation.token,
        PASSWORD,
        employee.professional_email,
    ]
    codes = re.compile(rf"(?<!\d){code}(?!\d)")
    for place in (0, 1):
        written = OURS.sub("", "\n".join(log.lines(place)))
        assert len(log.lines(place)) > 5
        assert [secret for secret in secrets if secret.lower() in written.lower()] == []
        assert not codes.search(written)
    assert "Traceback" in "\n".join(log.lines())


def fails(token: str) -> None:
    raise RuntimeError(f"no such link: /activation/{token}/")

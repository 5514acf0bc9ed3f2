"""/metrics: closed without its token, whole when a part is ill, with few labels and nobody's name."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Employee
from notifications.enums import EmailStatus, Tallied
from notifications.models import Heartbeat, OutgoingEmail, Tally
from portal import heartbeats
from portal.lib import kept
from portal.lib.probing import Prober
from portal.operations import exposition, works
from tests.factories import DispenseFactory, EmployeeFactory, InvitationFactory, OutgoingCallFactory
from tests.notifications.conftest import queue
from tests.portal.operations.scraped import scrape, value

__all__ = ["queue"]  # the fixture
pytestmark = pytest.mark.django_db


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_without_a_token_there_is_no_such_address(client: Client) -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers=bearer("")).status_code == 404


@pytest.mark.parametrize("given", [{}, bearer(""), bearer("x" * 40), {"authorization": "Basic YTpi"}, bearer("é")])
def test_a_wrong_token_is_refused(given: dict[str, str], client: Client, here: str) -> None:
    answer = client.get("/metrics", headers=given)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert b"portail_" not in answer.content


def test_what_asks_knows_a_machine_not_a_host_name_of_the_portal(client: Client, here: str) -> None:
    answer = client.get("/metrics", headers={**bearer(here), "host": "10.0.0.12:8000"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert answer["Cache-Control"] == "no-store"
    assert client.post("/metrics", headers=bearer(here)).status_code == 405


def test_requests_are_counted_by_route_never_by_address(client: Client, here: str) -> None:
    before = scrape(client, here).get("portail_http_requests_total", [])
    asked = (
        "/aide/",
        "/activation/secret-du-lien/",
        "/activation/un-autre/",
        "/nulle/part/virginie/",
        "/static/rien.css",
    )
    for path in asked:
        client.get(path)
    client.generic("VIRGINIE", "/aide/")
    kept.forget_all()
    after = scrape(client, here)["portail_http_requests_total"]

    def number(samples: Any, **labels: str) -> float:
        return sum(value for own, value in samples if labels.items() <= own.items())

    for labels, count in (
        ({"route": "aide", "method": "GET", "status": "200"}, 1),
        ({"route": "activation"}, 2),
        ({"route": "none", "status": "404"}, 1),
        ({"route": "static"}, 1),
        ({"method": "other"}, 1),
    ):
        assert number(after, **labels) - number(before, **labels) == count, labels
    shown = str(after).lower()
    assert "virginie" not in shown
    assert "secret-du-lien" not in shown  # a route may have the word in its name


def test_the_outbox_by_age_and_by_what_was_refused(client: Client, here: str, queue: Any) -> None:
    queue("a@exemple.fr", "b@exemple.fr", "c@exemple.fr", "d@exemple.fr")
    now = timezone.now()
    first, second, third, fourth = OutgoingEmail.objects.order_by("pk")
    OutgoingEmail.objects.filter(pk=first.pk).update(next_try_at=now - timedelta(minutes=20))
    OutgoingEmail.objects.filter(pk=second.pk).update(
        status=EmailStatus.RETRY, attempts=2, next_try_at=now + timedelta(hours=1)
    )
    OutgoingEmail.objects.filter(pk=third.pk).update(status=EmailStatus.FAILED)
    OutgoingEmail.objects.filter(pk=fourth.pk).update(status=EmailStatus.SENT, sent_at=now)
    Tally.add(Tallied.MAIL_POSTPONED, "deferred", at=now, count=2)
    found = scrape(client, here)
    assert value(found, "portail_work_waiting", work="emails") == 2
    assert 1200 <= value(found, "portail_work_oldest_seconds", work="emails") < 1260
    assert value(found, "portail_work_failed", work="emails") == 1
    assert value(found, "portail_emails_postponed") == 1
    assert value(found, "portail_emails_sent_10m") == 1
    assert value(found, "portail_email_failures_total", outcome="postponed", cause="deferred") == 2
    assert value(found, "portail_email_failures_total", outcome="abandoned", cause="refused") == 0
    assert "exemple.fr" not in str(found)


def test_webhooks_of_a_paused_address_wait_for_nobody(client: Client, here: str) -> None:
    call = OutgoingCallFactory(
        status="queued", sent_at=None, attempts=0, next_try_at=timezone.now() - timedelta(minutes=30)
    )
    found = scrape(client, here)
    assert value(found, "portail_work_waiting", work="webhooks") == 1
    assert value(found, "portail_work_oldest_seconds", work="webhooks") >= 1800
    call.endpoint.pause("essai")
    kept.forget_all()
    found = scrape(client, here)
    assert value(found, "portail_work_waiting", work="webhooks") == 0
    assert value(found, "portail_webhook_endpoints_paused") == 1


def test_people_and_requests_are_numbers(client: Client, here: str) -> None:
    DispenseFactory(in_progress=True)
    InvitationFactory(employee=EmployeeFactory())
    found = scrape(client, here)
    assert value(found, "portail_requests", status="in_progress") == 1
    assert value(found, "portail_invitations", state="live") == 1
    assert sum(number for _, number in found["portail_employees"]) == Employee.objects.count()


def test_tasks_and_signs_of_life(client: Client, here: str) -> None:
    now = timezone.now()
    Heartbeat.note(heartbeats.BEAT, now - timedelta(minutes=2))
    Tally.add(Tallied.TASK_DONE, "notifications.tasks.deliver", at=now, count=3)
    Tally.add(Tallied.TASK_FAILED, "notifications.tasks.deliver", at=now, detail="OSError")
    found = scrape(client, here)
    assert 120 <= value(found, "portail_heartbeat_age_seconds", part="beat") < 180
    deliver = {"task": "notifications.tasks.deliver"}
    assert value(found, "portail_task_runs_total", result="done", **deliver) == 3
    assert value(found, "portail_task_runs_total", result="failed", **deliver) == 1
    assert value(found, "portail_task_last_success_timestamp_seconds", **deliver) == pytest.approx(now.timestamp())
    assert value(found, "portail_task_longest_gap_seconds", **deliver) == 30
    assert value(found, "portail_task_runs_total", result="failed", task="dispenses.tasks.end_dispenses") == 0


def broken(*args: Any) -> Any:
    raise OperationalError("postgres://portail:secret@base")


@pytest.mark.parametrize("part", sorted(exposition.OF_THE_DATABASE))
def test_a_part_that_is_ill_takes_nothing_from_the_others(
    part: str, client: Client, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(exposition.OF_THE_DATABASE, part, broken)
    found = scrape(client, here)
    assert {labels["part"]: number for labels, number in found["portail_scrape_ok"]} == {
        name: float(name != part) for name in (*exposition.OF_THE_DATABASE, *exposition.OTHERS)
    }
    assert "postgres://" not in str(found)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_hangs_leaves_the_rest(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PORTAL_METRICS_TOKEN = "x" * 40
    end = threading.Event()
    monkeypatch.setattr(exposition, "SECONDS", 0.2)
    monkeypatch.setattr(
        exposition, "_probers", {"database": Prober(end.wait), "queues": Prober(dict), "readiness": Prober(dict)}
    )
    client.get("/aide/")
    try:
        found = scrape(client, "x" * 40)
    finally:
        end.set()
    assert value(found, "portail_scrape_ok", part="works") == 0
    assert found["portail_http_requests_total"]


def test_a_reading_serves_for_a_while(client: Client, here: str, django_assert_num_queries: Any) -> None:
    scrape(client, here)
    with django_assert_num_queries(0):
        scrape(client, here)


def test_the_reading_asks_as_much_of_many_rows_as_of_none(client: Client, here: str, queue: Any) -> None:
    def asked() -> int:
        kept.forget_all()
        with CaptureQueriesContext(connection) as found:
            scrape(client, here)
        return len(found)

    none = asked()
    queue(*(f"p{number}@exemple.fr" for number in range(30)))
    EmployeeFactory.create_batch(10)
    assert asked() == none < 80


def test_a_count_is_bounded(queue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(works, "MOST_COUNTED", 2)
    queue("a@exemple.fr", "b@exemple.fr", "c@exemple.fr")
    assert works.BY_NAME["emails"].count() == 2

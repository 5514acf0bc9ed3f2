"""Closed for a while: every process knows, people lose nothing, superusers go on, software is told, workers wait."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import JournalEntry
from dispenses.models import Dispense
from notifications import delivery
from notifications.enums import EmailStatus
from notifications.models import Maintenance, OutgoingEmail
from portal.lib import kept, leases
from portal.operations import maintenance
from tests.factories import PASSWORD, AdministratorFactory, CorrespondentFactory, DispenseFactory, UserFactory
from tests.notifications.conftest import queue

__all__ = ["queue"]  # the fixture
pytestmark = pytest.mark.django_db


def command(*words: str) -> str:
    output = StringIO()
    call_command("maintenance", *words, stdout=output)
    return output.getvalue()


@pytest.fixture
def closed() -> None:
    """Closed for half an hour, and this process knows."""
    command("on", "--minutes", "30", "--words", "Mise à jour : patience.")
    maintenance.refresh()


def signed_in(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client


def test_the_command_closes_says_and_opens() -> None:
    assert command("status") == "Portail ouvert.\n"
    assert command("on", "--minutes", "30").startswith("Portail fermé depuis le ")
    assert ", jusque vers le " in command("status")
    since = Maintenance.objects.get().since
    command("on", "--words", "Encore un peu.")  # said anew, closed since the same instant
    row = Maintenance.objects.get()
    assert (row.since, row.until, row.words) == (since, None, "Encore un peu.")
    assert command("off") == "Le portail rouvre.\n"
    assert command("off") == "Le portail était déjà ouvert.\n"
    lines = JournalEntry.objects.filter(kind="exploitation").order_by("pk").values_list("object", "detail")
    assert [said for name, said in lines if name == "Maintenance"] == [
        "Portail fermé, pour 30\xa0minutes.", "Portail fermé. Encore un peu.", "Portail rouvert.",
    ]  # fmt: skip
    assert all(line.who.startswith("Ligne de commande (") for line in JournalEntry.objects.all())


@pytest.mark.parametrize(
    "wrong", [("--minutes", "0"), ("--minutes", "-5"), ("--minutes", "99999"), ("--words", "x" * 301)]
)
def test_a_wrong_length_is_refused_in_words(wrong: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=wrong[0]):
        command("on", *wrong)
    assert not Maintenance.objects.exists()


def test_pages_say_until_when_and_what_is_kept(client: Client, closed: None) -> None:
    answer = signed_in(client, UserFactory()).get(reverse("accueil"))
    text = answer.content.decode()
    assert answer.status_code == 503
    assert 0 < int(answer["Retry-After"]) <= 1800
    assert answer["Cache-Control"] == "no-store"
    assert "devrait rouvrir le" in text
    assert "Mise à jour\xa0: patience." in text
    assert "data-interruption" in text  # saisie.js gives what was typed back to its form
    assert 'lang="fr"' in text


def test_the_log_does_not_take_each_page_for_an_error(
    client: Client, closed: None, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/aide/")
    assert [line for line in caplog.records if line.levelname == "ERROR"] == []


def test_a_form_sent_meanwhile_changes_nothing(client: Client, closed: None) -> None:
    dispense = DispenseFactory(in_progress=True)
    signed_in(client, dispense.employee.user)
    answer = client.post(reverse("demande_annuler", args=[dispense.number]))
    assert answer.status_code == 503
    assert Dispense.objects.get(pk=dispense.pk).status == dispense.status


def test_what_it_needs_to_be_seen_and_left_is_open(client: Client, closed: None) -> None:
    for path in ("/sante", "/connexion/", "/robots.txt", "/favicon.ico", "/static/rien.css"):
        assert client.get(path).status_code != 503, path
    for path in ("/", "/aide/", "/gestion/", "/nulle-part/", "/santé", "/connexionx"):
        assert client.get(path).status_code == 503, path


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/connexion/",
        "/mes-informations/",
        "/second-facteur/",
        "/second-facteur/adresse/",
        "/second-facteur/activer/",
        "/second-facteur/secours/",
        "/second-facteur/gerer/",
        "/second-facteur/cle/",
        "/second-facteur/cles/ajouter/",
        "/second-facteur/cles/enregistrer/",
        "/second-facteur/cles/1/retirer/",
    ],
)
def test_superusers_alone_go_on(closed: None, path: str) -> None:
    """A restore would lose what the others changed: their passkeys, their codes."""
    superuser = UserFactory(is_staff=True, is_superuser=True)
    assert signed_in(Client(), superuser).get(path).status_code != 503
    for user in (AdministratorFactory(), CorrespondentFactory().user):
        person = signed_in(Client(), user)
        assert (person.get(path).status_code, person.post(path).status_code) == (503, 503)


def test_a_superuser_comes_in_with_a_password_and_others_go_out(closed: None) -> None:
    superuser = UserFactory(is_staff=True, is_superuser=True)
    client = Client()
    sent = client.post("/connexion/", {"username": superuser.email, "password": PASSWORD})
    assert sent.status_code == 302
    assert client.get("/second-facteur/").status_code != 503
    other = signed_in(Client(), CorrespondentFactory().user)
    assert other.post("/deconnexion/").status_code == 302
    assert other.get("/connexion/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/aide/", "/connexion/", "/second-facteur/gerer/"])
def test_everybody_is_nobody_while_the_database_is_away(closed: None, path: str) -> None:
    people = [
        signed_in(Client(), user)
        for user in (UserFactory(is_staff=True, is_superuser=True), CorrespondentFactory().user)
    ]

    def away(*_: Any) -> None:
        raise OperationalError

    with connection.execute_wrapper(away):
        answers = [person.get(path) for person in people]
    for answer in answers:
        assert (answer.status_code, answer["Cache-Control"]) == (503, "no-store")
        assert "Nous travaillons sur le portail" in answer.content.decode()


def test_software_is_told_in_json(client: Client, closed: None) -> None:
    answer = client.get("/api/v1/token", headers={"authorization": "Bearer eapi_essai"})
    body = json.loads(answer.content)
    assert (answer.status_code, answer["Content-Type"], body["code"]) == (
        503,
        "application/problem+json",
        "maintenance",
    )
    assert 0 < int(answer["Retry-After"]) <= 1800


def test_past_the_hour_that_was_told_it_is_closed_still(client: Client) -> None:
    maintenance.close(by=None, lasts=timedelta(minutes=1))
    Maintenance.objects.update(until=timezone.now() - timedelta(hours=1))
    maintenance.refresh()
    answer = client.get("/aide/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "300")
    assert "rouvrira bientôt" in answer.content.decode()


def test_a_process_knows_once_it_looks_and_keeps_it_when_the_database_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/aide/").status_code == 200
    maintenance.close(by=None)
    maintenance.refresh()
    assert client.get("/aide/").status_code == 503
    with monkeypatch.context() as patch:
        patch.setattr(maintenance, "read", lambda: (_ for _ in ()).throw(OperationalError()))
        maintenance.refresh()
    assert client.get("/aide/").status_code == 503
    maintenance.reopen(by=None)
    maintenance.refresh()
    assert client.get("/aide/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_process_that_starts_knows_before_its_first_answer(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "_go_on", lambda: None)  # its thread has not read anything yet
    maintenance.close(by=None)
    maintenance.watch()
    assert client.get("/aide/").status_code == 503


def test_requests_pay_nothing_for_it(client: Client, django_assert_num_queries: Any) -> None:
    client.get("/aide/")
    with django_assert_num_queries(0):
        client.get("/aide/")


def test_workers_take_nothing_until_it_opens(queue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_paused", leases._paused)  # put back at the end
    maintenance.pause_work()
    queue("a@exemple.fr")
    maintenance.close(by=None)
    assert delivery.deliver() == 0
    assert OutgoingEmail.objects.get().status == EmailStatus.QUEUED
    maintenance.reopen(by=None)
    kept.forget_all()
    assert delivery.deliver() == 1

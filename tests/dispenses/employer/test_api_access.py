"""« API et webhooks »: secrets shown once, tokens and addresses of one's own employers alone."""

import re
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import ApiToken, CompanyEvent, User
from accounts.owners import webhook_owner
from notifications.enums import CallStatus
from notifications.models import OutgoingCall, WebhookEndpoint
from notifications.webhooks import delivery, events
from tests.factories import (
    AdministratorFactory,
    ApiTokenFactory,
    CorrespondentFactory,
    OutgoingCallFactory,
    WebhookEndpointFactory,
)
from tests.servers.receiver import listening, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def correspondent():
    return CorrespondentFactory()


@pytest.fixture
def page(client: Client, correspondent, settings, monkeypatch):
    """Open or post a page of the employer's; every name leads to a public address."""
    client.force_login(correspondent.user, backend="django.contrib.auth.backends.ModelBackend")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("93.184.215.14", 443))])

    def act(name: str, *arguments: int, data: dict[str, Any] | None = None, follow: bool = True):
        path = reverse(name, args=[correspondent.employer_id, *arguments])
        return client.get(path) if data is None else client.post(path, data, follow=follow)

    return act


@pytest.fixture
def endpoint(correspondent) -> WebhookEndpoint:
    return WebhookEndpointFactory(owner=webhook_owner(correspondent.employer_id))


def answers(**changes: Any) -> dict[str, Any]:
    day = timezone.localdate() + timedelta(days=90)
    return {
        "name": "Paie Plus",
        "read": "on",
        "last_day_0": str(day.day),
        "last_day_1": str(day.month),
        "last_day_2": str(day.year),
        **changes,
    }


def shown(response) -> str:
    return response.content.decode()


def test_token_is_shown_once_and_works(page):
    created = page("jeton_nouveau", data=answers(write="on"))

    secret = re.search(r"eapi_[\w-]{43}", shown(created)).group(0)
    assert created["Cache-Control"] == "no-store"
    token = services.find_token(secret)
    assert token is not None
    assert token.scopes == ["employees:read", "employees:write"]
    again = shown(page("api_acces"))
    assert secret not in again
    assert token.prefix in again
    assert "Paie Plus" in again
    assert "Jamais" in again


def test_page_sent_again_makes_no_second_token(page):
    page("jeton_nouveau", data=answers())
    again = page("jeton_nouveau", data=answers())

    assert "porte déjà ce nom" in shown(again)
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "Indiquez le nom du jeton"),
        ({"name": "a" * 61}, "60 caractères au maximum"),
        ({"name": "a\0b"}, "caractères"),
        ({"read": ""}, "Choisissez au moins un droit"),
        ({"last_day_2": "2001"}, "doit être le"),
        ({"last_day_2": "2999"}, "doit être le"),
        ({"last_day_0": "31", "last_day_1": "2"}, "n’existe pas"),
    ],
)
def test_wrong_answers_are_said_and_nothing_is_lost(page, changes, message):
    response = page("jeton_nouveau", data=answers(**changes))

    assert message in shown(response)
    assert not ApiToken.objects.exists()
    if "name" not in changes:
        assert "Paie Plus" in shown(response)


def test_token_is_revoked_after_a_confirmation(page, correspondent):
    token = ApiTokenFactory(employer=correspondent.employer)
    assert token.name in shown(page("jeton_revoquer", token.pk))
    token.refresh_from_db()
    assert token.revoked_at is None

    assert "est révoqué" in shown(page("jeton_revoquer", token.pk, data={}))
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert "était déjà révoqué" in shown(page("jeton_revoquer", token.pk, data={}))


def test_token_of_a_colleague_is_taken_over_after_a_warning(page, correspondent):
    colleague = CorrespondentFactory(employer=correspondent.employer)
    token = ApiTokenFactory(employer=correspondent.employer, holder=colleague.user)
    assert colleague.user.full_name in shown(page("api_acces"))
    assert "en avoir gardé une copie" in shown(page("jeton_reprendre", token.pk))
    token.refresh_from_db()
    assert token.holder == colleague.user

    taken = shown(page("jeton_reprendre", token.pk, data={}))
    token.refresh_from_db()
    assert token.holder == correspondent.user
    assert "Vous tenez maintenant" in taken
    assert reverse("jeton_reprendre", args=[correspondent.employer_id, token.pk]) not in taken
    assert "Vous tenez déjà" in shown(page("jeton_reprendre", token.pk, data={}))
    assert "Jeton d’API repris" in shown(page("equipe"))


def test_stopped_token_says_so_and_is_taken_over(page, correspondent):
    colleague = CorrespondentFactory(employer=correspondent.employer)
    token = ApiTokenFactory(employer=correspondent.employer, holder=colleague.user)
    services.withdraw_colleague(role=colleague, by=correspondent.user)
    assert "Arrêté" in shown(page("api_acces"))
    assert "est arrêté" in shown(page("jeton_reprendre", token.pk))

    assert "Valable" in shown(page("jeton_reprendre", token.pk, data={}))
    token.refresh_from_db()
    assert (token.holder, token.stopped_at) == (correspondent.user, None)


def test_revoked_token_is_not_taken_over(page, correspondent):
    token = ApiTokenFactory(employer=correspondent.employer, revoked_at=timezone.now())

    assert "créez-en un autre" in shown(page("jeton_reprendre", token.pk, data={}))


def test_what_becomes_of_tokens_is_in_the_journal_of_the_company(page, correspondent):
    page("jeton_nouveau", data=answers())
    page("jeton_revoquer", ApiToken.objects.get().pk, data={})

    journal = shown(page("equipe"))
    assert "Jeton d’API créé" in journal
    assert "Jeton d’API révoqué" in journal
    assert "Paie Plus" in journal


def test_tokens_dead_for_a_month_leave_the_page(page, correspondent):
    past = timezone.now() - timedelta(days=80)
    ApiTokenFactory(employer=correspondent.employer, name="Vieux", created_at=past)
    ApiTokenFactory(employer=correspondent.employer, name="Récent", revoked_at=timezone.now())

    text = shown(page("api_acces"))
    assert "Vieux" not in text
    assert "Récent" in text


def test_address_is_added_and_its_secret_shown_once(page, correspondent):
    added = page("webhook_nouveau", data={"url": "https://sirh.exemple.fr/webhooks"})

    secret = re.search(r"whsec_[\w+/=]+", shown(added)).group(0)
    row = WebhookEndpoint.objects.get()
    assert row.owner == webhook_owner(correspondent.employer_id)
    assert secret not in shown(page("webhook", row.pk))
    assert "reçoit déjà" in shown(page("webhook_nouveau", data={"url": "https://sirh.exemple.fr/webhooks"}))


@pytest.mark.parametrize(
    "url", ["", "http://sirh.exemple.fr", "https://127.0.0.1/", "https://moi:x@sirh.fr/", "pas une adresse", "a\0b"]
)
def test_address_that_cannot_be_called_is_refused(page, monkeypatch, url):
    if "127" in url:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", 443))])
    response = page("webhook_nouveau", data={"url": url})

    assert response.status_code == 200
    assert "data-ea-errors" in shown(response)
    assert not WebhookEndpoint.objects.exists()


def test_there_are_at_most_five_addresses(page, correspondent):
    for number in range(5):
        WebhookEndpointFactory(owner=webhook_owner(correspondent.employer_id), url=f"https://x{number}.fr/")

    assert "supprimez-en une" in shown(page("webhook_nouveau", data={"url": "https://sirh.exemple.fr/"}))


def test_test_event_leaves_and_is_shown(page, correspondent, settings, monkeypatch):
    monkeypatch.undo()
    settings.PORTAL_WEBHOOK_TRUSTED_HOSTS = ["127.0.0.1"]
    with listening() as receiver:
        added = page("webhook_nouveau", data={"url": receiver.url})
        secret = re.search(r"whsec_[\w+/=]+", shown(added)).group(0)
        row = WebhookEndpoint.objects.get()
        page("webhook_essai", row.pk, data={})
        delivery.deliver()

        assert [event["type"] for event in receiver.events] == ["test"]
        assert signed(receiver.received[0], secret)
    assert "Reçu" in shown(page("webhook", row.pk))


def test_test_events_are_not_piled_up(page, endpoint):
    for _ in range(6):
        response = page("webhook_essai", endpoint.pk, data={})

    assert "attendent déjà" in shown(response)
    assert OutgoingCall.objects.count() == 5


def test_secret_changes_after_a_confirmation(page, endpoint):
    page("webhook_secret", endpoint.pk)
    assert WebhookEndpoint.objects.get().former_secret_until is None

    assert "whsec_" in shown(page("webhook_secret", endpoint.pk, data={}))
    assert WebhookEndpoint.objects.get().former_secret_until > timezone.now() + timedelta(hours=23)
    assert "Deux secrets" in shown(page("webhook", endpoint.pk))


def test_address_is_paused_resumed_and_removed(page, endpoint):
    assert "Suspendue" in shown(page("webhook_pause", endpoint.pk, data={}))
    assert "est suspendue" in shown(page("webhook_essai", endpoint.pk, data={}))
    assert "Les envois reprennent" in shown(page("webhook_pause", endpoint.pk, data={"reprendre": "1"}))
    page("webhook_supprimer", endpoint.pk)
    assert WebhookEndpoint.objects.get().removed_at is None
    assert "est supprimée" in shown(page("webhook_supprimer", endpoint.pk, data={}))
    assert page("webhook", endpoint.pk).status_code == 404


def test_events_are_listed_by_pages_and_sent_again(page, client, endpoint):
    calls = OutgoingCallFactory.create_batch(30, endpoint=endpoint)
    first = shown(page("webhook", endpoint.pk))
    assert calls[-1].event_id in first
    assert calls[0].event_id not in first
    older = page("webhook", endpoint.pk).context["next"]
    path = reverse("webhook", args=[int(endpoint.owner.partition(":")[2]), endpoint.pk])
    assert calls[0].event_id in shown(client.get(f"{path}?avant={older}"))

    page("webhook_renvoyer", endpoint.pk, calls[0].pk, data={})
    row = OutgoingCall.objects.get(pk=calls[0].pk)
    assert (row.status, row.event_id) == (CallStatus.RETRY, calls[0].event_id)
    assert "attend déjà" in shown(page("webhook_renvoyer", endpoint.pk, calls[0].pk, data={}))
    other = OutgoingCallFactory()
    page("webhook_renvoyer", endpoint.pk, other.pk, data={})
    other.refresh_from_db()
    assert other.status == CallStatus.SENT


@pytest.mark.parametrize("value", ["x", "-1", "9" * 30, "%00", "١"])
def test_odd_page_marks_are_ignored_or_refused(client, correspondent, endpoint, value):
    client.force_login(correspondent.user, backend="django.contrib.auth.backends.ModelBackend")
    path = reverse("webhook", args=[correspondent.employer_id, endpoint.pk])

    assert client.get(f"{path}?avant={value}").status_code in (200, 400)


def acts() -> list[tuple[str, int | None]]:
    return list(CompanyEvent.objects.filter(act__startswith="webhook").order_by("pk").values_list("act", "actor"))


def test_each_gesture_on_an_address_is_in_the_journal_of_the_company(page, correspondent):
    page("webhook_nouveau", data={"url": "https://sirh.exemple.fr/webhooks"})
    row = WebhookEndpoint.objects.get()
    page("webhook_secret", row.pk, data={})
    page("webhook_pause", row.pk, data={})
    page("webhook_pause", row.pk, data={"reprendre": "1"})
    page("webhook_supprimer", row.pk, data={})
    names = ["webhook_added", "webhook_secret", "webhook_paused", "webhook_resumed", "webhook_removed"]
    assert acts() == [(name, correspondent.user_id) for name in names]
    assert {event.detail for event in CompanyEvent.objects.all()} == {row.url}


def _withdrawn(correspondent, colleague):
    services.withdraw_colleague(role=correspondent, by=colleague.user)


def _withdrawn_by_the_centre(correspondent, colleague):
    centre = Client()
    centre.force_login(AdministratorFactory(), backend="django.contrib.auth.backends.ModelBackend")
    centre.post(reverse("admin:accounts_correspondent_delete", args=[correspondent.pk]), {"post": "yes"})


def _closed(correspondent, colleague):
    User.objects.filter(pk=correspondent.user_id).update(is_active=False)
    services.sweep_unheld()


@pytest.mark.parametrize("lost", [_withdrawn, _withdrawn_by_the_centre, _closed])
def test_no_event_goes_to_the_address_of_who_lost_the_right(page, correspondent, endpoint, lost):
    colleague = CorrespondentFactory(employer=correspondent.employer)
    page("webhook_nouveau", data={"url": "https://intrus.exemple/webhooks"})
    added = WebhookEndpoint.objects.exclude(pk=endpoint.pk).get()
    lost(correspondent, colleague)
    owner = webhook_owner(correspondent.employer_id)
    assert list(events.listening(owner)) == [endpoint]
    assert acts()[-1] == ("webhook_paused", None)
    assert services.sweep_unheld() == 0

    client = Client()
    client.force_login(colleague.user, backend="django.contrib.auth.backends.ModelBackend")
    path = reverse("webhook_pause", args=[correspondent.employer_id, added.pk])
    assert "n’est plus correspondante" in client.get(path.replace("suspendre/", "")).content.decode()
    client.post(path, {"reprendre": "1"})
    assert services.sweep_unheld() == 0
    assert events.listening(owner).count() == 2

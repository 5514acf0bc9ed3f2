from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from tests.factories import DispenseFactory, UserFactory

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def signed_in(db, client, clock):
    client.force_login(UserFactory())
    assert client.get(reverse("mes_informations")).status_code == 200
    return client


@pytest.mark.parametrize("name", ["aide", "contact", "mentions_legales", "donnees_personnelles", "accessibilite"])
def test_public_pages_are_open_with_strict_headers(client, name):
    response = client.get(reverse(name))

    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/activation/un-secret-qui-n-existe-pas/", "/mot-de-passe/MQ/abc-def/"])
def test_pages_of_personal_links_leak_no_address(client, path):
    response = client.get(path)

    assert response["Referrer-Policy"] == "strict-origin"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/aide/?q=%00", "/aide/?a=1&b=x%00y", "/demandes/%00/", "/%00"])
def test_nul_bytes_are_a_bad_request(client, path):
    response = client.get(path)

    assert response.status_code == 400
    assert "pas compris" in response.content.decode()


def test_idle_session_ends_at_its_limit(signed_in, clock, settings):
    clock.shift(timedelta(seconds=settings.PORTAL_SESSION_IDLE))

    response = signed_in.get("/mes-informations/?x=1")

    assert response.status_code == 302
    assert response["Location"] == "/connexion/?next=%2Fmes-informations%2F%3Fx%3D1&expiree=1"
    assert "_auth_user_id" not in signed_in.session


def test_session_used_before_its_idle_limit_lives(signed_in, clock, settings):
    clock.shift(timedelta(seconds=settings.PORTAL_SESSION_IDLE - 1))
    assert signed_in.get(reverse("mes_informations")).status_code == 200

    clock.shift(timedelta(seconds=settings.PORTAL_SESSION_IDLE - 1))
    assert signed_in.get(reverse("mes_informations")).status_code == 200


def test_busy_session_ends_at_its_absolute_limit(signed_in, clock, settings):
    step = settings.PORTAL_SESSION_IDLE // 2
    for _ in range(settings.SESSION_COOKIE_AGE // step - 1):
        clock.shift(timedelta(seconds=step))
        assert signed_in.get(reverse("mes_informations")).status_code == 200

    clock.shift(timedelta(seconds=step))

    assert signed_in.get(reverse("mes_informations"))["Location"].startswith("/connexion/?")


def test_form_sent_from_an_expired_session_does_not_become_a_next_address(signed_in, clock, settings):
    clock.shift(timedelta(seconds=settings.PORTAL_SESSION_IDLE))

    assert signed_in.post(reverse("mes_informations"))["Location"] == "/connexion/?expiree=1"


def test_session_is_written_once_a_minute_at_most(signed_in, clock, django_assert_num_queries):
    clock.shift(timedelta(seconds=59))
    signed_in.get(reverse("aide"))
    assert signed_in.session["seen_at"] == int(START.timestamp())

    clock.shift(timedelta(seconds=1))
    signed_in.get(reverse("aide"))
    assert signed_in.session["seen_at"] == int(START.timestamp()) + 60


def test_anonymous_page_makes_no_query(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        client.get(reverse("aide"))


def test_pages_need_a_session_unless_they_are_open(client):
    response = Client().get(reverse("mes_informations"))

    assert response["Location"] == "/connexion/?next=/mes-informations/"


@pytest.mark.django_db
@pytest.mark.parametrize("sent", [{"Sec-Fetch-Dest": "empty"}, {"Sec-Fetch-Dest": "image"}, {"X-Background": "1"}])
def test_a_message_waits_for_a_page_that_somebody_sees(client, sent):
    """A page of another tab that asks again how its documents stand takes no message away."""
    draft = DispenseFactory()
    client.force_login(draft.employee.user)
    client.post(reverse("demande_abandonner", args=[draft.number]))
    said = "Votre demande est abandonnée."

    client.get(reverse("mes_informations"), headers=sent)

    assert said in client.get(reverse("mes_informations"), headers={"Sec-Fetch-Dest": "document"}).content.decode()
    assert said not in client.get(reverse("mes_informations")).content.decode()


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/employeur/1/pre-affilier/", "next=%2Femployeur%2F1%2Fpre-affilier%2F&"),
        ("http://testserver//evil.example/", "next=%2F%2Fevil.example%2F&"),  # the sign-in page follows no such address
        ("https://evil.example/employeur/", ""),
        ("", ""),
    ],
)
def test_a_form_sent_too_late_leads_back_to_its_page(signed_in, clock, settings, referer, back):
    clock.shift(timedelta(seconds=settings.PORTAL_SESSION_IDLE))
    answer = signed_in.post(reverse("mes_informations"), headers={"referer": referer} if referer else {})
    assert answer["Location"] == f"/connexion/?{back}expiree=1"

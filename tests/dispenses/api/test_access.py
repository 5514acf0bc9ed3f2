"""Who may call the API: tokens that live, their rights and their rate; cookies are nothing there."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone

from accounts import services, tokens
from accounts.exceptions import Code, TokenRefused
from accounts.models import ApiToken
from dispenses.api.problems import PROBLEMS
from dispenses.api.schemas import EVENTS
from dispenses.request.webhooks import EVENT_TYPES
from dispenses.workflow import TRANSITIONS
from notifications.webhooks.endpoints import TEST_EVENT
from tests.dispenses.api.conftest import CAMILLE, Software, code, software
from tests.dispenses.request.test_races import together
from tests.factories import CorrespondentFactory, UserFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db


def test_token_tells_whose_it_is(sirh):
    told = sirh.get("token").json()

    assert told["employer"] == sirh.employer.name
    assert told["scopes"] == ["employees:read", "employees:write"]


def test_only_the_hash_of_a_token_is_kept(sirh):
    row = ApiToken.objects.values().get()

    assert sirh.secret not in str(row)
    assert sirh.secret.startswith(row["prefix"])
    assert row["prefix"].startswith("eapi_")
    assert row["token_hash"] == tokens.hash_token(sirh.secret)


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer x", "Bearer eapi_", "Basic eapi_x", "eapi_x", "Bearer eapi_é", "a" * 9000],
)
def test_without_a_token_nothing_opens(db, header):
    client = Client(headers={} if header is None else {"Authorization": header})
    response = client.get("/api/v1/employees")

    assert code(response) == (401, "jeton_refuse")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_expired_and_revoked_tokens_open_nothing(sirh):
    token = ApiToken.objects.get()
    with time_machine.travel(token.expires_at - timedelta(seconds=1), tick=False):
        assert sirh.get("token").status_code == 200
    with time_machine.travel(token.expires_at, tick=False):
        assert code(sirh.get("token")) == (401, "jeton_refuse")
    assert services.revoke_token(token=token)
    assert code(sirh.get("token")) == (401, "jeton_refuse")
    assert not services.revoke_token(token=token)


def test_rights_are_separate(db):
    reader, writer = software(scopes=["employees:read"]), software(scopes=["employees:write"])

    assert code(reader.push(CAMILLE)) == (403, "droit_absent")
    assert code(writer.get()) == (403, "droit_absent")
    assert reader.get().status_code == writer.push(CAMILLE).status_code == 200


def test_use_is_dated_and_logged_without_the_secret(sirh, caplog):
    with caplog.at_level("INFO"):
        sirh.get()

    assert ApiToken.objects.get().last_used_at is not None
    line = next(record.getMessage() for record in caplog.records if "API GET" in record.getMessage())
    assert ApiToken.objects.get().prefix in line
    assert sirh.secret not in caplog.text


# Making tokens


@pytest.mark.parametrize(
    ("days", "scopes", "code", "field"),
    [
        (-1, ["employees:read"], Code.BAD_END, "last_day"),
        (367, ["employees:read"], Code.BAD_END, "last_day"),
        (30, [], Code.NO_SCOPE, "scopes"),
        (30, ["tout"], Code.NO_SCOPE, "scopes"),
    ],
)
def test_token_out_of_bounds_is_not_made(db, days, scopes, code, field):
    correspondent = CorrespondentFactory()
    with refused(TokenRefused, code, field=field):
        services.create_token(
            employer=correspondent.employer,
            by=correspondent.user,
            name="x",
            scopes=scopes,
            last_day=timezone.localdate() + timedelta(days=days),
        )


def test_there_are_at_most_ten_live_tokens(sirh):
    for _ in range(9):
        software(employer=sirh.employer)
    with refused(TokenRefused, Code.TOO_MANY_TOKENS, words="10"):
        software(employer=sirh.employer)


# Rate


@pytest.mark.time_machine("2026-11-23T09:00:20+01:00", tick=False)
def test_past_its_rate_a_token_waits(sirh, settings, time_machine):
    settings.PORTAL_API_RATE = 3
    left = [sirh.get("token")["RateLimit"] for _ in range(3)]
    refused = sirh.get("token")
    assert left == ['"minute";r=2;t=41', '"minute";r=1;t=41', '"minute";r=0;t=41']
    assert code(refused) == (429, "trop_de_requetes")
    assert refused["Retry-After"] == "41"
    assert refused["RateLimit-Policy"] == '"minute";q=3;w=60'
    assert software(employer=sirh.employer).get("token").status_code == 200
    time_machine.shift(timedelta(seconds=41))
    assert sirh.get("token").status_code == 200


@pytest.mark.time_machine("2026-11-23T09:00:20+01:00", tick=False)
@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_rate_holds_across_connections(settings):
    settings.PORTAL_API_RATE = 5
    sirh = software()
    answers = together(*[lambda: Software(sirh.employer, sirh.secret).get("token")] * 12)

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 7


# Cookies and headers


def test_session_opens_nothing_and_an_expired_one_disturbs_nothing(sirh):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    assert code(client.get("/api/v1/employees")) == (401, "jeton_refuse")
    session = client.session
    assert SESSION_KEY in session
    session["started_at"] = session["seen_at"] = 0  # long dead: a page would lead to the sign-in
    session.save()
    headers = {"Authorization": f"Bearer {sirh.secret}", "Idempotency-Key": "k"}
    body = {"employees": [CAMILLE]}
    response = client.post("/api/v1/employees", body, content_type="application/json", headers=headers)

    assert response.status_code == 200
    assert not response.cookies


def test_nothing_is_kept_by_a_proxy(sirh):
    for response in (sirh.get(), Client().get("/api/v1/employees"), sirh.client.get("/api/v1/rien")):
        assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["put", "patch", "delete", "head", "options"])
def test_other_methods_are_refused(sirh, method):
    response = getattr(sirh.client, method)("/api/v1/employees")

    assert response.status_code == 405
    assert {"GET", "POST"} <= {word.strip() for word in response["Allow"].split(",")}


@pytest.mark.parametrize(
    "path", ["", "rien", "employees/", "employees/1/rien", "token/x", "%00", "employees?matricule=%00"]
)
def test_other_addresses_are_problems_too(sirh, path):
    status, _ = code(sirh.client.get(f"/api/v1/{path}"))
    assert status in (400, 404)


def test_body_announced_too_large_is_refused_unread(sirh):
    response = sirh.post("x" * 2_000_000)

    assert code(response) == (413, "corps_trop_grand")


def test_every_event_is_documented():
    assert set(EVENT_TYPES.values()) | {"employee.activated", "invitation.expired", TEST_EVENT} == set(EVENTS)
    assert set(EVENT_TYPES) == set(TRANSITIONS)


def test_documentation_page_tells_every_operation_field_and_code():
    text = Client().get("/api/documentation/").content.decode()

    document = Client().get("/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        assert path in text
        assert all(operation["summary"] in text for operation in methods.values())
    for code_ in PROBLEMS:
        assert f'id="{code_}"' in text
    for field in ("professional_email", "next_cursor", "motif_group", "Idempotency-Key"):
        assert field in text

"""Who may call the API: tokens that live, their rights and their rate; cookies are nothing there."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services, tokens
from accounts.exceptions import Code, TokenRefused
from accounts.models import ApiToken, CompanyEvent, Correspondent, Employee, User
from dispenses.api.problems import PROBLEMS
from dispenses.api.schemas import EVENTS
from dispenses.request.webhooks import EVENT_TYPES
from dispenses.workflow import TRANSITIONS
from notifications.webhooks.endpoints import TEST_EVENT
from tests.dispenses.api.conftest import CAMILLE, Software, code, software
from tests.dispenses.request.test_races import together
from tests.factories import AdministratorFactory, CorrespondentFactory, EmployeeFactory, UserFactory
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
    by = token.holder
    assert services.revoke_token(token=token, by=by)
    assert code(sirh.get("token")) == (401, "jeton_refuse")
    assert not services.revoke_token(token=token, by=by)


# The right of who holds a token


def _withdrawn(token):
    colleague = CorrespondentFactory(employer=token.employer)
    role = Correspondent.objects.get(employer=token.employer, user=token.holder)
    services.withdraw_colleague(role=role, by=colleague.user)


def _withdrawn_by_the_centre(token):
    role = Correspondent.objects.get(employer=token.employer, user=token.holder)
    client = Client()
    client.force_login(AdministratorFactory(), backend="django.contrib.auth.backends.ModelBackend")
    client.post(reverse("admin:accounts_correspondent_delete", args=[role.pk]), {"post": "yes"})


def _closed(token):
    User.objects.filter(pk=token.holder_id).update(is_active=False)


@pytest.mark.parametrize("lost", [_withdrawn, _withdrawn_by_the_centre, _closed])
def test_token_stops_with_the_right_of_who_holds_it(sirh, lost):
    token = ApiToken.objects.get()
    employee = EmployeeFactory(employer=sirh.employer, professional_email="avant@levant.exemple")
    lost(token)

    moved = {**CAMILLE, "matricule": employee.matricule, "professional_email": "intrus@ailleurs.exemple"}
    refused = sirh.push(moved)
    assert code(refused) == (401, "jeton_arrete")
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert code(sirh.get()) == (401, "jeton_arrete")
    employee.refresh_from_db()
    assert employee.professional_email == "avant@levant.exemple"
    stops = CompanyEvent.objects.filter(act="token_stopped")
    assert [(event.employer, event.actor_label) for event in stops] == [(sirh.employer, "le portail")]
    assert token.prefix in stops.get().detail
    assert token.holder.full_name in stops.get().detail


def test_right_that_comes_back_wakes_no_token(sirh):
    token = ApiToken.objects.get()
    _withdrawn(token)
    Correspondent.objects.create(employer=sirh.employer, user=token.holder)

    assert code(sirh.get("token")) == (401, "jeton_arrete")


def test_token_taken_over_works_on_and_follows_its_new_holder(sirh):
    token = ApiToken.objects.get()
    first, second = token.holder, CorrespondentFactory(employer=sirh.employer)
    assert services.take_over_token(token=token, by=second.user)
    assert not services.take_over_token(token=token, by=second.user)
    services.withdraw_colleague(role=Correspondent.objects.get(user=first), by=second.user)
    assert sirh.get("token").status_code == 200
    sirh.push(CAMILLE)
    assert Employee.objects.get(matricule="L-1").pre_affiliated_by == second.user

    third = CorrespondentFactory(employer=sirh.employer)
    services.withdraw_colleague(role=second, by=third.user)
    assert code(sirh.get("token")) == (401, "jeton_arrete")
    assert services.take_over_token(token=token, by=third.user)
    assert sirh.get("token").status_code == 200
    acts = list(CompanyEvent.objects.filter(act__startswith="token").order_by("pk").values_list("act", "actor"))
    assert acts == [
        ("token_made", first.pk),
        ("token_taken_over", second.user.pk),
        ("token_stopped", None),
        ("token_taken_over", third.user.pk),
    ]


def test_dead_token_is_not_taken_over(sirh):
    token, colleague = ApiToken.objects.get(), CorrespondentFactory(employer=sirh.employer)
    services.revoke_token(token=token, by=colleague.user)

    with refused(TokenRefused, Code.TOKEN_DEAD):
        services.take_over_token(token=token, by=colleague.user)


def test_sweep_stops_the_tokens_that_nobody_holds_and_no_other(sirh):
    token, other = ApiToken.objects.get(), software()
    _closed(token)

    assert services.sweep_unheld() == 1
    assert services.sweep_unheld() == 0
    token.refresh_from_db()
    assert token.stopped_at is not None
    assert other.get("token").status_code == 200


def test_one_correspondent_of_two_employers_keeps_the_tokens_of_the_other(sirh):
    holder = ApiToken.objects.get().holder
    elsewhere = CorrespondentFactory(user=holder)
    _, secret = services.create_token(
        employer=elsewhere.employer,
        by=holder,
        name="x",
        scopes=["employees:read"],
        last_day=timezone.localdate() + timedelta(days=3),
    )
    colleague = CorrespondentFactory(employer=sirh.employer)
    services.withdraw_colleague(role=Correspondent.objects.get(employer=sirh.employer, user=holder), by=colleague.user)

    assert code(sirh.get("token")) == (401, "jeton_arrete")
    assert Software(elsewhere.employer, secret).get("token").status_code == 200


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

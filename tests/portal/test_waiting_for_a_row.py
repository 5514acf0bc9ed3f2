"""A row that somebody holds makes nobody wait: 503 in French, in time, and nothing half done."""

import os
import subprocess
import sys
import time

import psycopg2
import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from tests.deploy.environment import ROOT
from tests.factories import UserFactory
from tests.pages import page_of

SHOW = """
import portal.wsgi
from django.db import connection
with connection.cursor() as cursor:
    for name in ("lock_timeout", "statement_timeout"):
        cursor.execute(f"SHOW {name}")
        print(cursor.fetchone()[0])
"""


class Holder:
    """Another connection that holds a row until it is closed."""

    def __init__(self, statement: str) -> None:
        self.connection = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
        self.connection.cursor().execute(statement)

    def __enter__(self) -> "Holder":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_page_that_waits_for_a_row_answers_in_words_and_keeps_what_was() -> None:
    user = UserFactory(first_name="Ada", last_name="Roux")
    client = Client(raise_request_exception=False)
    client.force_login(user)
    assert client.get("/mes-informations/").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '300ms'")
    try:
        with Holder(f"SELECT 1 FROM accounts_user WHERE id = {user.pk} FOR UPDATE"):
            begun = time.monotonic()
            answer = client.post("/mes-informations/", {"consentement": "1", "marketing": "oui"})
            waited = time.monotonic() - begun
        assert answer.status_code == 503
        assert answer["Retry-After"]
        assert "n’est pas enregistré" in page_of(answer)
        assert waited < 5
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert User.objects.get(pk=user.pk).marketing_consent_at is None


@pytest.mark.postgresql
@pytest.mark.django_db
def test_the_site_gives_up_sooner_than_the_workers() -> None:
    settings = connection.settings_dict
    url = (
        f"postgres://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PORTAL_")}
    environment |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "portal.settings.test"}
    said = subprocess.run([sys.executable, "-c", SHOW], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert said.stdout.decode().split() == ["3s", "20s"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone()[0] == "30s"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_page_of_a_server_that_only_reads_answers_in_words() -> None:
    """Another one is the primary by now."""
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory())
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        answer = client.post("/mes-informations/", {"consentement": "1", "marketing": "oui"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
    assert answer.status_code == 503
    assert "n’est pas enregistré" in page_of(answer)

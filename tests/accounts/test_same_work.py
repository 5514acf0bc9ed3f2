"""Where an address is typed, the portal does the same work whether it has an account or not.

The work is counted, not timed: hashes of passwords, queries, mails. `python -m tests.bench attente` times it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.models import OutgoingEmail
from tests.factories import CorrespondentFactory, EmployeeFactory, UserFactory

pytestmark = pytest.mark.django_db

ADDRESSES: dict[str, Callable[[str], object]] = {
    "inconnue": lambda email: None,
    "connue": lambda email: UserFactory(email=email),
    "du centre": lambda email: UserFactory(email=email, is_staff=True),
    "fermée": lambda email: UserFactory(email=email, is_active=False),
    "sans mot de passe": lambda email: UserFactory(email=email, password=make_password(None)),
    "invitée": lambda email: EmployeeFactory(professional_email=email),
    "correspondante": lambda email: CorrespondentFactory(user__email=email),
}


@dataclass(frozen=True)
class Work:
    """What an answer cost."""

    hashes: int
    queries: tuple[str, ...]
    mails: int
    status: int


def sign_in(email: str) -> Any:
    return Client().post(reverse("connexion"), {"username": email, "password": "faux"})


def forget(email: str) -> Any:
    return Client().post(reverse("mot_de_passe_oublie"), {"email": email})


def invite(email: str) -> Any:
    role = CorrespondentFactory()
    client = Client()
    client.force_login(role.user)
    client.get(reverse("equipe", args=[role.employer_id]))
    sent = {"first_name": "Camille", "last_name": "Roy", "email": email}
    return lambda: client.post(reverse("equipe", args=[role.employer_id]), sent)


def work_of(ask: Callable[[str], Any], email: str, monkeypatch: pytest.MonkeyPatch) -> Work:
    """What one answer costs, from the second one on: the first fills what is kept."""
    hashes = 0
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        nonlocal hashes
        hashes += 1
        return encode(self, password, salt)

    post = ask(email) if ask is invite else lambda: ask(email)
    mails = OutgoingEmail.objects.count()
    with monkeypatch.context() as patched, CaptureQueriesContext(connection) as queries:
        patched.setattr(MD5PasswordHasher, "encode", counted)
        answer = post()
    shape = tuple(re.sub(r"\d+|'[^']*'", "", query["sql"].split("VALUES")[0])[:50] for query in queries)
    return Work(hashes, shape, OutgoingEmail.objects.count() - mails, answer.status_code)


@pytest.mark.parametrize(
    ("ask", "hashes", "mails", "status"), [(sign_in, 1, 0, 200), (forget, 0, 0, 200), (invite, 0, 1, 302)]
)
def test_every_address_costs_the_same(ask, hashes, mails, status, monkeypatch):
    monkeypatch.setattr("accounts.views.session.hint", lambda task: None)  # the worker's work is not the page's
    work_of(ask, "premiere@exemple.fr", monkeypatch)
    costs = {}
    for number, (name, make) in enumerate(ADDRESSES.items()):
        email = f"adresse-{number}@exemple.fr"
        make(email)
        costs[name] = work_of(ask, email, monkeypatch)
    assert {(one.hashes, one.mails, one.status) for one in costs.values()} == {(hashes, mails, status)}
    assert {name for name, one in costs.items() if one.queries != costs["inconnue"].queries} == set()

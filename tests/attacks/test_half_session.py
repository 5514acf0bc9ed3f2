"""A session that gave its password, and not the second factor asked of it, reaches what a stranger reaches."""

from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD, CorrespondentFactory, LeadFactory
from tests.second_factor import SECRET, code_of, protect
from tests.test_rights import ADDRESSES, address, own_world

__all__ = ["own_world"]  # the fixture

pytestmark = pytest.mark.django_db
STEP = reverse("second_facteur")
# Signing in and out, the steps themselves, and links that tell who reads them which account is signed in.
ITS_OWN = {"connexion", "deconnexion", "activation"}
ELSEWHERE = (
    "//pirate.example",
    "https://pirate.example",
    "/\\pirate.example",
    "\thttps://pirate.example",
    "http:pirate.example",
    "///pirate.example",
    "https:///pirate.example",
    "javascript:alert(1)",
)


def half_open(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def asked(client: Client, method: str, place: str) -> tuple[int, str]:
    """How it ended, whatever it changed being undone for the next one."""
    with transaction.atomic():
        found = end(getattr(client, method)(place))
        transaction.set_rollback(True)
    return found


def end(answer: HttpResponse) -> tuple[int, str]:
    """How it ended. A page that stays on the steps of the factor is « step »."""
    place = answer.headers.get("Location", "")
    if answer.streaming:
        b"".join(answer.streaming_content)
    return (302, "step") if place.startswith(STEP) else (answer.status_code, place)


def test_no_address_opens_more_than_to_a_stranger(own_world: dict[str, Any], second_factor: Any) -> None:
    user = protect(LeadFactory(email="collegue@exemple.fr"))  # who is invited there
    CorrespondentFactory(user=user, employer=own_world["sent"].employee.employer)
    client, stranger, opened = half_open(user), Client(), {}
    for key, route in ADDRESSES.items():
        if key in ITS_OWN or route.startswith("second-facteur/"):
            continue
        place = address(key, own_world)
        for method in ("get", "post"):
            found = asked(client, method, place)
            if found != (302, "step") and found != asked(stranger, method, place):
                opened[f"{method} {key}"] = found
    assert opened == {}


@pytest.mark.parametrize("place", ["/second-facteur/../gestion/", "/second-facteur/%2e%2e/gestion/", "//gestion/"])
def test_no_spelling_of_an_address_passes_for_a_step(place: str, second_factor: Any) -> None:
    answer = half_open(protect(LeadFactory())).get(place)
    assert answer.status_code == 404 or end(answer) == (302, "step")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_what_follows_a_sign_in_stays_on_this_host(target: str, second_factor: Any) -> None:
    user = protect(LeadFactory())
    client = Client()
    answers = [
        client.post(reverse("connexion"), {"username": user.email, "password": PASSWORD, "next": target}),
        client.post(STEP, {"code": code_of(SECRET), "next": target}),
    ]
    assert [answer.headers.get("Location") for answer in answers] == ["/", "/"]

"""A provider of identities (OpenID Connect) for the tests, and a browser that signs in there."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from django.http import HttpResponse
from django.test import Client

from portal.lib.organisation import Provider

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports what Authlib has replaced
    from oidc_provider_mock import User, run_server_in_thread


@contextmanager
def provider(*people: User, **asked: Any) -> Iterator[Provider]:
    """A server with these people, and the settings that name it."""
    with run_server_in_thread(user_claims=people, require_nonce=True) as server:
        yield Provider(
            issuer=f"http://localhost:{server.server_port}",
            **{"name": "Levant Connect", "client_id": "portail", "client_secret": "secret-du-portail"} | asked,
        )


def back_from(away: HttpResponse, *, subject: str = "", **form: str) -> str:
    """The address of the portal to which the provider sends whoever signs in there as `subject`."""
    answer = requests.post(away["Location"], data={"sub": subject, **form}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    address = urlsplit(answer.headers["Location"])
    return f"{address.path}?{address.query}"


def sign_in(client: Client, subject: str, **asked: str) -> HttpResponse:
    """Through the button of the sign-in page, there, and back: what the portal answers then."""
    return client.get(back_from(client.get("/connexion/organisation/", asked), subject=subject))

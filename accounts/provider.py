"""What the portal asks of the organisation's provider of identities, and what it believes of the answers.

OpenID Connect Core 1.0, code flow with PKCE (RFC 7636), RP-Initiated Logout 1.0. Authlib speaks; nothing is believed
without a signature of the provider, for this portal, for this very sign-in.
"""

import logging
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.http import HttpRequest, HttpResponse
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException

from accounts.exceptions import Code, ProviderRefused
from portal.lib.organisation import Provider

logger = logging.getLogger(__name__)

SECONDS = 5  # that the provider has for each answer
QUIET_SECONDS = 30  # without a question, once it was silent: people are answered at once
SIGNATURES = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
NOT_AN_ANSWER = (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError, TypeError, RuntimeError)

_quiet_until: dict[Provider, float] = {}  # seconds of `time.monotonic`, for this process


@dataclass(frozen=True)
class Person:
    """Somebody whom the provider has just recognised. `email`: "" when it gives none, or none that is theirs."""

    subject: str
    email: str
    second_factor: bool
    id_token: str


@lru_cache(maxsize=4)
def _client(provider: Provider) -> Any:
    """One for the life of a process: it keeps what the provider publishes of itself, and asks for new keys."""
    return OAuth().register(
        "organisation",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": " ".join(provider.scopes),
            "code_challenge_method": "S256",
            "default_timeout": SECONDS,
        },
    )


def _published(provider: Provider) -> dict[str, Any]:
    """What the provider says of itself. Raises ProviderRefused: silent, or not the one that the settings name."""
    if time.monotonic() < _quiet_until.get(provider, 0.0):
        raise _said_silent(provider)
    client = _client(provider)
    try:
        found: dict[str, Any] = client.load_server_metadata()
        signatures = found.get("id_token_signing_alg_values_supported", ["RS256"])
        if found["issuer"] != provider.issuer:
            raise ValueError(f"issuer {found['issuer']}")
        client.server_metadata["id_token_signing_alg_values_supported"] = [s for s in signatures if s in SIGNATURES]
    except NOT_AN_ANSWER as error:
        _client.cache_clear()
        raise _silent(provider, error) from error
    return found


def _silent(provider: Provider, error: Exception) -> ProviderRefused:
    _quiet_until[provider] = time.monotonic() + QUIET_SECONDS
    logger.warning("Connexion par %s : %s (%s)", provider.issuer, type(error).__name__, error)
    return _said_silent(provider)


def _said_silent(provider: Provider) -> ProviderRefused:
    return ProviderRefused(
        f"La connexion par {provider.name} ne répond pas. Réessayez dans quelques minutes, ou connectez-vous ici avec "
        "votre adresse e-mail et votre mot de passe.",
        code=Code.PROVIDER_SILENT,
    )


def ask(request: HttpRequest, provider: Provider, *, back_to: str) -> HttpResponse:
    """Send the person to the provider. `back_to`: the full address to which it sends them back.

    The session keeps what only this sign-in knows: state, nonce, verifier. Raises ProviderRefused.
    """
    _published(provider)
    levels = {"acr_values": " ".join(provider.levels)} if provider.levels else {}
    redirect: HttpResponse = _client(provider).authorize_redirect(request, back_to, **levels)
    return redirect


def answer(request: HttpRequest, provider: Provider) -> Person:
    """Who came back. Raises ProviderRefused: they gave up, the provider is silent, or this is not its answer."""
    if request.GET.get("error") == "access_denied":
        raise ProviderRefused("Vous avez renoncé à la connexion.", code=Code.PROVIDER_ANSWER)
    published = _published(provider)
    try:
        token = _client(provider).authorize_access_token(request)
        claims = dict(token["userinfo"])
        if "email" not in claims and "userinfo_endpoint" in published:
            claims = _told(provider, token) | claims
    except RequestException as error:
        raise _silent(provider, error) from error
    except NOT_AN_ANSWER as error:
        logger.warning("Connexion par %s refusée : %s (%s)", provider.issuer, type(error).__name__, error)
        raise ProviderRefused(
            "Cette connexion n’a pas abouti\xa0: elle a expiré, ou elle a commencé dans une autre fenêtre. "
            "Recommencez.",
            code=Code.PROVIDER_ANSWER,
        ) from error
    given = {str(claims.get("acr", "")), *map(str, claims.get("amr") or ())}
    if provider.levels and not given & set(provider.levels):
        raise ProviderRefused(
            f"{provider.name} ne vous a pas demandé les preuves d’identité que le portail exige. Recommencez, ou "
            "connectez-vous avec votre mot de passe.",
            code=Code.LEVEL_TOO_LOW,
        )
    theirs = claims.get("email_verified", provider.trusted_addresses) is True
    return Person(
        subject=str(claims["sub"]),
        email=str(claims.get("email") or "") if theirs else "",
        second_factor=bool(given & provider.factors),
        id_token=str(token["id_token"]),
    )


def _told(provider: Provider, token: dict[str, Any]) -> dict[str, Any]:
    """What the provider says of the person apart: JSON, or signed (as ProConnect's). Raises one of NOT_AN_ANSWER."""
    client = _client(provider)
    response = client.get(client.server_metadata["userinfo_endpoint"], token=token)
    response.raise_for_status()
    if response.headers.get("Content-Type", "").startswith("application/jwt"):
        told = dict(_verified(client, response.text))
        if told.get("aud") not in (provider.client_id, [provider.client_id]) or told.get("iss") != provider.issuer:
            raise ValueError("userinfo: for somebody else")
    else:
        told = dict(response.json())
    if told.get("sub") != token["userinfo"]["sub"]:
        raise ValueError("userinfo: of somebody else")
    return told


def _verified(client: Any, signed: str) -> dict[str, Any]:
    registry = JWSRegistry(algorithms=client.server_metadata["id_token_signing_alg_values_supported"])
    for fresh in (False, True):
        keys = KeySet.import_key_set(client.fetch_jwk_set(force=fresh))
        try:
            return jwt.decode(signed, key=keys, registry=registry).claims
        except JoseError:
            if fresh:
                raise
    raise AssertionError


def way_out(provider: Provider, *, id_token: str, back_to: str) -> str:
    """Where to close the session at the provider too; "" when it has no such page, or is silent."""
    try:
        _published(provider)
        made = _client(provider).create_logout_url(post_logout_redirect_uri=back_to, id_token_hint=id_token)
    except (ProviderRefused, RuntimeError):
        return ""
    return str(made["url"])

"""Signing in with one's organisation (OpenID Connect): nothing of it is there without PORTAL_OIDC_ISSUER."""

from django.core.exceptions import ImproperlyConfigured

from portal.lib.organisation import Provider
from portal.settings import env


def read_provider() -> Provider | None:
    """What the environment says; None without an issuer. Raises ImproperlyConfigured."""
    issuer = env.text("PORTAL_OIDC_ISSUER", "")
    if not issuer:
        return None
    local = issuer.startswith(("http://localhost:", "http://127.0.0.1:"))
    if not issuer.startswith("https://") and not local:
        raise ImproperlyConfigured("PORTAL_OIDC_ISSUER doit commencer par https://.")
    scopes = tuple(env.text("PORTAL_OIDC_SCOPES", "openid email").split())
    if "openid" not in scopes:
        raise ImproperlyConfigured("PORTAL_OIDC_SCOPES doit contenir openid.")
    return Provider(
        issuer=issuer,
        name=env.text("PORTAL_OIDC_NAME", "votre organisation"),
        client_id=env.text("PORTAL_OIDC_CLIENT_ID"),
        client_secret=env.text("PORTAL_OIDC_CLIENT_SECRET"),
        scopes=scopes,
        levels=tuple(env.words("PORTAL_OIDC_LEVELS")),
        factors=frozenset(env.words("PORTAL_OIDC_FACTORS")),
        trusted_addresses=env.flag("PORTAL_OIDC_TRUSTED_ADDRESSES", default=False),
    )

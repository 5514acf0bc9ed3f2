"""Who calls: a token in the Authorization header, its right, its rate. Cookies play no role."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from accounts import services
from accounts.enums import ApiScope
from accounts.exceptions import TokenRefused
from accounts.models import ApiToken
from dispenses.api.problems import Problem

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="api"'}


class Token(HttpBearer):
    """Asks for a live token that has `scope`. Puts it in `request.auth`, and what is left of its rate in `api_rate`."""

    def __init__(self, scope: ApiScope | None = None) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise unknown()
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        """The token. Raises Problem: unknown or stopped (401), past its rate (429), without the right (403)."""
        try:
            found = services.find_token(token)
        except TokenRefused as refusal:
            raise Problem("jeton_arrete", str(refusal), headers=CHALLENGE) from refusal
        if found is None:
            raise unknown()
        rate = services.count_call(found)
        request.api_token, request.api_rate = found, rate  # type: ignore[attr-defined]
        if rate.refused:
            raise Problem(
                "trop_de_requetes",
                f"Ce jeton permet {rate.limit}\xa0requêtes par minute. Réessayez dans {rate.seconds}\xa0s.",
                headers={"Retry-After": str(rate.seconds)},
            )
        if self.scope is not None and self.scope.value not in found.scopes:
            raise Problem("droit_absent", f"Créez un jeton qui a le droit «\xa0{self.scope.value}\xa0».")
        return found


def unknown() -> Problem:
    """The problem of a caller without a live token."""
    return Problem(
        "jeton_refuse",
        "Envoyez l’en-tête Authorization: Bearer eapi_…, avec un jeton valable. "
        "Le correspondant de l’entreprise en crée dans son espace.",
        headers=CHALLENGE,
    )

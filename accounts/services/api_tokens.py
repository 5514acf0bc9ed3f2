"""Tokens of the API: made, revoked, recognised, counted."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from accounts import tokens
from accounts.enums import ApiScope
from accounts.exceptions import Code, TokenRefused
from accounts.models import TOKEN_LIFETIME, ApiToken, Employer, User
from portal.lib.dates import end_of_day

MOST = 10  # live tokens of one employer
WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Rate:
    """Where a token stands in its minute: calls allowed, left, seconds before the next one. `refused`: one too many."""

    limit: int
    left: int
    seconds: int
    refused: bool


@transaction.atomic
def create_token(*, employer: Employer, by: User, name: str, scopes: list[str], last_day: date) -> tuple[ApiToken, str]:
    """A new token of the employer, and its secret, which is not shown again. It dies at the end of `last_day`.

    Raises TokenRefused for an unknown right, a date in the past or past a year, a name in use, one token too many.
    """
    Employer.objects.select_for_update(no_key=True).only("pk").get(pk=employer.pk)
    now = timezone.now()
    expires_at = end_of_day(last_day)
    if not scopes or not set(scopes) <= set(ApiScope.values):
        raise TokenRefused("Choisissez au moins un droit", code=Code.NO_SCOPE, field="scopes")
    if not now < expires_at <= now + TOKEN_LIFETIME:
        raise TokenRefused(
            "La date de fin doit se situer entre aujourd’hui et dans un an", code=Code.BAD_END, field="last_day"
        )
    live = ApiToken.objects.filter(employer=employer, revoked_at__isnull=True, expires_at__gt=now)
    if live.filter(name=name).exists():  # a page sent again by « Recharger » must not make a second one
        raise TokenRefused(
            "Un jeton valable porte déjà ce nom\xa0: choisissez-en un autre", code=Code.NAME_TAKEN, field="name"
        )
    if live.count() >= MOST:
        raise TokenRefused(
            f"Vous avez déjà {MOST}\xa0jetons valables\xa0: révoquez-en un d’abord", code=Code.TOO_MANY_TOKENS
        )
    secret = tokens.mint_api_token()
    token = ApiToken.objects.create(
        employer=employer,
        name=name,
        prefix=secret[: tokens.API_SHOWN],
        token_hash=tokens.hash_token(secret),
        scopes=sorted(scopes),
        created_at=now,
        created_by=by,
        expires_at=expires_at,
    )
    return token, secret


def revoke_token(*, token: ApiToken) -> bool:
    """Close the API to a token at once. False when it was already revoked."""
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()))


def find_token(secret: str) -> ApiToken | None:
    """The live token of a secret, its employer in hand; None for an unknown, expired or revoked one."""
    if not secret.startswith(tokens.API_PREFIX):
        return None
    token = ApiToken.objects.select_related("employer").filter(token_hash=tokens.hash_token(secret)).first()
    return token if token is not None and token.is_live(timezone.now()) else None


def count_call(token: ApiToken) -> Rate:
    """Count one call in the token's minute, and note its use. In the database, so for all processes together."""
    now = timezone.now()
    start = now.replace(second=0, microsecond=0)
    limit = settings.PORTAL_API_RATE
    mine = ApiToken.objects.filter(pk=token.pk)
    counted = mine.filter(Q(window_at__isnull=True) | ~Q(window_at=start) | Q(window_calls__lt=limit)).update(
        window_calls=Case(When(window_at=start, then=F("window_calls") + 1), default=Value(1)),
        window_at=start,
        last_used_at=now,
    )
    used = mine.values_list("window_calls", flat=True).get()
    seconds = int((start + WINDOW - now).total_seconds()) + 1
    return Rate(limit=limit, left=max(0, limit - used), seconds=seconds, refused=not counted)

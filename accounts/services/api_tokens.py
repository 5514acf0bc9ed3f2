"""Tokens of the API: made, held, taken over, stopped, revoked, recognised, counted.

A token is the employer's and works as long as its holder is one of its correspondents, with an open account.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from accounts import tokens
from accounts.enums import ApiScope, CompanyAct, TokenState
from accounts.exceptions import Code, TokenRefused
from accounts.models import TOKEN_LIFETIME, ApiToken, Correspondent, Employer, User
from accounts.services.journal import CENTRE, note_act
from portal.lib.dates import end_of_day
from portal.lib.typography import of

MOST = 10  # tokens of one employer that are live, or stopped and may be taken over
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
    mine = ApiToken.objects.filter(employer=employer, revoked_at__isnull=True, expires_at__gt=now)
    if mine.filter(name=name).exists():  # a page sent again by « Recharger » must not make a second one
        raise TokenRefused(
            "Un jeton valable ou arrêté porte déjà ce nom\xa0: choisissez-en un autre",
            code=Code.NAME_TAKEN,
            field="name",
        )
    if mine.count() >= MOST:
        raise TokenRefused(
            f"Vous avez déjà {MOST}\xa0jetons valables ou arrêtés\xa0: révoquez-en un d’abord",
            code=Code.TOO_MANY_TOKENS,
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
        holder=by,
        expires_at=expires_at,
    )
    rights = ", ".join(ApiScope(scope).label.lower() for scope in token.scopes)
    said = f"{_named(token)}, jusqu’au {token.last_day:%d/%m/%Y} : {rights}"
    note_act(act=CompanyAct.TOKEN_MADE, by=by, employer=employer, detail=said)
    return token, secret


def _named(token: ApiToken) -> str:
    return f"« {token.name} » ({token.prefix}…)"


@transaction.atomic
def take_over_token(*, token: ApiToken, by: User) -> bool:
    """Hold a token oneself: it works, again if it was stopped, as long as one's own right. False when one held it.

    `by` is a correspondent of its employer. Raises TokenRefused for one that is revoked or expired.
    """
    locked = ApiToken.objects.select_for_update(of=("self",)).select_related("employer", "holder").get(pk=token.pk)
    state = locked.state(timezone.now())
    if state in {TokenState.REVOKED, TokenState.EXPIRED}:
        raise TokenRefused(f"Ce jeton est {state.label.lower()}\xa0: créez-en un autre", code=Code.TOKEN_DEAD)
    if state is TokenState.LIVE and locked.holder_id == by.pk:
        return False
    before = locked.holder_name
    locked.holder, locked.stopped_at = by, None
    locked.save(update_fields=["holder", "stopped_at"])
    said = f"{_named(locked)}, tenu jusque-là par {before}"
    note_act(act=CompanyAct.TOKEN_TAKEN_OVER, by=by, employer=locked.employer, detail=said)
    return True


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User, centre: bool = False) -> bool:
    """Close the API to a token at once. False when it was already revoked. `centre`: `by` is a member of the centre."""
    won = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    if won:
        label = CENTRE if centre else ""
        note_act(act=CompanyAct.TOKEN_REVOKED, by=by, employer=token.employer, detail=_named(token), label=label)
    return bool(won)


def _right_of_holder() -> QuerySet[Correspondent]:
    """What makes a token work, for a subquery on ApiToken."""
    return Correspondent.objects.filter(user=OuterRef("holder"), employer=OuterRef("employer"), user__is_active=True)


def stop_unheld_tokens(*, employer: Employer | None = None) -> int:
    """Stop the tokens, of one employer or of all, whose holder acts for it no more. Returns how many.

    What is stopped stays so, even if the right comes back, until a correspondent takes it over.
    """
    unheld = ApiToken.objects.filter(
        ~Exists(_right_of_holder()), revoked_at__isnull=True, stopped_at__isnull=True, expires_at__gt=timezone.now()
    )
    if employer is not None:
        unheld = unheld.filter(employer=employer)
    return sum(_stop(pk) for pk in unheld.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _stop(pk: int) -> bool:
    """Stop one token, unless somebody took it over or revoked it meanwhile."""
    locked = ApiToken.objects.select_for_update(of=("self",)).select_related("employer", "holder").get(pk=pk)
    held = ApiToken.objects.filter(Exists(_right_of_holder()), pk=pk).exists()
    if held or locked.state(timezone.now()) is not TokenState.LIVE:
        return False
    ApiToken.objects.filter(pk=pk).update(stopped_at=timezone.now())
    note_act(
        act=CompanyAct.TOKEN_STOPPED,
        by=None,
        employer=locked.employer,
        detail=f"{_named(locked)} : {_why_stopped(locked.holder)}. Un correspondant peut le reprendre",
    )
    return True


def _why_stopped(holder: User | None) -> str:
    if holder is None:
        return "le compte de la personne qui le tenait n’existe plus"
    if not holder.is_active:
        return f"le compte {of(holder.full_name)}, qui le tenait, est fermé"
    return f"{holder.full_name}, qui le tenait, n’est plus correspondant(e)"


def find_token(secret: str) -> ApiToken | None:
    """The live token of a secret, employer and holder in hand; None for an unknown, expired or revoked one.

    Raises TokenRefused for one that is stopped, or that must be now: its holder's right is looked at each time.
    """
    if not secret.startswith(tokens.API_PREFIX):
        return None
    token = (
        ApiToken.objects.filter(token_hash=tokens.hash_token(secret))
        .select_related("employer", "holder")
        .annotate(held=Exists(_right_of_holder()))
        .first()
    )
    if token is None or token.state(timezone.now()) in {TokenState.REVOKED, TokenState.EXPIRED}:
        return None
    if token.stopped_at is None and token.held:
        return token
    if token.stopped_at is None:
        _stop(token.pk)
    raise TokenRefused(
        "La personne qui tenait ce jeton n’agit plus pour l’entreprise. Un correspondant de l’entreprise peut le "
        "reprendre, dans «\xa0API et webhooks\xa0», ou en créer un autre.",
        code=Code.TOKEN_STOPPED,
    )


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

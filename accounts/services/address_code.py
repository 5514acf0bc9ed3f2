"""Whose mailbox it is, asked before a first factor: a stolen password must not set one in its owner's place."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import messages, tokens
from accounts.exceptions import Code, SecondFactorRefused, SentTooOften
from accounts.models import AddressCode, User
from accounts.services import code_life, pace
from notifications.outbox import enqueue

MINUTES = 15
ATTEMPTS = 5


@transaction.atomic
def send_address_code(*, user: User) -> None:
    """Send a new code, which replaces the former. Raises SecondFactorRefused past 6 in an hour."""
    now = timezone.now()
    kept = _locked(user)
    if kept.sent_at is None or now - kept.sent_at >= pace.CODES.memory:
        kept.sent = 0
    try:
        pace.refuse_early(pace.CODES, [kept.sent_at or now] * kept.sent, what="Trop de codes envoyés", now=now)
    except SentTooOften as refusal:
        raise SecondFactorRefused(str(refusal), code=Code.TOO_MANY_CODES, field="code") from refusal
    code = tokens.mint_code()
    kept.code_hash = tokens.hash_address_code(code, user_id=user.pk)
    kept.sent_at, kept.sent, kept.attempts = now, kept.sent + 1, 0
    kept.save()
    enqueue(
        messages.AddressCode(person_name=user.full_name, code=code, minutes=MINUTES),
        to=user.email,
        dedup_key=f"address-code:{code_life.key(kept.pk, now)}",
    )


def check_address_code(*, user: User, code: str) -> None:
    """Accept the code once. Raises SecondFactorRefused for a wrong, dead or worn-out one; the try is counted."""
    with transaction.atomic():
        kept = _locked(user)
        refusal = _refusal(kept, tokens.hash_address_code("".join(code.split()), user_id=user.pk))
        kept.attempts = min(kept.attempts + 1, ATTEMPTS)
        if refusal is None:
            kept.code_hash = ""
        kept.save(update_fields=["attempts", "code_hash"])
    if refusal is not None:
        raise refusal


def address_code_left(keys: Sequence[str], at: datetime) -> None:
    """The mails of these codes have left: they live from then on. One replaced since is left alone."""
    code_life.count_from(AddressCode.objects.all(), "sent_at", keys, at)


def _locked(user: User) -> AddressCode:
    """The person's row, held until the end of the transaction."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    return AddressCode.objects.get_or_create(user=user)[0]


def _refusal(kept: AddressCode, given: str) -> SecondFactorRefused | None:
    if kept.attempts >= ATTEMPTS:
        return SecondFactorRefused("Trop d’essais. Demandez un nouveau code.", code=Code.TOO_MANY_TRIES, field="code")
    if kept.sent_at is None or not kept.code_hash or timezone.now() - kept.sent_at >= timedelta(minutes=MINUTES):
        return SecondFactorRefused(
            "Ce code n’est plus valable. Demandez-en un nouveau.", code=Code.CODE_EXPIRED, field="code"
        )
    if not tokens.same(kept.code_hash, given):
        return SecondFactorRefused(
            "Ce code n’est pas celui que nous vous avons envoyé. Vérifiez-le dans l’e-mail", code=Code.WRONG_CODE,
            field="code",
        )  # fmt: skip
    return None

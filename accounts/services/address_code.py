"""Whose mailbox it is, asked before a first factor: a stolen password must not set one in its owner's place."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts import messages, tokens
from accounts.exceptions import Code, SecondFactorRefused, SentTooOften
from accounts.models import AddressCode, User
from accounts.services import code_life
from notifications.outbox import enqueue

WRONG = "Ce code n’est pas celui que nous vous avons envoyé. Vérifiez-le dans l’e-mail"


@transaction.atomic
def send_address_code(*, user: User) -> None:
    """Send a new code, which replaces the former. Raises SecondFactorRefused past 6 in an hour."""
    code = tokens.mint_code()
    try:
        key = code_life.replace(code_life.of_account(user), tokens.address_code(code, user_id=user.pk).hashed())
    except SentTooOften as refusal:
        raise SecondFactorRefused(str(refusal), code=Code.TOO_MANY_CODES, field="code") from refusal
    enqueue(
        messages.AddressCode(person_name=user.full_name, code=code, minutes=code_life.MINUTES),
        to=user.email,
        dedup_key=f"address-code:{key}",
    )


def check_address_code(*, user: User, code: str) -> None:
    """Accept the code once. Raises SecondFactorRefused for a wrong, dead or worn-out one; the try is counted."""
    given = tokens.address_code("".join(code.split()), user_id=user.pk)
    with transaction.atomic():
        wrong = code_life.use(code_life.of_account(user), given)
    if wrong is not None:
        raise SecondFactorRefused(code_life.WORN_OUT.get(wrong, WRONG), code=wrong, field="code")


def address_code_left(keys: Sequence[str], at: datetime) -> None:
    """The mails of these codes have left: they live from then on. One replaced since is left alone."""
    code_life.count_from(AddressCode.objects.all(), keys, at)

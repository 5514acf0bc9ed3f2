"""Another address for one's own account: proven by a code sent there, told at both."""

import uuid

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import messages, tokens
from accounts.exceptions import ActivationRefused, Code, SentTooOften
from accounts.models import User, normalize_email
from accounts.services import code_life
from notifications.outbox import enqueue

WRONG = "Ce code n’est pas celui que nous avons envoyé à votre nouvelle adresse. Vérifiez-le dans l’e-mail."


@transaction.atomic
def send_new_address_code(*, user: User, email: str) -> None:
    """Send a code to the address that the account is to have, which replaces the former one.

    An address that has an account already receives a word instead, and the page says the same. Raises ActivationRefused
    past 6 codes in an hour.
    """
    address, code = normalize_email(email), tokens.mint_code()
    hashed = tokens.new_address_code(code, user_id=user.pk, email=address).hashed()
    try:
        key = code_life.replace(code_life.of_account(user), hashed)
    except SentTooOften as refusal:
        raise ActivationRefused(str(refusal), code=Code.TOO_MANY_CODES, field="code") from refusal
    message: messages.NewAddressCode | messages.NewAddressTaken
    if User.objects.filter(email=address).exists():
        message = messages.NewAddressTaken(contact_email=settings.PORTAL_CONTACT_EMAIL)
    else:
        message = messages.NewAddressCode(person_name=user.full_name, code=code, minutes=code_life.MINUTES)
    enqueue(message, to=address, dedup_key=f"new-address-code:{key}")


def change_own_address(*, user: User, email: str, code: str) -> User:
    """Make `email` the address of the account, once its code was given; both addresses are told.

    Raises ActivationRefused for a wrong, dead or worn-out code, whose try is counted, or an address taken meanwhile.
    """
    address = normalize_email(email)
    given = tokens.new_address_code("".join(code.split()), user_id=user.pk, email=address)
    with transaction.atomic():
        wrong = code_life.use(code_life.of_account(user), given)
        if wrong is None:
            return _changed(user, address)
    raise ActivationRefused(code_life.WORN_OUT.get(wrong, WRONG), code=wrong, field="code")


def _changed(user: User, address: str) -> User:
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before, locked.email = locked.email, address
    try:
        with transaction.atomic():
            locked.save(update_fields=["email"])
    except IntegrityError as error:
        raise ActivationRefused(
            "Un compte existe déjà avec cette adresse.", code=Code.ACCOUNT_EXISTS, field="code"
        ) from error
    for to in (before, address):
        enqueue(
            messages.OwnAddressChanged(
                person_name=locked.full_name,
                before=before,
                after=address,
                contact_email=settings.PORTAL_CONTACT_EMAIL,
            ),
            to=to,
            dedup_key=f"own-address-changed:{uuid.uuid4().hex}",
        )
    return locked

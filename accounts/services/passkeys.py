"""Passkeys (WebAuthn Level 3) as second factor, beside the application's codes: added, used, removed.

What a key signs is offered to one session, for one purpose, and serves once, right or wrong. The key must have checked
who holds it (a finger, a face, a PIN). Its page is that of PORTAL_BASE_URL, whatever the request's Host says.
"""

import logging
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts import messages, tokens
from accounts.exceptions import Code, SecondFactorRefused
from accounts.models import Passkey, PasskeyChallenge, User
from accounts.services.second_factor import CHANGED, second_factor_stamp
from notifications.outbox import enqueue

logger = logging.getLogger(__name__)

MOST_PASSKEYS = 10
CHALLENGE_LIFETIME = timedelta(minutes=5)
MOST_CHARACTERS = 20_000  # of a key's answer
REFUSED = "Cette clé n’a pas été reconnue. Réessayez, ou saisissez le code de votre application"
NOT_ADDED = "Cette clé n’a pas pu être ajoutée. Réessayez, ou choisissez-en une autre"


class Purpose(StrEnum):
    ADD = "add"
    USE = "use"


def passkeys_possible() -> bool:
    """Whether browsers know keys at this portal's address: never at an IP address, which none of them takes."""
    address = urlsplit(settings.PORTAL_BASE_URL)
    try:
        ip_address(address.hostname or "")
    except ValueError:
        return address.scheme == "https" or address.hostname == "localhost"
    return False


def _party() -> str:
    """The name under which keys know the portal."""
    return urlsplit(settings.PORTAL_BASE_URL).hostname or ""


def _origin() -> str:
    """Where a browser must have been when the key signed."""
    address = urlsplit(settings.PORTAL_BASE_URL)
    return f"{address.scheme}://{address.netloc}".lower()


def options_to_add(*, user: User, session_key: str) -> str:
    """What a browser needs to make a new key for this account, as JSON; its challenge is offered to this session."""
    return options_to_json(
        generate_registration_options(
            rp_id=_party(),
            rp_name=settings.PORTAL_NAME,
            user_id=salted_hmac("accounts.passkeys", str(user.pk), algorithm="sha256").digest(),
            user_name=user.email,
            user_display_name=user.full_name or user.email,
            challenge=_offer(user, session_key, Purpose.ADD),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=_descriptors(user),
        )
    )


def options_to_use(*, user: User, session_key: str) -> str:
    """What a browser needs to have one of the person's keys sign, as JSON; "" when there is none."""
    descriptors = _descriptors(user) if passkeys_possible() else []
    if not descriptors:
        return ""
    return options_to_json(
        generate_authentication_options(
            rp_id=_party(),
            challenge=_offer(user, session_key, Purpose.USE),
            allow_credentials=descriptors,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def _descriptors(user: User) -> list[PublicKeyCredentialDescriptor]:
    found = user.passkeys.values_list("credential_id", flat=True)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in found]


def _offer(user: User, session_key: str, purpose: Purpose) -> bytes:
    """A new challenge for this session."""
    challenge = tokens.mint_challenge()
    PasskeyChallenge.objects.create(
        user=user,
        challenge_hash=tokens.passkey_challenge(challenge, session_key=session_key, purpose=purpose).hashed(),
        expires_at=timezone.now() + CHALLENGE_LIFETIME,
    )
    return challenge


def _use_up(user: User, session_key: str, purpose: Purpose, challenge: bytes) -> bool:
    """Whether this challenge was offered to this session for this, a moment ago, and serves for the first time."""
    keyed = tokens.passkey_challenge(challenge, session_key=session_key, purpose=purpose)
    offered = PasskeyChallenge.objects.filter(user=user, challenge_hash__in=keyed.under_each_key())
    in_time = offered.filter(expires_at__gt=timezone.now()).exists()
    return bool(offered.delete()[0]) and in_time


def add_passkey(*, user: User, session_key: str, name: str, response: str) -> Passkey:
    """Keep the key that answered; its owner is told by mail.

    Raises SecondFactorRefused: the answer is not one to what was offered, there are too many keys, or the factor of the
    account changed meanwhile.
    """
    try:
        answer = parse_registration_credential_json(response)
        challenge = parse_client_data_json(answer.response.client_data_json).challenge
        if not _use_up(user, session_key, Purpose.ADD, challenge):
            raise ValueError("Challenge not offered to this session, used or past its time")
        key = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=_party(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except Exception as error:  # whatever a program sends: the library reads it with several others
        raise _refused(user, NOT_ADDED, error) from error
    return _keep(user, name, bytes_to_base64url(key.credential_id), key.credential_public_key, key.sign_count)


@transaction.atomic
def _keep(user: User, name: str, credential_id: str, public_key: bytes, sign_count: int) -> Passkey:
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if locked.second_factor_at is None or second_factor_stamp(locked) != second_factor_stamp(user):
        raise SecondFactorRefused(CHANGED, code=Code.FACTOR_CHANGED)
    if locked.passkeys.count() >= MOST_PASSKEYS:
        raise SecondFactorRefused(
            f"Vous avez déjà {MOST_PASSKEYS} clés d’accès. Retirez-en une pour en ajouter une autre.",
            code=Code.TOO_MANY_PASSKEYS,
        )
    if Passkey.objects.filter(credential_id=credential_id).exists():
        raise SecondFactorRefused("Cette clé d’accès est déjà ajoutée.", code=Code.PASSKEY_TAKEN)
    key = Passkey.objects.create(
        user=locked, name=name, credential_id=credential_id, public_key=public_key, sign_count=sign_count
    )
    enqueue(
        messages.PasskeyAdded(person_name=locked.full_name, key_name=name, contact_email=settings.PORTAL_CONTACT_EMAIL),
        to=locked.email,
        dedup_key=f"passkey-added:{key.pk}",
    )
    return key


def check_passkey(*, user: User, session_key: str, response: str) -> Passkey:
    """The person's key that signed what this session was offered. Raises SecondFactorRefused for anything else.

    Wrong answers are not counted: nobody guesses a signature, and nobody can make the owner of a key wait.
    """
    try:
        answer = parse_authentication_credential_json(response)
        challenge = parse_client_data_json(answer.response.client_data_json).challenge
        if not _use_up(user, session_key, Purpose.USE, challenge):
            raise ValueError("Challenge not offered to this session, used or past its time")
        with transaction.atomic():
            key = Passkey.objects.select_for_update().get(user=user, credential_id=bytes_to_base64url(answer.raw_id))
            checked = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=_party(),
                expected_origin=_origin(),
                credential_public_key=bytes(key.public_key),
                credential_current_sign_count=key.sign_count,
                require_user_verification=True,
            )
            key.sign_count, key.used_at = checked.new_sign_count, timezone.now()
            key.save(update_fields=["sign_count", "used_at"])
    except Exception as error:  # whatever a program sends: the library reads it with several others
        raise _refused(user, REFUSED, error) from error
    return key


def _refused(user: User, words: str, error: Exception) -> SecondFactorRefused:
    """What the person reads; why is told to nobody, the log but the kind of fault: it holds what a program sent."""
    logger.warning("Clé d’accès refusée, compte %s : %s", user.pk, error.__class__.__name__)
    return SecondFactorRefused(words, code=Code.PASSKEY_REFUSED)


@transaction.atomic
def remove_passkey(*, user: User, passkey_id: int) -> bool:
    """Take a key away from its owner's account, and tell them. False when it is not there, or is another's."""
    key = Passkey.objects.select_for_update().filter(user=user, pk=passkey_id).first()
    if key is None:
        return False
    enqueue(
        messages.PasskeyRemoved(
            person_name=user.full_name, key_name=key.name, contact_email=settings.PORTAL_CONTACT_EMAIL
        ),
        to=user.email,
        dedup_key=f"passkey-removed:{key.pk}",
    )
    key.delete()
    return True


@shared_task(name="accounts.tasks.purge_passkey_challenges")
def purge_passkey_challenges(now: datetime | None = None) -> int:
    """Delete the challenges that nobody answered in time. Returns how many."""
    return PasskeyChallenge.objects.filter(expires_at__lte=now or timezone.now()).delete()[0]

"""Secrets of the links, codes, second factor and API: minted, hashed, sealed here and nowhere else."""

import hashlib
import hmac
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from portal.lib import sealing

CODE_DIGITS = 6
RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another on paper
RECOVERY_LENGTH = 12
SECOND_FACTOR = b"second-factor"
API_PREFIX = "eapi_"  # by which people and secret scanners know a token of the API
API_SHOWN = len(API_PREFIX) + 6  # characters kept in clear, to tell one's tokens apart


class PasswordLinks(PasswordResetTokenGenerator):
    """Secrets of the links that choose a password: Django's, which a closing of the account kills too."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.closing}"


password_links = PasswordLinks()


def mint_token() -> str:
    """New link secret: 256 random bits, 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def mint_guide_key() -> str:
    """New key of an employer's guide: 128 random bits in 32 hexadecimal characters, that no mail reader cuts.

    It opens nothing that is personal.
    """
    return secrets.token_hex(16)


def mint_api_token() -> str:
    """New token of the API: « eapi_ », 256 random bits."""
    return API_PREFIX + mint_token()


def hash_token(token: str) -> str:
    """SHA-256 of a link secret, 64 hexadecimal characters. Its entropy makes a salt useless."""
    return hashlib.sha256(token.encode()).hexdigest()


def mint_code() -> str:
    """New six-digit confirmation code, leading zeros kept."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def hash_code(code: str, *, invitation_id: int) -> str:
    """Keyed hash of a code, bound to its invitation: six digits alone would be found by trying them all."""
    message = f"activation-code:{invitation_id}:{code}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


def hash_attaching_code(code: str, *, invitation_id: int, user_id: int) -> str:
    """The same for the code that attaches an employee to an account: bound to both, it opens nothing else."""
    message = f"attaching-code:{invitation_id}:{user_id}:{code}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


def hash_address_code(code: str, *, user_id: int) -> str:
    """The same for the code that proves whose mailbox it is, bound to the account."""
    message = f"address-code:{user_id}:{code}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


def mint_recovery_code() -> str:
    """New recovery code of the second factor, as it is shown: « abcd-efgh-jkmn », 59 random bits."""
    letters = "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4))


def hash_recovery_code(code: str, *, user_id: int) -> str:
    """Keyed hash of a recovery code, bound to its owner; dashes, blanks and capitals do not count."""
    plain = "".join(char for char in code.lower() if char.isalnum())
    message = f"recovery-code:{user_id}:{plain}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


def mint_challenge() -> bytes:
    """What a passkey has to sign: 256 random bits."""
    return secrets.token_bytes(32)


def hash_challenge(challenge: bytes, *, session_key: str, purpose: str) -> str:
    """Keyed hash of a challenge, bound to the session that it was offered to, and to what for."""
    message = f"passkey:{purpose}:{session_key}:".encode() + challenge
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


def mark_of_secret(secret: str) -> str:
    """What tells one authenticator's secret from another on a page, and gives none away."""
    return hmac.new(settings.SECRET_KEY.encode(), f"shown-secret:{secret}".encode(), hashlib.sha256).hexdigest()[:16]


def seal(secret: str) -> str:
    """Encrypted form of an authenticator's secret."""
    return sealing.seal(secret, SECOND_FACTOR)


def unseal(sealed: str) -> str:
    """Clear form. Raises cryptography.fernet.InvalidToken when no known key fits."""
    return sealing.unseal(sealed, SECOND_FACTOR)


def same(left: str, right: str) -> bool:
    """Constant-time comparison of two hashes."""
    return hmac.compare_digest(left, right)

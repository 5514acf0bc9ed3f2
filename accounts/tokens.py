"""Secrets of the links, codes, second factor and API: minted, hashed, sealed here and nowhere else."""

import hashlib
import hmac
import secrets
from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from portal.lib import sealing
from portal.lib.keyed import Keyed

CODE_DIGITS = 6
RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another on paper
RECOVERY_LENGTH = 12
LETTER_SIGNS = "ACDEFGHJKMNPQRTUVWXY34679"  # the same, in capitals: neither B nor 8, S nor 5, Z nor 2
LETTER_LENGTH = 16
SECOND_FACTOR = b"second-factor"
RECOVERY = b"recovery-code"
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


def activation_code(code: str, *, invitation_id: int) -> Keyed:
    """A code, bound to its invitation; its hash is keyed: six digits alone would be found by trying them all."""
    return Keyed(f"activation-code:{invitation_id}:{code}".encode())


def attaching_code(code: str, *, invitation_id: int, user_id: int) -> Keyed:
    """The same for the code that attaches an employee to an account: bound to both, it opens nothing else."""
    return Keyed(f"attaching-code:{invitation_id}:{user_id}:{code}".encode())


def address_code(code: str, *, user_id: int) -> Keyed:
    """The same for the code that proves whose mailbox it is, bound to the account."""
    return Keyed(f"address-code:{user_id}:{code}".encode())


def new_address_code(code: str, *, user_id: int, email: str) -> Keyed:
    """The same for the code that proves the next address of an account: bound to both, it proves nothing else."""
    return Keyed(f"new-address-code:{user_id}:{email}:{code}".encode())


def mint_recovery_code() -> str:
    """New recovery code of the second factor, as it is shown: « abcd-efgh-jkmn », 59 random bits."""
    letters = "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4))


def _recovery_message(code: str, user_id: int) -> bytes:
    """Dashes, blanks and capitals do not count."""
    plain = "".join(char for char in code.lower() if char.isalnum())
    return f"recovery-code:{user_id}:{plain}".encode()


def seal_recovery_code(code: str, *, user_id: int) -> str:
    """What is kept of a recovery code, bound to its owner: its hash, sealed.

    Sealed, it is sealed again when keys change. A keyed hash would die with its key, and the paper with it.
    """
    return sealing.seal(hashlib.sha256(_recovery_message(code, user_id)).hexdigest(), RECOVERY)


def is_recovery_code(code: str, *, user_id: int, sealed: str, keyed: str | None) -> bool:
    """Whether this is the code kept as `sealed`, or before there were any, as a `keyed` hash."""
    message = _recovery_message(code, user_id)
    if not sealed:
        return Keyed(message).is_that_of(keyed or "")
    try:
        return same(sealing.unseal(sealed, RECOVERY), hashlib.sha256(message).hexdigest())
    except InvalidToken:  # sealed under a key that is gone: nothing opens with it any more
        return False


def mint_letter_code() -> str:
    """New code of a letter, as it is printed: « ACDE-FGHJ-KMNP-QRTU », 74 random bits."""
    signs = "".join(secrets.choice(LETTER_SIGNS) for _ in range(LETTER_LENGTH))
    return "-".join(signs[start : start + 4] for start in range(0, LETTER_LENGTH, 4))


def hash_letter_code(code: str) -> str:
    """What is kept of a letter's code, SHA-256: by it the letter is found. Dashes, blanks and case do not count."""
    plain = "".join(char for char in code.upper() if char.isalnum())
    return hash_token(f"letter:{plain}")


def mint_challenge() -> bytes:
    """What a passkey has to sign: 256 random bits."""
    return secrets.token_bytes(32)


def passkey_challenge(challenge: bytes, *, session_key: str, purpose: str) -> Keyed:
    """A challenge, bound to the session that it was offered to, and to what for."""
    return Keyed(f"passkey:{purpose}:{session_key}:".encode() + challenge)


def mark_of_secret(secret: str) -> str:
    """What tells one authenticator's secret from another on a page, and gives none away."""
    return _shown_secret(secret).hashed()


def is_mark_of_secret(mark: str, secret: str) -> bool:
    """Whether a page showed that secret."""
    return _shown_secret(secret).is_that_of(mark)


def _shown_secret(secret: str) -> Keyed:
    return Keyed(f"shown-secret:{secret}".encode(), length=16)


def seal(secret: str) -> str:
    """Encrypted form of an authenticator's secret."""
    return sealing.seal(secret, SECOND_FACTOR)


def unseal(sealed: str) -> str:
    """Clear form. Raises cryptography.fernet.InvalidToken when no known key fits."""
    return sealing.unseal(sealed, SECOND_FACTOR)


def sealed_anew(sealed: str) -> str | None:
    """The same under the first key, None when it is already. Raises InvalidToken when no known key fits."""
    return sealing.sealed_anew(sealed, SECOND_FACTOR)


def same(left: str, right: str) -> bool:
    """Constant-time comparison of two hashes."""
    return hmac.compare_digest(left, right)

"""Encryption at rest: bodies that carry a secret while they wait, and what else must be read again one day."""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

MAIL = b"outgoing-email"


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...], purpose: bytes) -> MultiFernet:
    return MultiFernet(
        Fernet(
            base64.urlsafe_b64encode(HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode()))
        )
        for key in keys
    )


def _keys() -> tuple[str, ...]:
    return (str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS))


def seal(text: str, purpose: bytes = MAIL) -> str:
    """Encrypted form of `text`, under the current secret key; another purpose has another key."""
    return _fernet(_keys(), purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: bytes = MAIL) -> str:
    """Clear form. Raises cryptography.fernet.InvalidToken when no known key fits."""
    return _fernet(_keys(), purpose).decrypt(sealed.encode()).decode()

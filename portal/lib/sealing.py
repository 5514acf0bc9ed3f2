"""Encryption at rest: bodies that carry a secret while they wait, and what else must be read again one day.

The first key seals, each one opens (docs/deployment.md tells how to change them, portal/lib/rotation.py does it).
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import TextField

MAIL = b"outgoing-email"


class SealedField(TextField):  # type: ignore[type-arg]
    """A column of sealed text, "" for none: a rotation of keys finds it by its class. In the database it is a text.

    `only`: the name of a boolean column without which the text is in clear.
    """

    def __init__(self, *args: object, purpose: bytes = MAIL, only: str = "", **kwargs: object) -> None:
        self.purpose, self.only = purpose, only
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def deconstruct(self) -> tuple[str, str, list[object], dict[str, object]]:  # type: ignore[override]
        """For migrations it is a text: a purpose is no matter of theirs."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", list(args), dict(kwargs)


@lru_cache(maxsize=64)
def _fernet(key: str, purpose: bytes) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


@lru_cache(maxsize=32)
def _fernets(keys: tuple[str, ...], purpose: bytes) -> MultiFernet:
    return MultiFernet([_fernet(key, purpose) for key in keys])


def _keys() -> tuple[str, ...]:
    """Those of PORTAL_SEALING_KEYS, then the secret keys, under which everything was sealed before there were any."""
    return (*settings.PORTAL_SEALING_KEYS, str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS))


def seal(text: str, purpose: bytes = MAIL) -> str:
    """Encrypted form of `text`, under the first key; another purpose has another key."""
    return _fernet(_keys()[0], purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: bytes = MAIL) -> str:
    """Clear form. Raises cryptography.fernet.InvalidToken when no known key fits."""
    return _fernets(_keys(), purpose).decrypt(sealed.encode()).decode()


def sealed_anew(sealed: str, purpose: bytes) -> str | None:
    """The same under the first key, None when it is already. Raises InvalidToken when no known key fits."""
    keys = _keys()
    try:
        _fernet(keys[0], purpose).decrypt(sealed.encode())
    except InvalidToken:
        return _fernets(keys, purpose).rotate(sealed.encode()).decode()
    return None

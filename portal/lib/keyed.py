"""Hashes under the secret key: made under the present one, known again under each that still counts."""

import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac


@dataclass(frozen=True)
class Keyed:
    """A message whose keyed hash (HMAC-SHA256, in hexadecimal) is kept, or shown, instead of itself.

    `salt` makes another key of the secret one, as django.utils.crypto.salted_hmac does. `length`: of what is kept.
    """

    message: bytes
    salt: str = ""
    length: int = 64

    def hashed(self) -> str:
        """Under the present key: what is written down."""
        return self._under(str(settings.SECRET_KEY))

    def under_each_key(self) -> list[str]:
        """Under the present key, then the former ones: by which it is looked up."""
        return [self.hashed(), *map(self._under, map(str, settings.SECRET_KEY_FALLBACKS))]

    def is_that_of(self, kept: str) -> bool:
        """Whether `kept` is its hash under any of the keys. Each is compared in constant time."""
        return any(constant_time_compare(one, kept) for one in self.under_each_key())

    def _under(self, key: str) -> str:
        if self.salt:
            made = salted_hmac(self.salt, self.message, secret=key, algorithm="sha256")
        else:
            made = hmac.new(key.encode(), self.message, hashlib.sha256)
        return made.hexdigest()[: self.length]

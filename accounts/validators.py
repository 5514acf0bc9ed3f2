"""Passwords that a stranger would guess: made of one's own data, of common French words or of digits alone."""

import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError

OWN = ("first_name", "last_name", "email", "professional_email", "employer_name")
COMMON = ("motdepasse", "password", "azerty", "qwerty", "mutuelle", "bonjour", "soleil", "dispense", "sante", "secret")
LEAST = 6  # characters that must remain once the guessable parts are taken away


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


class GuessablePartsValidator:
    """Refuses a password of which fewer than 6 characters remain without one's own words, common words and digits."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError, in French."""
        own = " ".join(str(getattr(user, name, "") or "") for name in OWN)
        words = {word for word in re.split(r"[^a-z0-9]+", _plain(own)) if len(word) >= 3}
        rest = _plain(password)
        for word in sorted(words | set(COMMON), key=len, reverse=True):
            rest = rest.replace(word, "")
        rest = re.sub(r"[\d\s._@-]+|\b(de|du|la|le|les|des)\b", "", rest)
        if len(rest) < LEAST:
            raise ValidationError(self.get_help_text(), code="password_guessable")

    def get_help_text(self) -> str:
        return (
            "Ce mot de passe est trop facile à deviner\xa0: évitez votre nom, votre entreprise, les mots courants et "
            "les suites de chiffres"
        )

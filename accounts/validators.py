"""Passwords that somebody would guess: one's own words with little else, or what zxcvbn finds quickly."""

import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from zxcvbn_rs_py import zxcvbn

OWN = ("first_name", "last_name", "email", "professional_email", "employer_name")
# What its dictionaries, which are English, do not know.
COMMON = (
    "motdepasse", "azerty", "azertyuiop", "azertyuiopqsdfghjklm", "qsdfghjklm", "qsdfghjklmwxcvbn", "wxcvbn",
    "mutuelle", "bonjour", "soleil", "dispense", "sante", "secret", "jetaime", "doudou", "loulou", "marseille",
)  # fmt: skip
LEAST_SCORE = 3  # of 4: more than a hundred million guesses
LEAST_REST = 6  # characters that must remain without one's own words, digits and punctuation
LONGEST_JUDGED = 100  # characters


class GuessablePasswordValidator:
    """Refuses a password made of one's own words, or that about a hundred million guesses would find."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError, in French."""
        own = [str(getattr(user, name, "") or "") for name in OWN]
        words = {word for text in own for word in re.split(r"[\W_]+", _plain(text)) if len(word) >= 3}
        rest = _plain(password)
        for word in sorted(words, key=len, reverse=True):
            rest = rest.replace(word, "")
        of_own_words = rest != _plain(password) and len(re.sub(r"[\W\d_]+", "", rest)) < LEAST_REST
        found = zxcvbn(password[:LONGEST_JUDGED], user_inputs=[*words, *COMMON])
        if of_own_words or int(found.score) < LEAST_SCORE:
            raise ValidationError(self.get_help_text(), code="password_guessable")

    def get_help_text(self) -> str:
        return (
            "Ce mot de passe est trop facile à deviner\xa0: évitez votre nom, votre entreprise, les mots courants, les "
            "suites et les répétitions. Quatre mots sans rapport entre eux conviennent très bien"
        )


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))

"""How names are searched and sorted, without accents nor case, the same in every database. Pure functions over text."""

import re
import unicodedata
from functools import lru_cache

# Letters that no decomposition brings back to the ones that people type for them.
LIGATURES = str.maketrans(
    {
        "œ": "oe",
        "Œ": "oe",
        "æ": "ae",
        "Æ": "ae",
        "ß": "ss",
        "ẞ": "ss",
        "þ": "th",
        "Þ": "th",
        "ø": "o",
        "Ø": "o",
        "ł": "l",
        "Ł": "l",
        "đ": "d",
        "Đ": "d",
        "ð": "d",
        "Ð": "d",
        "ħ": "h",
        "Ħ": "h",
        "ı": "i",
        "ŧ": "t",
        "Ŧ": "t",
        "ŋ": "n",
        "Ŋ": "n",
        "ə": "e",
        "Ə": "e",
    }
)
MAX_WORDS = 8
KEY_LENGTH = 200  # characters of a sorting key: what an index takes without effort
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Words of letters and digits of any script, lower case, without accents: « N’Guyên-Œuf » gives n, guyen, oeuf."""
    return list(_words(text))


@lru_cache(maxsize=1024)  # the same name several times for one person, for many people
def _words(text: str) -> tuple[str, ...]:
    if text.isascii():
        return tuple(_WORD.findall(text.lower()))
    plain = unicodedata.normalize("NFKD", text.translate(LIGATURES)).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(_WORD.findall(plain))


def sort_key(*names: str) -> str:
    """What sorts people as a French reader expects: accents, case, blanks and hyphens do not count."""
    return " ".join(["".join(_words(name)) for name in names])[:KEY_LENGTH]


def search_text(*parts: str) -> str:
    """The text in which words are looked for: each part in words and in one piece, between spaces."""
    found: dict[str, None] = {}
    for part in parts:
        for word in (split := _words(part)):
            found[word] = None
        if len(split) > 1:
            found["".join(split)] = None
    return f" {' '.join(found)} " if found else ""


def patterns(text: str) -> list[str]:
    """What `search_text` must contain for the words typed: a piece of a word from three letters, else the whole word.

    Digits begin a word, so that a matricule is found as it is typed and no other number by its end.
    """
    typed = words(text)[:MAX_WORDS]
    return [f" {word} " if len(word) < 3 else f" {word}" if word.isdigit() else word for word in typed]

"""What is searched of a request: names, matricule, without accents nor case. Pure functions over text."""

import re
import unicodedata

LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l"}
)
MAX_WORDS = 8


def words(text: str) -> list[str]:
    """Words of letters and digits, lower case, without accents: « N’Guyên-Œuf » gives n, guyen, oeuf."""
    plain = unicodedata.normalize("NFKD", text.translate(LIGATURES)).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.findall(r"[a-z0-9]+", plain)


def search_text(*parts: str) -> str:
    """The text in which words are looked for: each part in words and in one piece, between spaces."""
    found: dict[str, None] = {}
    for part in parts:
        split = words(part)
        found |= dict.fromkeys([*split, "".join(split)] if len(split) > 1 else split)
    return f" {' '.join(found)} " if found else ""


def patterns(text: str) -> list[str]:
    """What `search_text` must contain for the words typed: a piece of a word from three letters, else the whole word.

    Digits begin a word, so that a matricule is found as it is typed and no other number by its end.
    """
    typed = words(text)[:MAX_WORDS]
    return [f" {word} " if len(word) < 3 else f" {word}" if word.isdigit() else word for word in typed]

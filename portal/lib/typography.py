"""French typography of texts made by the code: no-break spaces, quotes, numbers, amounts, days and sizes."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

NBSP = "\u00a0"  # before : and inside « », between a number and its unit
NARROW = "\u202f"  # between thousands
MONTHS = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
)
_ELIDES = re.compile(r"[aeiouœæ]|h(?!a)|y(?![aeiou])")
_BEFORE_A_MARK = re.compile(rf"\b([dD]|[qQ]u)e[ {NBSP}]\{{([^{{}}\n]*)\}}")
_UNITS = r"%|€|h|Ko|Mo|jours?|mois|ans?|heures?|minutes?|fichiers?"


@lru_cache(maxsize=1024)
def spaced(text: str) -> str:
    """The text with no-break spaces before ; : ? ! », after « and between a number and its unit or another number."""
    text = re.sub(r"[ \u00a0\u202f]+([;:?!»])", NBSP + r"\1", text)
    text = re.sub(r"«[ \u00a0\u202f]*", "«" + NBSP, text)
    return re.sub(rf"(?<=\d) (?=(?:{_UNITS})\b|%|€|\d)", NBSP, text)


def of(name: str) -> str:
    """« d’Amel », « de Camille »: « de », elided before a name that begins with a vowel or a silent h."""
    return _before("de", name)


def that(name: str) -> str:
    """« qu’Amel », « que Camille »."""
    return _before("que", name)


def _before(word: str, name: str) -> str:
    return f"{word[:-1]}’{name}" if _begins_as_a_vowel(name) else f"{word} {name}"


def _begins_as_a_vowel(name: str) -> bool:
    """An h is silent but before an « a » (Hakim, Hamza), a y sounds as a vowel before a consonant (Yves, not Yann).

    Neither a tag nor a mark is a name.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if sign.isalnum())
    return not name.startswith(("<", "{")) and bool(_ELIDES.match(plain))


def elided(text: str, values: Mapping[str, object]) -> str:
    """The text with « d’{nom} », « qu’{nom} » for « de {nom} » where the value of that mark begins with a vowel.

    Its marks are still to be filled: no value is ever altered.
    """

    def written(found: re.Match[str]) -> str:
        start, name = found.groups()
        heard = _begins_as_a_vowel(str(values.get(name.strip(), "")))
        return f"{start}’{{{name}}}" if heard else found[0]

    return _BEFORE_A_MARK.sub(written, text)


def quoted(*texts: str) -> str:
    """« a », « b »."""
    return ", ".join(f"«{NBSP}{text}{NBSP}»" for text in texts)


def numbers_in_words(numbers: Sequence[int], count: int) -> str:
    """« N°20964, N°21007 et 3 autres »: the `numbers`, out of `count`."""
    shown = [f"N°{number}" for number in numbers]
    if more := count - len(shown):
        shown.append(f"{more}{NBSP}autre{'s' if more > 1 else ''}")
    return f"{', '.join(shown[:-1])} et {shown[-1]}" if len(shown) > 1 else shown[0]


def thousands(value: int, apart: str = NARROW) -> str:
    """« 12 345 », its thousands `apart`."""
    return f"{value:,}".replace(",", apart)


def euros(amount: Decimal, apart: str = "") -> str:
    """« 1234,50 € », its thousands `apart`."""
    return f"{amount:,.2f}".replace(",", apart).replace(".", ",") + f"{NBSP}€"


def size(count: int | None) -> str:
    """Bytes as people read them: « 412 Ko », « 2,8 Mo » (decimal units, at least 1 Ko)."""
    if not count:
        return f"0{NBSP}Ko"
    if count < 1_000_000:
        kilo = max(1, round(count / 1000))
        if kilo < 1000:
            return f"{kilo}{NBSP}Ko"
    return f"{count / 1_000_000:.1f}".replace(".", ",").removesuffix(",0") + f"{NBSP}Mo"


def short_day(day: date) -> str:
    """« 05/09/2018 »."""
    return f"{day:%d/%m/%Y}"


def moment(local: datetime) -> str:
    """« 21 novembre 2026 à 10 h 32 », of a local time."""
    return f"{long_day(local, ' ')} à {hour(local)}"


def hour(local: datetime) -> str:
    """« 10 h 32 », of a local time."""
    return f"{local.hour}{NBSP}h{NBSP}{local:%M}"


def long_day(day: date, apart: str = NBSP) -> str:
    """« 5 septembre 2018 », « 1er mai 2026 »; `apart` stands before the year."""
    return f"{'1er' if day.day == 1 else day.day}{NBSP}{MONTHS[day.month - 1]}{apart}{day.year}"


def duration(length: timedelta) -> str:
    """« moins d’une minute », « 12 min », « 3 h 05 », « 2 jours »: how long something has lasted, rounded down."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return "moins d’une minute"
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    if minutes < 48 * 60:
        return f"{minutes // 60}{NBSP}h{NBSP}{minutes % 60:02d}"
    return f"{minutes // (24 * 60)}{NBSP}jours"

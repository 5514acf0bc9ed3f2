"""The NIR (numéro de sécurité sociale): checked, encrypted at rest, shown masked. Never an identifier.

Structure: décret n° 82-103 of 22 January 1982, article 4 – sex, year, month, place, rank, then a key of two digits.
"""

import re

from cryptography.fernet import InvalidToken
from stdnum.fr import nir as stdnum_nir

from portal.lib import sealing

PURPOSE = b"nir"
LENGTH = 13  # without its key
SEXES = "123478"  # 3, 4, 7, 8: numbers given while a birth certificate is awaited
_SHAPE = re.compile(r"[0-9]{5}([0-9]{2}|2[AB])[0-9]{6}([0-9]{2})?")
_SCIENTIFIC = re.compile(r"[0-9]+([.,][0-9]+)?E\+?[0-9]+")
_SEPARATORS = re.compile(r"[\s\u00a0\u202f.\-/]")


class NirRefused(ValueError):
    """What is wrong with a NIR and what to do about it in a file, in French. `code` tells them apart."""

    def __init__(self, said: str, remedy: str = "", code: str = "nir") -> None:
        super().__init__(f"{said}\xa0: {remedy}" if remedy else said)
        self.said, self.remedy, self.code = said, remedy, code


def clean_nir(text: str) -> str:
    """The 15 digits of a NIR typed with or without separators, its key computed when it is missing.

    Raises NirRefused. A and B of Corsica are kept as letters.
    """
    plain = _SEPARATORS.sub("", text).upper()
    if _SCIENTIFIC.fullmatch(text.strip().upper()):
        remedy = "mettez la colonne au format texte, puis saisissez-le"
        raise NirRefused("est en notation scientifique", remedy, "scientific")
    if not _SHAPE.fullmatch(plain):
        raise NirRefused("doit comporter 13 chiffres, ou 15 avec la clé")
    _check_parts(plain)
    key = stdnum_nir.calc_check_digits(plain)
    if len(plain) == LENGTH:
        return plain + key
    if plain[LENGTH:] != key:
        raise NirRefused("a une clé qui ne correspond pas à ses 13 premiers chiffres", "vérifiez-le")
    return plain


def _check_parts(plain: str) -> None:
    """What the key does not tell: the sex and the month (20 and more: month unknown)."""
    if plain[0] not in SEXES:
        raise NirRefused("commence par 1 (homme) ou 2 (femme)")
    month = int(plain[3:5])
    if not (1 <= month <= 12 or 20 <= month <= 42 or 50 <= month <= 99):
        raise NirRefused("a un mois de naissance impossible (4e et 5e chiffres)")


def seal_nir(nir: str) -> str:
    """Encrypted form, "" for none."""
    return sealing.seal(nir, PURPOSE) if nir else ""


def unsealed_nir(sealed: str) -> str:
    """Clear form, "" for none. Raises cryptography.fernet.InvalidToken when no known key fits."""
    return sealing.unseal(sealed, PURPOSE) if sealed else ""


def clear_nir(sealed: str) -> str:
    """Clear form, "" without one or when no known secret key opens it."""
    try:
        return unsealed_nir(sealed)
    except InvalidToken:
        return ""


def masked_nir(nir: str) -> str:
    """« • •• •• •• ••• ••• 36 »: enough to tell that it is there, and to compare with a card."""
    return f"• •• •• •• ••• ••• {nir[-2:]}" if nir else ""

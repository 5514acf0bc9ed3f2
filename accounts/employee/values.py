"""One cell → a clean value, or what is wrong with it and what to do, in French."""

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from stdnum import luhn

from accounts.enums import ContractType
from accounts.imports.columns import plain
from accounts.models import normalize_email

EXCEL_ORIGIN = date(1899, 12, 30)  # day 0 of its calendar, but for its 29 February 1900
EARLIEST = date(1900, 1, 1)
EARLIEST_HIRE = date(1940, 1, 1)
NAME_LENGTH, MATRICULE_LENGTH, CATEGORY_LENGTH, EMAIL_LENGTH = 100, 30, 60, 254
LA_POSTE = "356000000"  # its establishments follow another rule than Luhn's

_FRENCH = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?: 00:00(?::00)?)?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?(?:\.0+)?)?", re.ASCII)
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.0+)?", re.ASCII)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_ERROR_CELLS = re.compile(r"#(REF|N/A|NA|NOM|NAME|VALEUR|VALUE|DIV/0|NUL|NULL|NOMBRE|NUM)[!?]?", re.IGNORECASE)
_YES = {"oui", "o", "yes", "y", "1", "vrai", "true", "x"}
_NO = {"non", "n", "no", "0", "faux", "false"}
_CONTRACTS = {
    "cdi": ContractType.CDI.value,
    "contrat a duree indeterminee": ContractType.CDI.value,
    "cdd": ContractType.CDD.value,
    "contrat a duree determinee": ContractType.CDD.value,
    "apprenti": ContractType.APPRENTI.value,
    "apprentissage": ContractType.APPRENTI.value,
    "contrat d apprentissage": ContractType.APPRENTI.value,
    "mission": ContractType.MISSION.value,
    "contrat de mission": ContractType.MISSION.value,
    "interim": ContractType.MISSION.value,
    "interimaire": ContractType.MISSION.value,
}


class ValueRefused(Exception):
    """What is wrong with a cell and what to do, in French, after the name of its column."""


def tidy(text: str) -> str:
    """The cell in composed form, its blanks made single. Raises ValueRefused for what no eye sees."""
    if text.isascii() and text.isprintable():
        return text if "  " not in text else " ".join(text.split())
    kept = " ".join(unicodedata.normalize("NFC", text).replace("\u00a0", " ").replace("\u202f", " ").split(" ")).strip()
    if "\ufffd" in kept:
        raise ValueRefused("contient un caractère illisible\xa0: enregistrez le fichier au format CSV UTF-8 ou XLSX")
    if any(unicodedata.category(character) in _INVISIBLE for character in kept):
        raise ValueRefused("contient un retour à la ligne ou un caractère invisible\xa0: retirez-le")
    return kept


def name(text: str) -> str:
    """A first or last name."""
    if len(text) > NAME_LENGTH:
        raise ValueRefused(f"dépasse {NAME_LENGTH} caractères\xa0: abrégez-le")
    if _ERROR_CELLS.fullmatch(text):
        raise ValueRefused("est une erreur de formule\xa0: corrigez la formule ou saisissez la valeur")
    if not any(character.isalpha() for character in text):
        raise ValueRefused("ne contient aucune lettre\xa0: vérifiez l’ordre des colonnes")
    return text


def matricule(text: str) -> str:
    """The employer's own number of the person, as it is written."""
    if len(text) > MATRICULE_LENGTH:
        raise ValueRefused(f"dépasse {MATRICULE_LENGTH} caractères")
    if _ERROR_CELLS.fullmatch(text):
        raise ValueRefused("est une erreur de formule\xa0: corrigez la formule ou saisissez la valeur")
    return text


def email(text: str) -> str:
    """A professional address, in lower case."""
    address = normalize_email(text)
    try:
        validate_email(address)
    except ValidationError:
        raise ValueRefused("n’est pas une adresse e-mail complète, par exemple nom@exemple.fr") from None
    if len(address) > EMAIL_LENGTH:
        raise ValueRefused(f"dépasse {EMAIL_LENGTH} caractères")
    return address


@lru_cache(maxsize=50_000)
def day(text: str) -> date:
    """A date: jj/mm/aaaa, ISO, or the number by which Excel stores it."""
    try:
        if match := _FRENCH.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if match := _ISO.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise ValueRefused("n’existe pas dans le calendrier") from None
    if _SERIAL.fullmatch(text):
        return EXCEL_ORIGIN + timedelta(days=int(float(text)))
    raise ValueRefused("n’est pas une date\xa0: écrivez-la jj/mm/aaaa, par exemple 05/09/2018")


def birth_date(text: str, today: date) -> date:
    """Between 1900 and 14 years ago: the youngest apprentices."""
    found = day(text)
    if not found >= EARLIEST or found.year > today.year - 14:
        raise ValueRefused("n’est pas une date de naissance possible\xa0: vérifiez l’année")
    return found


def hire_date(text: str, today: date) -> date:
    """From 1940 to a year ahead."""
    found = day(text)
    if not EARLIEST_HIRE <= found <= today + timedelta(days=366):
        raise ValueRefused("n’est pas une date d’embauche possible\xa0: vérifiez l’année")
    return found


@lru_cache(maxsize=512)
def contract(text: str) -> str:
    """A value of ContractType."""
    found = _CONTRACTS.get(plain(text))
    if found is None:
        raise ValueRefused("n’est pas reconnu\xa0: écrivez CDI, CDD, apprentissage ou mission")
    return found


@lru_cache(maxsize=512)
def yes_or_no(text: str) -> bool:
    """« oui » or « non », and what programs write for them."""
    word = plain(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueRefused("se répond par oui ou non")


@lru_cache(maxsize=4096)
def siret(text: str) -> str:
    """The 14 digits of an establishment, checked by Luhn's sum (La Poste: a plain sum divisible by 5)."""
    digits = re.sub(r"[\s\u00a0\u202f.\-]", "", text)
    if not (digits.isascii() and digits.isdigit()) or len(digits) != 14:
        raise ValueRefused("doit comporter 14 chiffres\xa0: mettez la colonne au format texte")
    if luhn.is_valid(digits) or (digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0):
        return digits
    raise ValueRefused("a un chiffre faux\xa0: la somme de contrôle ne correspond pas")


def category(text: str) -> str:
    """The employer's own name of the group (cadre, non cadre…)."""
    if len(text) > CATEGORY_LENGTH:
        raise ValueRefused(f"dépasse {CATEGORY_LENGTH} caractères\xa0: abrégez-la")
    return text

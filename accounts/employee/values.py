"""A text typed, found in a file or pushed → a clean value, or what is wrong with it and what to do, in French."""

import re
import unicodedata
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from stdnum import luhn

from accounts.enums import ContractType
from accounts.models import Employee, normalize_email
from accounts.nir import NirRefused, clean_nir
from portal.lib import searching
from portal.lib.names import REMEDY, holds_address
from portal.lib.typography import NARROW, NBSP


class Code(StrEnum):
    """Why a value is refused, for a program: each code of a form, of a line of a file, of a row of the API."""

    MISSING = "missing"
    NO_NAME = "no_name"  # neither the name used nor the one of birth
    UNREADABLE = "unreadable"  # damaged by a wrong encoding
    INVISIBLE = "invisible"  # a line break, a control, a direction
    ERROR_CELL = "error_cell"  # « #REF! » and its like
    TOO_LONG = "too_long"
    NO_LETTER = "no_letter"  # in a name
    ADDRESS = "address"  # in a name: a URL, an e-mail address, the name of a machine
    CHARACTERS = "characters"  # in a matricule
    INCOMPLETE = "incomplete"  # no whole e-mail address
    NO_DATE = "no_date"
    UNREAL = "unreal"  # a date that no calendar has
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN = "unknown"  # not one of the words allowed
    NO_ANSWER = "no_answer"  # neither yes nor no
    DIGITS = "digits"  # not the number of digits
    CHECK_SUM = "check_sum"
    NIR = "nir"
    SCIENTIFIC = "scientific"  # a number that a spreadsheet shortened
    ORDER = "order"  # two dates in the wrong order
    OPEN_ENDED = "open_ended"  # a CDI that ends
    OTHER_BIRTH = "other_birth"  # the NIR tells another birth
    REPEATED = "repeated"  # an earlier line, or row, has it
    TWIN = "twin"  # another employee of the employer has it


EXCEL_ORIGIN = date(1899, 12, 30)  # day 0 of its calendar, but for its 29 February 1900
EARLIEST = date(1900, 1, 1)
EARLIEST_HIRE = date(1940, 1, 1)
HIRED_AHEAD = timedelta(days=366)
LA_POSTE = "356000000"  # its establishments follow another rule than Luhn's

_MATRICULE = re.compile(r"[0-9A-Za-zÀ-ÖØ-öø-ÿ][0-9A-Za-zÀ-ÖØ-öø-ÿ ._/\-]*")
_FRENCH = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?: 00:00(?::00)?)?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?(?:\.0+)?)?", re.ASCII)
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.0+)?", re.ASCII)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_ERROR_CELLS = re.compile(r"#(REF|N/A|NA|NOM|NAME|VALEUR|VALUE|DIV/0|NUL|NULL|NOMBRE|NUM)[!?]?", re.IGNORECASE)
_YES = {"oui", "o", "yes", "y", "1", "vrai", "true", "x"}
_NO = {"non", "n", "no", "0", "faux", "false"}
_OF_NIR = {"nir": Code.NIR, "scientific": Code.SCIENTIFIC}  # what accounts.nir says
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
    """What is wrong with a value, said in French after the name of its field, and what to do about it in a file.

    Who does not read a file finds other words for what to do by the `code`.
    """

    def __init__(self, code: Code, said: str, remedy: str = "") -> None:
        super().__init__(f"{said}\xa0: {remedy}" if remedy else said)
        self.code, self.said, self.remedy = code, said, remedy

    def in_words(self, remedies: dict[str, str] | None = None) -> str:
        """The refusal with what to do, in the words of `remedies` (by code) where it has some."""
        remedy = (remedies or {}).get(self.code, self.remedy)
        return f"{self.said}\xa0: {remedy}" if remedy else self.said


def stored(attribute: str) -> models.Field[Any, Any]:
    """How the database keeps an attribute of Employee."""
    return cast("models.Field[Any, Any]", Employee._meta.get_field(attribute))


def longest(attribute: str) -> int:
    """The most characters that the database keeps of an attribute of Employee."""
    return int(stored(attribute).max_length or 0)


NAME_LENGTH, MATRICULE_LENGTH, CATEGORY_LENGTH, EMAIL_LENGTH = map(
    longest, ("last_name", "matricule", "category", "professional_email")
)


@lru_cache(maxsize=512)
def plain(text: str) -> str:
    """« N° Sécurité sociale * » → « n securite sociale »."""
    return " ".join(searching.words(text.replace("°", " ")))


def tidy(text: str) -> str:
    """The text in composed form, its blanks made single. Raises ValueRefused for what no eye sees."""
    if text.isascii() and text.isprintable():
        return text if "  " not in text else " ".join(text.split())
    blanks = unicodedata.normalize("NFC", text).replace(NBSP, " ").replace(NARROW, " ")
    kept = " ".join(filter(None, blanks.split(" ")))  # line breaks stay, to be refused
    if "\ufffd" in kept:
        raise ValueRefused(
            Code.UNREADABLE,
            "contient un caractère illisible",
            "enregistrez le fichier au format CSV UTF-8 ou XLSX",
        )
    if any(unicodedata.category(character) in _INVISIBLE for character in kept):
        raise ValueRefused(Code.INVISIBLE, "contient un retour à la ligne ou un caractère invisible", "retirez-le")
    return kept


def _refuse_error_cell(text: str) -> None:
    if text.startswith("#") and _ERROR_CELLS.fullmatch(text):
        raise ValueRefused(Code.ERROR_CELL, "est une erreur de formule", "corrigez la formule ou saisissez la valeur")


def name(text: str) -> str:
    """A first or last name, in any script; never an address that the mails would carry."""
    if len(text) > NAME_LENGTH:
        raise ValueRefused(Code.TOO_LONG, f"dépasse {NAME_LENGTH} caractères", "abrégez-le")
    _refuse_error_cell(text)
    if not any(character.isalpha() for character in text):
        raise ValueRefused(Code.NO_LETTER, "ne contient aucune lettre", "vérifiez l’ordre des colonnes")
    if holds_address(text):
        raise ValueRefused(Code.ADDRESS, "contient une adresse Internet ou e-mail", REMEDY)
    return text


def matricule(text: str) -> str:
    """The employer's own number of the person: letters, digits, and what payroll programs put between them."""
    if len(text) > MATRICULE_LENGTH:
        raise ValueRefused(Code.TOO_LONG, f"dépasse {MATRICULE_LENGTH} caractères")
    _refuse_error_cell(text)
    if not _MATRICULE.fullmatch(text):
        raise ValueRefused(
            Code.CHARACTERS, "se compose de lettres, de chiffres, d’espaces et de . _ / -", "corrigez-le"
        )
    return text


def email(text: str) -> str:
    """A professional address, in lower case."""
    address = normalize_email(text)
    try:
        validate_email(address)
    except ValidationError:
        said = "n’est pas une adresse e-mail complète, par exemple nom@exemple.fr"
        raise ValueRefused(Code.INCOMPLETE, said) from None
    if len(address) > EMAIL_LENGTH:
        raise ValueRefused(Code.TOO_LONG, f"dépasse {EMAIL_LENGTH} caractères")
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
        raise ValueRefused(Code.UNREAL, "n’existe pas dans le calendrier") from None
    if _SERIAL.fullmatch(text):
        return EXCEL_ORIGIN + timedelta(days=int(float(text)))
    raise ValueRefused(Code.NO_DATE, "n’est pas une date", "écrivez-la jj/mm/aaaa, par exemple 05/09/2018")


def birth_date(text: str, today: date) -> date:
    """Between 1900 and 14 years ago: the youngest apprentices."""
    found = day(text)
    if not found >= EARLIEST or found.year > today.year - 14:
        raise ValueRefused(Code.OUT_OF_RANGE, "n’est pas une date de naissance possible", "vérifiez l’année")
    return found


def hire_date(text: str, today: date) -> date:
    """From 1940 to a year ahead."""
    found = day(text)
    if not EARLIEST_HIRE <= found <= today + HIRED_AHEAD:
        raise ValueRefused(Code.OUT_OF_RANGE, "n’est pas une date d’embauche possible", "vérifiez l’année")
    return found


@lru_cache(maxsize=512)
def contract(text: str) -> str:
    """A value of ContractType."""
    found = _CONTRACTS.get(plain(text))
    if found is None:
        raise ValueRefused(Code.UNKNOWN, "n’est pas reconnu", "écrivez CDI, CDD, apprentissage ou mission")
    return found


@lru_cache(maxsize=512)
def yes_or_no(text: str) -> bool:
    """« oui » or « non », and what programs write for them."""
    word = plain(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueRefused(Code.NO_ANSWER, "se répond par oui ou non")


@lru_cache(maxsize=4096)
def siret(text: str) -> str:
    """The 14 digits of an establishment, checked by Luhn's sum (La Poste: a plain sum divisible by 5)."""
    digits = re.sub(r"[\s\u00a0\u202f.\-]", "", text)
    if not (digits.isascii() and digits.isdigit()) or len(digits) != 14:
        raise ValueRefused(Code.DIGITS, "doit comporter 14 chiffres", "mettez la colonne au format texte")
    if luhn.is_valid(digits) or (digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0):
        return digits
    raise ValueRefused(Code.CHECK_SUM, "a un chiffre faux", "la somme de contrôle ne correspond pas")


def category(text: str) -> str:
    """The employer's own name of the group (cadre, non cadre…)."""
    if len(text) > CATEGORY_LENGTH:
        raise ValueRefused(Code.TOO_LONG, f"dépasse {CATEGORY_LENGTH} caractères", "abrégez-la")
    return text


def nir(text: str) -> str:
    """The 15 characters of a NIR, in clear."""
    try:
        return clean_nir(text)
    except NirRefused as refusal:
        raise ValueRefused(_OF_NIR[refusal.code], refusal.said, refusal.remedy) from None

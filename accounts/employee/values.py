"""A text typed, found in a file or pushed → a clean value, or what is wrong with it and what to do, in French."""

import re
import unicodedata
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils import timezone
from stdnum import luhn

from accounts.enums import ContractType
from accounts.models import Employee, normalize_email
from accounts.nir import NirRefused, clean_nir
from portal.lib import searching
from portal.lib.names import REMEDY, holds_address
from portal.lib.typography import MONTHS, NARROW, NBSP


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
    GONE = "gone"  # somebody unknown who left already
    REPEATED = "repeated"  # an earlier line, or row, has it
    TWIN = "twin"  # another employee of the employer has it
    TOO_SOON = "too_soon"  # another address, when links have just left to the former ones
    TRANSFERRED = "transferred"  # the contract goes on at another employer: this row stays as it was


EXCEL_ORIGIN = date(1899, 12, 30)  # day 0 of its calendar, but for its 29 February 1900
EARLIEST = date(1900, 1, 1)
EARLIEST_HIRE = date(1940, 1, 1)
HIRED_AHEAD = timedelta(days=366)
LEFT_AHEAD = timedelta(days=366)
YOUNGEST = 14  # years: apprentices
LA_POSTE = "356000000"  # its establishments follow another rule than Luhn's

_MATRICULE = re.compile(r"[0-9A-Za-zÀ-ÖØ-öø-ÿ][0-9A-Za-zÀ-ÖØ-öø-ÿ ._/\-]*")
_HOUR = r"(?: \d{1,2}[:h]\d{2}(?::\d{2})?)?"
_FRENCH = re.compile(rf"(\d{{1,2}})([/.\- ])(\d{{1,2}})\2(\d{{4}}|\d\d){_HOUR}", re.ASCII)
_IN_WORDS = re.compile(rf"(?:[^\W\d_]+ )?(\d{{1,2}})(?:er)?[ \-]?([^\W\d_]+)\.?[ \-]?(\d{{4}}|\d\d){_HOUR}")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.0+)?", re.ASCII)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_ERROR_CELLS = re.compile(r"#(REF|N/A|NA|NOM|NAME|VALEUR|VALUE|DIV/0|NUL|NULL|NOMBRE|NUM)[!?]?", re.IGNORECASE)
_YES = {"oui", "o", "yes", "y", "1", "vrai", "true", "x", "temps partiel", "partiel"}
_NO = {"non", "n", "no", "0", "faux", "false", "temps plein", "temps complet", "plein", "complet"}
_OF_NIR = {"nir": Code.NIR, "scientific": Code.SCIENTIFIC}  # what accounts.nir says
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE | re.ASCII)
_NARROW_COLUMN = re.compile("#{2,}")
_SHARE = re.compile(r"(\d{1,3}(?:[.,]\d+)?) ?%", re.ASCII)
_FRACTION = re.compile(r"0[.,]\d+", re.ASCII)
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
# Words of a longer name of a contract.
_OF_CONTRACTS = {
    **dict.fromkeys(("cdi", "indeterminee"), ContractType.CDI.value),
    **dict.fromkeys(("cdd", "determinee"), ContractType.CDD.value),
    **dict.fromkeys(("apprenti", "apprentie", "apprentissage"), ContractType.APPRENTI.value),
    **dict.fromkeys(("mission", "interim", "interimaire"), ContractType.MISSION.value),
}
_DENIALS = {"non", "sans", "hors", "pas", "ex", "ou", "ancien"}
_NO_CONTRACT = {
    "alternance": "écrivez «\xa0apprentissage\xa0» ou «\xa0contrat de professionnalisation\xa0»",
    "alternant": "écrivez «\xa0apprentissage\xa0» ou «\xa0contrat de professionnalisation\xa0»",
    "stage": "un stagiaire n’est pas salarié, retirez la ligne",
    "stagiaire": "un stagiaire n’est pas salarié, retirez la ligne",
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
    composed = text.isascii() or ("\ufffd" not in text and unicodedata.is_normalized("NFC", text))
    if composed and text.isprintable() and "  " not in text and text == text.strip():
        return text
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
    if _NARROW_COLUMN.fullmatch(text):
        said = "a été enregistré en «\xa0####\xa0», faute de place dans sa colonne"
        raise ValueRefused(Code.ERROR_CELL, said, "élargissez la colonne dans le tableur, puis enregistrez à nouveau")
    if text.startswith("#") and _ERROR_CELLS.fullmatch(text):
        raise ValueRefused(Code.ERROR_CELL, "est une erreur de formule", "corrigez la formule ou saisissez la valeur")


def name(text: str) -> str:
    """A first or last name, in any script; never an address that the mails would carry."""
    if len(text) > NAME_LENGTH:
        raise ValueRefused(Code.TOO_LONG, f"dépasse {NAME_LENGTH} caractères", "abrégez-le")
    _refuse_error_cell(text)
    if not any(map(str.isalpha, text)):
        raise ValueRefused(Code.NO_LETTER, "ne contient aucune lettre", "vérifiez l’ordre des colonnes")
    if holds_address(text):
        raise ValueRefused(Code.ADDRESS, "contient une adresse Internet ou e-mail", REMEDY)
    return text


def matricule(text: str) -> str:
    """The employer's own number of the person: letters, digits, and what payroll programs put between them."""
    if len(text) > MATRICULE_LENGTH:
        raise ValueRefused(Code.TOO_LONG, f"dépasse {MATRICULE_LENGTH} caractères")
    _refuse_error_cell(text)
    if _SHORTENED.fullmatch(text):
        raise ValueRefused(
            Code.SCIENTIFIC,
            "est un nombre que le tableur a abrégé",
            "mettez la colonne au format texte, puis remettez les matricules entiers",
        )
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
def day(text: str, latest: int = 2099) -> date:
    """A date: jj/mm/aaaa, in words, ISO, or the number by which Excel stores it; its hour is left out.

    Two digits are a year of this century, or of the last one past the year `latest`.
    """
    try:
        if match := _FRENCH.fullmatch(text):
            return date(_year(match[4], latest), int(match[3]), int(match[1]))
        if match := _ISO.fullmatch(text):
            return _local(text) if match[4] else date(int(match[1]), int(match[2]), int(match[3]))
        if (match := _IN_WORDS.fullmatch(text)) and (month := _month(match[2])):
            return date(_year(match[3], latest), month, int(match[1]))
    except ValueError:
        raise ValueRefused(Code.UNREAL, "n’existe pas dans le calendrier") from None
    if _SERIAL.fullmatch(text):
        return EXCEL_ORIGIN + timedelta(days=int(float(text)))
    raise ValueRefused(Code.NO_DATE, "n’est pas une date", "écrivez-la jj/mm/aaaa, par exemple 05/09/2018")


def _year(digits: str, latest: int) -> int:
    if len(digits) == 4:
        return int(digits)
    year = 2000 + int(digits)
    return year if year <= latest else year - 100


def _local(text: str) -> date:
    """The day in France of an instant: « 2018-09-04T22:00:00Z » is the 5th."""
    return timezone.localdate(datetime.fromisoformat(text))


def _month(word: str) -> int:
    """1 to 12 of a month or of its beginning, from three letters; 0 when it is none, or one of two."""
    begun = plain(word)
    found = [rank for rank, month in enumerate(MONTHS, 1) if len(begun) >= 3 and plain(month).startswith(begun)]
    return found[0] if len(found) == 1 else 0


def birth_date(text: str, today: date) -> date:
    """Between 1900 and 14 years ago: the youngest apprentices."""
    found = day(text, today.year - YOUNGEST)
    if not found >= EARLIEST or found.year > today.year - YOUNGEST:
        raise ValueRefused(Code.OUT_OF_RANGE, "n’est pas une date de naissance possible", "vérifiez l’année")
    return found


def hire_date(text: str, today: date) -> date:
    """From 1940 to a year ahead."""
    found = day(text, today.year + 1)
    if not EARLIEST_HIRE <= found <= today + HIRED_AHEAD:
        raise ValueRefused(Code.OUT_OF_RANGE, "n’est pas une date d’embauche possible", "vérifiez l’année")
    return found


def end_date(text: str) -> date:
    """The end of a contract."""
    return day(text)


def leaving_date(text: str, today: date) -> date:
    """The last day at work: from 1940 to a year ahead."""
    found = day(text, today.year + 1)
    if not EARLIEST_HIRE <= found <= today + LEFT_AHEAD:
        raise ValueRefused(Code.OUT_OF_RANGE, "n’est pas une date de départ possible", "vérifiez l’année")
    return found


def affiliation_date(text: str, today: date) -> date:
    """The first day of the employer's cover: from 1940 to a year ahead, as a hire."""
    found = day(text, today.year + 1)
    if not EARLIEST_HIRE <= found <= today + HIRED_AHEAD:
        raise ValueRefused(Code.OUT_OF_RANGE, "n’est pas une date d’affiliation possible", "vérifiez l’année")
    return found


@lru_cache(maxsize=512)
def contract(text: str) -> str:
    """A value of ContractType, from its name or from a longer one that holds it: « CDI temps plein »."""
    name = plain(text)
    found = _CONTRACTS.get(name) or _contract_of(name.split())
    if found is None:
        remedy = next((_NO_CONTRACT[word] for word in name.split() if word in _NO_CONTRACT), "")
        raise ValueRefused(Code.UNKNOWN, "n’est pas reconnu", remedy or "écrivez CDI, CDD, apprentissage ou mission")
    return found


def _contract_of(words: list[str]) -> str | None:
    if _DENIALS.intersection(words):
        return None
    kinds = {_OF_CONTRACTS[word] for word in words if word in _OF_CONTRACTS}
    if kinds == {ContractType.CDD.value, ContractType.APPRENTI.value}:
        return ContractType.APPRENTI.value
    if not kinds and "professionnalisation" in words:
        return ContractType.CDD.value  # so it is but by exception, which its name would say
    return kinds.pop() if len(kinds) == 1 else None


@lru_cache(maxsize=512)
def yes_or_no(text: str) -> bool:
    """« oui » or « non », and what programs write for them; of part time, also the share worked: « 80 % », « 0,8 »."""
    word = plain(text)
    if word in _YES or (_FRACTION.fullmatch(text) and float(text.replace(",", "."))):
        return True
    if word in _NO:
        return False
    if match := _SHARE.fullmatch(text):
        share = float(match[1].replace(",", "."))
        if 0 < share <= 100:
            return share < 100
    raise ValueRefused(Code.NO_ANSWER, "se répond par oui ou non", "ou par la part travaillée, par exemple 80\xa0%")


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

"""Form pieces shared by the apps: a date typed in three inputs, a person's name."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from portal.lib.names import REMEDY, holds_address
from portal.lib.typography import NBSP, long_day

_WHOLE_DATE = re.compile(r"\s*(\d{1,2})\s*[/.\-\s]\s*(\d{1,2})\s*[/.\-\s]\s*(\d{4})\s*")
_ISO_DATE = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})\s*")
_PARTS = ("un jour", "un mois", "une année")
_VOWELS = "aàâeéèêëiîïoôuûüyhœ"

Limit = date | Callable[[], date] | None


def _subject(label: str) -> str:
    """How a sentence names the date: « La date d’embauche » from the label « Date d’embauche »."""
    name = label.strip().rstrip(" :*")
    lowered = name[:1].lower() + name[1:]
    return f"La {lowered}" if lowered.startswith("date") else f"La date «{NBSP}{name}{NBSP}»"


def _of(subject: str) -> str:
    """The same after « de »: « de la date d’embauche »."""
    return f"de l{subject[1:]}"


def _split(value: str) -> list[str] | None:
    if match := _WHOLE_DATE.fullmatch(value):
        return list(match.groups())
    if match := _ISO_DATE.fullmatch(value):
        return list(reversed(match.groups()))
    return None


class ThreePartDateWidget(forms.MultiWidget):
    """Jour, mois, année: three plain inputs (a calendar is slow for a date that one knows)."""

    template_name = "django/forms/widgets/three_part_date.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        self.wrong_parts: set[int] = set()
        super().__init__([forms.TextInput(), forms.TextInput(), forms.TextInput()], attrs)

    def use_required_attribute(self, initial: Any) -> bool:
        """Never: a whole date may be pasted in the day's input, the others left empty."""
        return False

    def decompress(self, value: date | str | None) -> list[str]:
        """The three texts of a stored date."""
        if isinstance(value, date):
            return [f"{value.day:02d}", f"{value.month:02d}", f"{value.year:04d}"]
        if isinstance(value, str):
            return _split(value) or [value, "", ""]
        return ["", "", ""]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """The three texts as typed; a whole date pasted in the day's input is spread over the three."""
        typed = [str(data.get(f"{name}_{index}") or "") for index in range(3)]
        if not typed[1].strip() and not typed[2].strip():
            return _split(typed[0]) or typed
        return typed

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Django's context, each input with its label, its width and whether it is the wrong one."""
        whole_invalid = bool(attrs and attrs.get("aria-invalid"))
        inner = {key: item for key, item in (attrs or {}).items() if key not in {"aria-invalid", "aria-describedby"}}
        context = super().get_context(name, value, inner)
        parts = zip(
            context["widget"]["subwidgets"], ("Jour", "Mois", "Année"), ("ea-w2", "ea-w2", "ea-w4"), strict=True
        )
        for index, (part, label, width) in enumerate(parts):
            part["label"] = label
            part["attrs"] |= {"class": f"ea-input {width}", "inputmode": "numeric", "autocomplete": "off"}
            if whole_invalid and (not self.wrong_parts or index in self.wrong_parts):
                part["attrs"]["aria-invalid"] = "true"
        return context


class ThreePartDateField(forms.Field):
    """A date typed as jour, mois, année; each message names the date and says what to correct.

    `min_date` and `max_date` (included, dates in Europe/Paris, or functions returning one) bound the answer.
    """

    widget: Any = ThreePartDateWidget

    def __init__(self, *, min_date: Limit = None, max_date: Limit = None, **kwargs: Any) -> None:
        self.min_date, self.max_date = min_date, max_date
        super().__init__(**kwargs)

    @property
    def _subject(self) -> str:
        return _subject(str(self.label or "date"))

    def _refuse(self, message: str, code: str, *parts: int) -> ValidationError:
        self.widget.wrong_parts = set(parts)
        return ValidationError(message, code=code)

    def clean(self, value: Any) -> date | None:
        """The date typed, None when empty and not required. Raises ValidationError in French."""
        self.widget.wrong_parts = set()
        texts = [str(part).strip() for part in value or ("", "", "")]
        if not any(texts):
            if not self.required:
                return None
            raise self._refuse(f"Indiquez {self._subject[0].lower()}{self._subject[1:]}", "required", 0)
        if empty := [index for index, text in enumerate(texts) if not text]:
            lacking = " et ".join(_PARTS[index] for index in empty)
            raise self._refuse(f"{self._subject} doit comporter {lacking}", "incomplete", *empty)
        day = self._day(texts)
        self._check_limits(day)
        return day

    def _day(self, texts: list[str]) -> date:
        numbers: list[int] = []
        for index, (text, name) in enumerate(zip(texts, ("Le jour", "Le mois", "L’année"), strict=True)):
            if not re.fullmatch(r"[0-9]{1,8}", text):
                raise self._refuse(f"{name} {_of(self._subject)} doit s’écrire en chiffres", "digits", index)
            numbers.append(int(text))
        day, month, year = numbers
        if not 1 <= month <= 12:
            raise self._refuse(f"Le mois {_of(self._subject)} doit être compris entre 1 et 12", "month", 1)
        if len(texts[2]) != 4 or year < 1000:
            raise self._refuse(f"L’année {_of(self._subject)} doit comporter 4{NBSP}chiffres", "year", 2)
        if not 1 <= day <= 31:
            raise self._refuse(f"Le jour {_of(self._subject)} doit être compris entre 1 et 31", "day", 0)
        try:
            return date(year, month, day)
        except ValueError as error:
            message = f"Cette date n’existe pas{NBSP}: vérifiez {self._subject[0].lower()}{self._subject[1:]}"
            raise self._refuse(message, "unreal", 0) from error

    def _check_limits(self, day: date) -> None:
        lowest = self.min_date() if callable(self.min_date) else self.min_date
        highest = self.max_date() if callable(self.max_date) else self.max_date
        if lowest and day < lowest:
            raise self._refuse(f"{self._subject} doit être le {long_day(lowest)} ou après", "min_date")
        if highest and day > highest:
            raise self._refuse(f"{self._subject} doit être le {long_day(highest)} ou avant", "max_date")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether what was typed differs from the stored date."""
        before = self.widget.decompress(initial)
        return [part.lstrip("0") for part in before] != [str(part).strip().lstrip("0") for part in data or ["", "", ""]]


class PersonNameField(forms.CharField):
    """A first or last name, in any script, at most 100 characters: nothing invisible, no address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"max_length": 100} | kwargs))
        name = str(self.label or "nom")
        lowered = name[:1].lower() + name[1:]
        article = "l’" if lowered[0] in _VOWELS else "le "
        self.error_messages["required"] = f"Indiquez {article}{lowered}"
        self.error_messages["max_length"] = (
            f"{name[:1].upper()}{name[1:]}{NBSP}: {self.max_length} caractères au maximum"
        )

    def to_python(self, value: Any) -> str:
        """The name, stripped, in composed form. Raises ValidationError for invisible characters or an address."""
        text = unicodedata.normalize("NFC", super().to_python(value) or "")
        text = re.sub(r"[ \u00a0\u202f]+", " ", text).strip()
        if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in text):
            raise ValidationError(
                f"{self.label or 'Le nom'}{NBSP}: retirez les retours à la ligne et les caractères invisibles",
                code="invisible",
            )
        if holds_address(text):
            said = f"{self.label or 'Le nom'}{NBSP}: une adresse Internet ou e-mail s’y trouve, {REMEDY}"
            raise ValidationError(said, code="address")
        return text


class ParagraphsField(forms.CharField):
    """A text of several lines, as its writer counts it: browsers count an end of line as one and post two."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text

"""What a correspondent types of an employee or of a colleague."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone

from accounts.employee.fields import ASKED, ATTRIBUTES, BY_ATTRIBUTE, CORRECTED, EmployeeField
from accounts.employee.together import complete, contradictions
from accounts.employee.values import LEFT_AHEAD, Code, ValueRefused, tidy
from accounts.enums import ContractType
from accounts.fields import EMAIL_ERRORS, AddressField
from accounts.models import Employee
from accounts.nir import clear_nir, seal_nir
from portal.lib.fields import PersonNameField, ThreePartDateField

# What to do about a refused value, where a file's columns have nothing to do with it.
REMEDIES: dict[str, str] = {
    Code.NO_LETTER: "vérifiez-le",
    Code.UNREADABLE: "saisissez-le à nouveau",
    Code.ERROR_CELL: "saisissez la valeur",
    Code.DIGITS: "comptez-les",
    Code.OPEN_ENDED: "retirez-la, ou choisissez un autre contrat",
}

MATRICULE_ELSEWHERE = (
    "Vos fichiers et votre logiciel le reconnaissent par ce matricule\xa0: corrigez-le aussi chez eux."
)


class _EmployeeForm(forms.Form):
    """The fields of an employee (accounts.employee), under the same rules as a file of the company."""

    asked: Sequence[EmployeeField] = ASKED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.asked:
            if field.asked:
                made = self.fields[field.attribute] = field.asked.make()
                made.said_optional = not field.asked.first  # type: ignore[attr-defined]  # by the fold (portal.forms)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for field in self.asked:
            text = data.get(field.attribute)
            if isinstance(text, str) and text:
                if self.is_stored(field.attribute, text):
                    continue
                try:
                    data[field.attribute] = field.read(tidy(text), timezone.localdate())
                except ValueRefused as refusal:
                    self.add_error(field.attribute, f"{field.subject} {refusal.in_words(REMEDIES)}")
        if {"first_name", "last_name"} <= data.keys():
            if not any(data.get(name) for name in ("first_name", "last_name", "birth_name")):
                self.add_error("last_name", "Indiquez le nom")
            complete(data)
        return data

    def is_stored(self, attribute: str, text: str) -> bool:
        """Whether the portal has this already: it is not judged, rules may have grown since."""
        return False

    def refuse_contradictions(self, given: Mapping[str, Any], nir: str, changed: Collection[str] | None = None) -> None:
        """Say at its field what several values contradict."""
        for attribute, _, refusal in contradictions(given, nir, changed):
            subject = BY_ATTRIBUTE[attribute].subject
            self.add_error(attribute if attribute in self.fields else None, f"{subject} {refusal.in_words(REMEDIES)}")

    @property
    def first(self) -> list[BoundField]:
        """The fields that are seen at once."""
        return [self[field.attribute] for field in self.asked if self._shows(field, first=True)]

    @property
    def more(self) -> list[BoundField]:
        """Those that are folded away, and what the form asks besides."""
        known = {field.attribute for field in self.asked}
        others = [self[name] for name in self.fields if name not in known]
        return [self[field.attribute] for field in self.asked if self._shows(field, first=False)] + others

    def _shows(self, field: EmployeeField, *, first: bool) -> bool:
        return field.attribute in self.fields and field.asked is not None and field.asked.first == first

    @property
    def more_open(self) -> bool:
        """Whether the fold holds something to see."""
        return any(field.errors for field in self.more) or (self.is_bound and self.has_changed())


class PreAffiliationForm(_EmployeeForm):
    """An employee declared by the employer's correspondent, with all that a file may say."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        data["part_time"] = data.get("part_time") is True
        if not self.errors:
            nir = data["sealed_nir"]
            self.refuse_contradictions(data, nir)
            data["sealed_nir"] = seal_nir(nir)
        return data


class CorrectionForm(_EmployeeForm):
    """What was declared of an employee, to be corrected; what a page does not ask stays as it is.

    The NIR is never shown again: another one replaces it, an empty input keeps it, a box erases it.
    `without`: attributes that whoever corrects may not change, which are not asked.
    """

    asked = CORRECTED
    ERASE_NIR = "effacer_nir"
    helps: Mapping[str, str] = {"matricule": MATRICULE_ELSEWHERE}  # by attribute, said of a correction alone

    def __init__(self, *args: Any, employee: Employee, without: Collection[str] = (), **kwargs: Any) -> None:
        self.employee = employee
        initial = {field.attribute: self._typed(field) for field in self.asked}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["professional_email"].help_text = (
            "Le compte garde son identifiant. Les correspondants en sont avertis."
            if employee.user_id is not None
            else "Une nouvelle adresse reçoit un nouveau lien, l’ancien meurt. Les correspondants en sont avertis."
        )
        for name, words in self.helps.items():
            self.fields[name].help_text = words
        if employee.sealed_nir:
            stored = employee.masked_nir or "illisible"
            kept = f"Enregistré\xa0: {stored}. Laissez vide pour le garder, ou saisissez-en un autre."
            self.fields["sealed_nir"].help_text = kept
            self.fields[self.ERASE_NIR] = forms.BooleanField(label="Effacer le NIR enregistré", required=False)
        for name in without:
            del self.fields[name]
        for name, field in list(self.fields.items()) if self.is_bound else ():
            if not field.required and field.widget.value_omitted_from_data(self.data, self.files, name):
                del self.fields[name]

    def _typed(self, field: EmployeeField) -> Any:
        """What the form shows of a stored value: a NIR is not shown."""
        value = getattr(self.employee, field.attribute)
        if isinstance(value, bool):
            return "oui" if value else "non"
        return "" if field.attribute == "sealed_nir" else value

    @property
    def more_open(self) -> bool:
        return True

    def is_stored(self, attribute: str, text: str) -> bool:
        return bool(text == getattr(self.employee, attribute))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        erased = data.pop(self.ERASE_NIR, False)
        nir = data.pop("sealed_nir", "")
        if data.get("part_time") == "":  # sent empty: no answer, and no correction
            del data["part_time"]
        if self.errors:
            return data
        before: Mapping[str, Any] = {name: getattr(self.employee, name) for name in ATTRIBUTES}
        became_permanent = before["contract_type"] != data["contract_type"] == ContractType.CDI
        if became_permanent and data.get("contract_ends_on") == before["contract_ends_on"]:
            data["contract_ends_on"] = None  # the end of the former contract, left as it was
        known = clear_nir(before["sealed_nir"])
        changed = {name for name, value in data.items() if value != before[name]}
        if nir and nir != known:
            changed.add("nir")
        self.refuse_contradictions({**before, **data}, nir or ("" if erased else known), changed)
        if "nir" in changed:
            data["sealed_nir"] = seal_nir(nir)
        elif erased and not nir:
            data["sealed_nir"] = ""
        return data


class EmploymentForm(forms.Form):
    """One date of an employment, `attribute` of Employee, under the bounds that a file has."""

    attribute = ""
    label = ""
    help_text = ""

    def __init__(self, data: Any, *, employee: Employee) -> None:
        self.employee = employee
        super().__init__(data, initial={"day": getattr(employee, self.attribute)})
        self.fields["day"] = ThreePartDateField(
            label=self.label,
            help_text=self.help_text,
            min_date=self.earliest(),
            max_date=lambda: timezone.localdate() + LEFT_AHEAD,
        )

    def earliest(self) -> date:
        """The first day that may be given."""
        return self.employee.hired_on


class DepartureForm(EmploymentForm):
    """The last day at work."""

    attribute = "left_on"
    label = "Dernier jour de travail"
    help_text = "Passé, ou à venir dans l’année. Par exemple, 31 12 2026."


class AffiliationForm(EmploymentForm):
    """The first day of the employer's cover."""

    attribute = "affiliated_on"
    label = "Affilié depuis le"
    help_text = "Premier jour de la couverture. Par exemple, 1 1 2027."


class ColleagueForm(forms.Form):
    """A colleague who is to become a correspondent."""

    first_name = PersonNameField(label="Prénom")
    last_name = PersonNameField(label="Nom")
    email = AddressField(
        label="Adresse e-mail",
        max_length=254,
        help_text="Un lien personnel part à cette adresse.",
        error_messages=EMAIL_ERRORS,
    )

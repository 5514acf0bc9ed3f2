"""What a correspondent types of an employee or of a colleague."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from accounts.employee.fields import ASKED, ATTRIBUTES, BY_ATTRIBUTE, EmployeeField
from accounts.employee.together import complete, contradictions
from accounts.employee.values import LEFT_AHEAD, Code, ValueRefused, tidy
from accounts.fields import EMAIL_ERRORS, AddressField
from accounts.models import Employee
from portal.lib.fields import PersonNameField, ThreePartDateField

# What to do about a refused value, where a file's columns have nothing to do with it.
REMEDIES: dict[str, str] = {
    Code.NO_LETTER: "vérifiez-le",
    Code.UNREADABLE: "saisissez-le à nouveau",
    Code.ERROR_CELL: "saisissez la valeur",
}


class _EmployeeForm(forms.Form):
    """The fields of an employee (accounts.employee), under the same rules as a file of the company."""

    asked: Sequence[EmployeeField] = ASKED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.asked:
            if field.asked:
                self.fields[field.attribute] = field.asked.make()

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
            if not data["first_name"] and not data["last_name"]:
                self.add_error("last_name", "Indiquez le nom")
            complete(data)
        return data

    def is_stored(self, attribute: str, text: str) -> bool:
        """Whether the portal has this already: it is not judged, rules may have grown since."""
        return False


class PreAffiliationForm(_EmployeeForm):
    """An employee declared by the employer's correspondent."""


class CorrectionForm(_EmployeeForm):
    """What was declared of an employee, to be corrected."""

    def __init__(self, *args: Any, employee: Employee, **kwargs: Any) -> None:
        self.employee = employee
        initial = {field.attribute: getattr(employee, field.attribute) for field in self.asked}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["professional_email"].help_text = (
            "Le compte garde son identifiant. Les correspondants en sont avertis."
            if employee.user_id is not None
            else "Une nouvelle adresse reçoit un nouveau lien, l’ancien meurt. Les correspondants en sont avertis."
        )

        self.fields[
            "matricule"
        ].help_text = (
            "Vos fichiers et votre logiciel le reconnaissent par ce matricule\xa0: corrigez-le aussi chez eux."
        )

    def is_stored(self, attribute: str, text: str) -> bool:
        return bool(text == getattr(self.employee, attribute))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if self.errors:
            return data
        before: Mapping[str, Any] = {name: getattr(self.employee, name) for name in ATTRIBUTES}
        changed = {name for name, value in data.items() if value != before[name]}
        for attribute, _, refusal in contradictions({**before, **data}, "", changed):
            subject = BY_ATTRIBUTE[attribute].subject
            self.add_error(attribute if attribute in self.fields else None, f"{subject} {refusal.in_words(REMEDIES)}")
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

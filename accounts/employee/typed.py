"""The fields of the correspondent's forms, with what they say of an input left empty or too long."""

from django import forms
from django.utils import timezone

from accounts.employee import values
from accounts.enums import ContractType
from accounts.fields import EMAIL_ERRORS, AddressField
from portal.lib.fields import PersonNameField, ThreePartDateField

ONE_NAME = "À laisser vide pour qui n’a qu’un nom."


def first_name() -> forms.Field:
    return PersonNameField(label="Prénom", max_length=values.NAME_LENGTH, required=False, help_text=ONE_NAME)


def last_name() -> forms.Field:
    return PersonNameField(label="Nom", max_length=values.NAME_LENGTH, required=False)


def professional_email() -> forms.Field:
    return AddressField(
        label="Adresse e-mail professionnelle",
        max_length=values.EMAIL_LENGTH,
        help_text="L’invitation part à cette adresse.",
        error_messages=EMAIL_ERRORS,
    )


def matricule() -> forms.Field:
    return forms.CharField(
        label="Matricule",
        max_length=values.MATRICULE_LENGTH,
        error_messages={
            "required": "Indiquez le matricule",
            "max_length": f"Le matricule compte {values.MATRICULE_LENGTH} caractères au plus",
        },
    )


def hired_on() -> ThreePartDateField:
    """The « Date d’embauche » asked of the correspondent and checked by the employee: 1940 to a year from today."""
    return ThreePartDateField(
        label="Date d’embauche",
        help_text="Par exemple, 3 9 2018.",
        min_date=values.EARLIEST_HIRE,
        max_date=lambda: timezone.localdate() + values.HIRED_AHEAD,
    )


def contract_type() -> forms.Field:
    return forms.ChoiceField(
        label="Type de contrat",
        choices=ContractType.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Sélectionnez le type de contrat"},
    )

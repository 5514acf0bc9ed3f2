"""The fields of the correspondent's forms, with what they say of an input left empty or too long."""

from datetime import date

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
        required=False,
        max_length=values.EMAIL_LENGTH,
        help_text="L’invitation part à cette adresse. Sans adresse, une lettre à imprimer porte un code.",
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


def contract_ends_on() -> ThreePartDateField:
    return ThreePartDateField(
        label="Date de fin du contrat",
        required=False,
        help_text="À laisser vide pour un CDI. Par exemple, 31 12 2026.",
        min_date=values.EARLIEST_HIRE,
    )


def part_time() -> forms.Field:
    return forms.ChoiceField(
        label="Temps de travail",
        choices=[("non", "Temps complet"), ("oui", "Temps partiel")],
        initial="non",
        required=False,
        widget=forms.RadioSelect,
    )


def category() -> forms.Field:
    return forms.CharField(
        label="Catégorie",
        required=False,
        max_length=values.CATEGORY_LENGTH,
        help_text="Comme votre acte la nomme, par exemple cadre ou non cadre.",
        error_messages={"max_length": f"La catégorie compte {values.CATEGORY_LENGTH} caractères au plus"},
    )


def establishment_siret() -> forms.Field:
    return forms.CharField(
        label="SIRET de l’établissement",
        required=False,
        help_text="14 chiffres.",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )


def birth_name() -> forms.Field:
    return PersonNameField(
        label="Nom de naissance",
        max_length=values.NAME_LENGTH,
        required=False,
        help_text="S’il n’est pas le nom d’usage.",
    )


def birth_date() -> ThreePartDateField:
    return ThreePartDateField(
        label="Date de naissance",
        required=False,
        min_date=values.EARLIEST,
        max_date=lambda: date(timezone.localdate().year - values.YOUNGEST, 12, 31),
    )


def nir() -> forms.Field:
    """Typed in clear, kept by no browser, sealed by the form."""
    return forms.CharField(
        label="NIR (numéro de sécurité sociale)",
        required=False,
        help_text="13 chiffres, ou 15 avec la clé. Chiffré dès l’enregistrement, jamais affiché en entier.",
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off", "data-sans-garde": True}),
    )


def left_on() -> ThreePartDateField:
    return ThreePartDateField(
        label="Dernier jour de travail",
        required=False,
        help_text="Si son départ est déjà connu.",
        min_date=timezone.localdate,
        max_date=lambda: timezone.localdate() + values.LEFT_AHEAD,
    )


def affiliated_on() -> ThreePartDateField:
    return ThreePartDateField(
        label="Affilié depuis le",
        required=False,
        help_text="Premier jour de la couverture, s’il est déjà affilié.",
        min_date=values.EARLIEST_HIRE,
        max_date=lambda: timezone.localdate() + values.HIRED_AHEAD,
    )

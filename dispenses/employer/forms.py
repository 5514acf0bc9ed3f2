"""What a correspondent types of an employee or of a colleague."""

from typing import Any

from django import forms

from accounts.enums import ContractType
from accounts.fields import hire_date_field
from accounts.forms import EMAIL_ERRORS, AddressField
from portal.lib.fields import PersonNameField


class PreAffiliationForm(forms.Form):
    """An employee declared by the employer's correspondent."""

    first_name = PersonNameField(label="Prénom")
    last_name = PersonNameField(label="Nom")
    professional_email = AddressField(
        label="Adresse e-mail professionnelle",
        max_length=254,
        help_text="L’invitation part à cette adresse.",
        error_messages=EMAIL_ERRORS,
    )
    matricule = forms.RegexField(
        regex=r"^[0-9A-Za-zÀ-ÿ][0-9A-Za-zÀ-ÿ ._/\-]*$",
        label="Matricule",
        max_length=30,
        error_messages={
            "required": "Indiquez le matricule",
            "invalid": "Le matricule se compose de lettres, de chiffres, d’espaces et de . _ / -",
            "max_length": "Le matricule compte 30 caractères au plus",
        },
    )
    hired_on = hire_date_field()
    contract_type = forms.ChoiceField(
        label="Type de contrat",
        choices=ContractType.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Sélectionnez le type de contrat"},
    )

    def clean_matricule(self) -> str:
        return " ".join(self.cleaned_data["matricule"].split())


class CorrectionForm(PreAffiliationForm):
    """What was declared of an employee, to be corrected; the matricule identifies them and stays."""

    field_order = ("first_name", "last_name", "professional_email", "hired_on", "contract_type")

    def __init__(self, *args: Any, activated: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["matricule"]
        self.fields["professional_email"].help_text = (
            "Le compte garde son identifiant."
            if activated
            else "Une nouvelle adresse reçoit un nouveau lien, l’ancien meurt."
        )


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

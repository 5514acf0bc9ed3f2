from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.fields import EMAIL_ERRORS, AddressField
from dispenses.enums import Subject
from portal.lib.fields import ParagraphsField

ANY_REQUEST = ("", "Aucune en particulier")
MOST = 4000


class QuestionForm(forms.Form):
    """A question to the centre; name and address of whoever has no account, a request of whoever has some."""

    name = forms.CharField(
        label="Votre nom",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": "Indiquez votre nom",
            "max_length": "Le nom compte 200 caractères au plus",
        },
    )
    email = AddressField(
        label="Votre adresse e-mail",
        max_length=254,
        help_text="Nous répondons à cette adresse.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages=EMAIL_ERRORS | {"required": "Indiquez votre adresse e-mail"},
    )
    subject = forms.ChoiceField(
        label="Votre question porte sur",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Sélectionnez ce sur quoi porte votre question",
            "invalid_choice": "Sélectionnez ce sur quoi porte votre question",
        },
    )
    number = forms.ChoiceField(
        label="Demande concernée",
        required=False,
        error_messages={"invalid_choice": "Sélectionnez une de vos demandes"},
    )
    text = ParagraphsField(
        label="Votre question",
        max_length=MOST,
        help_text="N’écrivez rien sur votre santé. Joignez vos justificatifs à votre demande, pas ici.",
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": "Écrivez votre question",
            "max_length": f"Votre question compte {MOST} caractères au plus",
        },
    )

    def __init__(self, *args: Any, subjects: Sequence[Subject], numbers: Sequence[int], known: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = [(one.value, one.label) for one in subjects]  # type: ignore[attr-defined]
        self.fields["number"].choices = [ANY_REQUEST, *((str(n), f"N°{n}") for n in numbers)]  # type: ignore[attr-defined]
        if not numbers:
            del self.fields["number"]
        if known:
            del self.fields["name"], self.fields["email"]

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if not name.isprintable():
            raise forms.ValidationError("Le nom ne contient que des caractères visibles")
        return name

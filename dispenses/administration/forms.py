"""Forms of the motifs: what one edition says, when the next begins, when a motif ends."""

import re
import unicodedata
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet

from accounts.enums import ContractType
from dispenses.documents import limits
from dispenses.law.questions import END_QUESTIONS, QUESTIONS, TOGETHER
from dispenses.models import Motif, RequiredJustificatif


def date_field(label: str, help_text: str = "", *, required: bool = True) -> forms.DateField:
    """A day chosen with the browser's own calendar, or typed."""
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Indiquez une date", "invalid": "Cette date n’existe pas"},
    )


class MotifForm(forms.ModelForm[Motif]):
    """The wording and rules of an edition; its code and dates are set elsewhere."""

    contract_types = forms.MultipleChoiceField(
        label="Types de contrat",
        choices=ContractType.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Rien de coché\xa0: tous les contrats.",
    )
    extra_fields = forms.MultipleChoiceField(
        label="Précisions demandées",
        choices=[(question.key, question.label) for question in QUESTIONS.values()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Motif
        fields: ClassVar[list[str]] = [
            "label",
            "help_text",
            "declaration",
            "legal_basis",
            "family",
            "opening",
            "due_only",
            "contract_types",
            "extra_fields",
            "end_rule",
            "yearly",
            "position",
        ]
        help_texts: ClassVar[dict[str, str]] = {
            "declaration": "Suite de «\xa0Je déclare sur l’honneur être dans une des situations suivantes\xa0:\xa0», "
            "sans point final. Le salarié la signe mot pour mot.",
        }

    def clean_declaration(self) -> str:
        return " ".join(self.cleaned_data["declaration"].split()).rstrip(" .")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        asked = data.get("extra_fields", [])
        needed = END_QUESTIONS.get(data.get("end_rule", ""))
        if needed and needed not in asked:
            self.add_error("extra_fields", f"Cette fin se lit dans «\xa0{QUESTIONS[needed].label}\xa0»\xa0: cochez-la")
        for pair in TOGETHER:
            if len({key in asked for key in pair}) > 1:
                names = "\xa0» et «\xa0".join(QUESTIONS[key].label for key in pair)
                self.add_error("extra_fields", f"«\xa0{names}\xa0» se demandent ensemble")
        return data


class PieceForm(forms.ModelForm[RequiredJustificatif]):
    class Meta:
        model = RequiredJustificatif
        fields: ClassVar[list[str]] = ["label", "help_text", "by_law", "position"]


class PieceFormSet(BaseInlineFormSet[RequiredJustificatif, Motif, PieceForm]):
    """The documents of an edition: no more than a request may hold; each new one has a code made of its name."""

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk]
        kept = [form for form in kept if not form.cleaned_data.get("DELETE")] if self.is_valid_so_far() else []
        if len(kept) > limits.max_files():
            raise ValidationError(
                f"Une demande reçoit {limits.max_files()} fichiers au plus\xa0: un motif ne peut en exiger davantage"
            )
        taken = {form.instance.code for form in kept if form.instance.code}
        for form in kept:
            if not form.instance.code:
                form.instance.code = free_code(str(form.cleaned_data.get("label", "")), taken)
                taken.add(form.instance.code)

    def is_valid_so_far(self) -> bool:
        """Whether each form is right by itself."""
        return all(form.is_valid() for form in self.forms)


def free_code(label: str, taken: set[str]) -> str:
    """A code made of the first words of a document's name, that no other document of the edition has."""
    ascii_label = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", ascii_label)
    code = base = "_".join(words)[:40].strip("_") or "document"
    number = 2
    while code in taken:
        code, number = f"{base}_{number}", number + 1
    return code


class NewEditionForm(forms.Form):
    starts_on = date_field(
        "En vigueur à partir du", "L’édition actuelle prendra fin la veille. Les demandes déjà envoyées la gardent."
    )


class CloseMotifForm(forms.Form):
    last_day = date_field(
        "Dernier jour",
        "Après ce jour, plus personne ne peut invoquer ce motif. Laissez vide pour qu’il n’ait pas de fin.",
        required=False,
    )

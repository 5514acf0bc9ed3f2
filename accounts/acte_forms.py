"""Employers and the versions of their actes, as an administrator writes them."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from stdnum.exceptions import ValidationError as WrongNumber
from stdnum.fr import siret

from accounts.models import Acte, Employer


def _calendar() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class EmployerForm(forms.ModelForm[Employer]):
    """The SIRET may be typed with blanks; its key is checked (Luhn; multiples of 5 for La Poste)."""

    siret = forms.CharField(
        label="SIRET",
        max_length=30,
        help_text="14 chiffres, espaces permis.",
        widget=forms.TextInput(attrs={"size": 20}),
    )

    enrolment_url = forms.URLField(
        label="Adresse d’adhésion",
        required=False,
        assume_scheme="https",
        help_text="Page où le salarié souscrit le contrat de l’entreprise (bouton «\xa0Commencer\xa0»).",
        widget=forms.URLInput(attrs={"size": 60}),
    )

    class Meta:
        model = Employer
        fields: ClassVar[list[str]] = ["name", "siret", "enrolment_url", "insured_until"]
        widgets: ClassVar[dict[str, forms.Widget]] = {"insured_until": _calendar()}

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_siret(self) -> str:
        try:
            return str(siret.validate(self.cleaned_data["siret"]))
        except WrongNumber as error:
            raise ValidationError(
                "Ce SIRET n’existe pas\xa0: recopiez les 14 chiffres de l’avis de situation de l’établissement"
            ) from error


class ActeForm(forms.ModelForm[Acte]):
    """One version of an acte, without what it says of motifs nor its text: the app above knows them."""

    class Meta:
        model = Acte
        fields: ClassVar[list[str]] = [
            "kind",
            "in_force_from",
            "in_force_until",
            "first_set_up_on",
            "set_up_kind",
            "employee_share_from",
            "employer_keeps_justificatifs",
            "withholds_c2s",
        ]
        widgets: ClassVar[dict[str, forms.Widget]] = {
            name: _calendar() for name in ("in_force_from", "in_force_until", "first_set_up_on", "employee_share_from")
        }
        help_texts: ClassVar[dict[str, str]] = {
            "in_force_until": "Vide\xa0: jusqu’à la version suivante, qui la ferme la veille de son début.",
            "first_set_up_on": "Jour où la couverture a été mise en place pour la première fois, le même pour toutes "
            "les versions. Vide\xa0: celui des autres versions ou, s’il n’y en a pas, le début de la plus ancienne.",
            "set_up_kind": "Nature de cette première mise en place, la même pour toutes les versions. Vide\xa0: celle "
            "des autres versions ou, s’il n’y en a pas, la nature de la plus ancienne.",
        }

    def validate_constraints(self) -> None:
        """Those of one version; versions are judged together by the formset, before any is stored."""
        try:
            self.instance.validate_constraints(exclude={*self._get_validation_exclusions(), "employer"})  # type: ignore[attr-defined]
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]


class ActeFormSet(BaseInlineFormSet[Acte, Employer, ActeForm]):
    """The versions of one employer follow each other: a version without an end stops the day before the next.

    They tell one first set-up: a version that leaves it empty takes that of the others.
    """

    def clean(self) -> None:
        """Raises ValidationError when two versions overlap, or do not tell the same first set-up."""
        super().clean()
        if any(form.errors for form in self.forms):
            return
        versions = [form for form in self.forms if form.cleaned_data.get("in_force_from")]
        versions.sort(key=lambda form: _start(form))
        for earlier, later in pairwise(versions):
            self._follow(earlier, later)
        if versions:
            self._agree(versions)

    @staticmethod
    def _agree(versions: "list[ActeForm]") -> None:
        """Give each version, the earliest first, the first set-up that those which tell it agree on."""
        earliest = versions[0]
        since = _only(versions, "first_set_up_on", "{:%d/%m/%Y}", "le jour") or _start(earliest)
        kind = _only(versions, "set_up_kind", "{}", "la nature") or earliest.cleaned_data["kind"]
        if since > _start(earliest):
            raise ValidationError(
                f"La première mise en place ({since:%d/%m/%Y}) ne peut pas suivre le début de la version la plus "
                f"ancienne, le {_start(earliest):%d/%m/%Y}\xa0: corrigez l’un des deux jours"
            )
        for form in versions:
            form.instance.first_set_up_on, form.instance.set_up_kind = since, kind
            share = form.cleaned_data["employee_share_from"]
            if share and share < since:
                form.add_error(
                    "employee_share_from",
                    f"Les salariés ne peuvent pas payer une part avant la première mise en place, le "
                    f"{since:%d/%m/%Y}\xa0: corrigez l’un des deux jours",
                )

    @staticmethod
    def _follow(earlier: ActeForm, later: ActeForm) -> None:
        start, end = _start(later), earlier.cleaned_data["in_force_until"]
        if _start(earlier) == start:
            raise ValidationError(f"Deux versions de l’acte commencent le {start:%d/%m/%Y}")
        if end is None:
            earlier.instance.in_force_until = start - timedelta(days=1)
        elif end >= start:
            raise ValidationError(
                f"La version du {_start(earlier):%d/%m/%Y} court jusqu’au {end:%d/%m/%Y}\xa0: elle chevauche celle du "
                f"{start:%d/%m/%Y}. Avancez sa fin ou videz-la"
            )

    def save(self, commit: bool = True) -> Any:
        """Versions that end first: at no instant are two of them without an end."""
        if commit:
            for form in self.initial_forms:
                if form.instance.in_force_until is not None:
                    form.instance.save(update_fields=["in_force_until"])
        return super().save(commit)

    def validate_unique(self) -> None:
        """Nothing here: `clean` judges the versions together, before any of them is stored."""


def _only(versions: list[ActeForm], name: str, shown: str, what: str) -> Any:
    """The value that every version which gives one gives, None when none does. Raises ValidationError for several."""
    field = versions[0].fields[name]
    labels = dict(getattr(field, "choices", ()))
    values = list(dict.fromkeys(form.cleaned_data[name] for form in versions if form.cleaned_data[name]))
    if len(values) > 1:
        told = ", ".join(shown.format(labels.get(value, value)) for value in values)
        raise ValidationError(
            f"Les versions de l’acte ne disent pas toutes {what} de la première mise en place ({told}), qui n’a eu "
            "lieu qu’une fois. Écrivez la bonne réponse dans une version, et videz ou corrigez celle des autres"
        )
    return values[0] if values else None


def _start(form: ActeForm) -> date:
    day: date = form.cleaned_data["in_force_from"]
    return day

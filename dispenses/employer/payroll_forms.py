"""Forms of the pages « Fichiers pour la paie »."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from dispenses.enums import PayrollDates, PayrollEncoding, PayrollForm, PayrollSeparator
from dispenses.exports.payroll.columns import COLUMNS, PayrollColumn
from dispenses.models import PayrollProfile
from dispenses.models.payroll import CODE_LENGTH, NAME_LENGTH
from portal.lib.dates import add_years
from portal.lib.fields import ThreePartDateField
from portal.lib.spreadsheets import safe

HEADING_LENGTH = 60
HIGHEST = 99
AROUND = 6  # years before and after today


def _harmless(subject: str) -> Callable[[str], None]:
    """A validator that refuses what would leave with an apostrophe before it, as a formula does."""

    def check(text: str) -> None:
        if safe(text) != text:
            why = "un tableur y lirait une formule"
            raise ValidationError(f"{subject} doit commencer par une lettre ou un chiffre\xa0: {why}")

    return check


def _text(subject: str, label: str, length: int, **options: Any) -> forms.CharField:
    """A short text that leaves as it is typed; its messages begin with `subject`."""
    return forms.CharField(
        label=label,
        max_length=length,
        validators=[_harmless(subject)],
        error_messages={"max_length": f"{subject} compte {length}\xa0caractères au plus"},
        **options,
    )


def _rank(column: PayrollColumn, rank: int | None) -> forms.IntegerField:
    name = f"ang de «\xa0{column.heading}\xa0»"
    wrong = f"Le r{name} s’écrit en chiffres, de 1 à {HIGHEST}"
    attrs = {"class": "ea-input ea-w2", "inputmode": "numeric", "autocomplete": "off", "aria-label": f"R{name}"}
    return forms.IntegerField(
        label=f"R{name}",
        min_value=0,
        max_value=HIGHEST,
        required=False,
        initial=rank,
        widget=forms.TextInput(attrs=attrs),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), wrong),
    )


def _heading(column: PayrollColumn, heading: str) -> forms.CharField:
    name = f"n-tête de «\xa0{column.heading}\xa0»"
    widget = forms.TextInput(attrs={"class": "ea-input", "aria-label": f"E{name}"})
    return _text(f"L’e{name}", f"E{name}", HEADING_LENGTH, required=False, initial=heading, widget=widget)


class ProfileForm(forms.Form):
    """A profile of file: its name, its columns by rank, its codes, its format."""

    name = _text("Le nom du profil", "Nom du profil", NAME_LENGTH)
    yes_code = _text("Le code de «\xa0oui\xa0»", "Code de «\xa0oui\xa0»", CODE_LENGTH)
    no_code = _text(
        "Le code de «\xa0non\xa0»",
        "Code de «\xa0non\xa0»",
        CODE_LENGTH,
        required=False,
        help_text="Vide\xa0: rien n’est écrit.",
    )
    dates = forms.ChoiceField(
        label="Écriture des dates", choices=PayrollDates.choices, help_text="Exemple du 31\xa0décembre\xa02027."
    )
    form = forms.ChoiceField(label="Format du fichier", choices=PayrollForm.choices)
    separator = forms.ChoiceField(
        label="Séparateur", choices=PayrollSeparator.choices, help_text="Pour un fichier texte."
    )
    encoding = forms.ChoiceField(
        label="Encodage",
        choices=PayrollEncoding.choices,
        help_text="Pour un fichier texte. Une lettre que l’encodage ne connaît pas devient «\xa0?\xa0».",
    )
    with_headings = forms.BooleanField(label="Une première ligne porte les en-têtes", required=False)
    with_gone = forms.BooleanField(label="Inclure les salariés partis", required=False)

    def __init__(self, data: QueryDict | None = None, *, profile: PayrollProfile) -> None:
        ranks = {key: (rank, heading) for rank, (key, heading) in enumerate(profile.columns, start=1)}
        initial: dict[str, Any] = {name: getattr(profile, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        for column in COLUMNS:
            rank, heading = ranks.get(column.key, (None, column.heading))
            self.fields[f"rang_{column.key}"] = _rank(column, rank)
            self.fields[f"titre_{column.key}"] = _heading(column, heading)

    def column_fields(self) -> Iterator[tuple[PayrollColumn, forms.BoundField, forms.BoundField]]:
        """Each column with its two fields, those of the file first, in its order."""
        ranks = {column.key: self.fields[f"rang_{column.key}"].initial or HIGHEST + 1 for column in COLUMNS}
        for column in sorted(COLUMNS, key=lambda one: ranks[one.key]):
            yield column, self[f"rang_{column.key}"], self[f"titre_{column.key}"]

    def format_fields(self) -> list[forms.BoundField]:
        """What says how values and the file are written, in the order of the page."""
        return [self[name] for name in ("yes_code", "no_code", "dates", "form", "separator", "encoding")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("yes_code") and data["yes_code"] == data.get("no_code"):
            self.add_error("no_code", "Donnez à «\xa0non\xa0» un autre code qu’à «\xa0oui\xa0»")
        if not self.errors and not self._columns(data):
            self.add_error(f"rang_{COLUMNS[0].key}", "Donnez un rang à une colonne au moins")
        return data

    def values(self) -> dict[str, Any]:
        """The fields of the profile, but for its name."""
        kept = {name: self.cleaned_data[name] for name in self.base_fields if name != "name"}
        return {"columns": self._columns(self.cleaned_data), **kept}

    def _columns(self, data: dict[str, Any]) -> list[list[str]]:
        """Those that have a rank, in its order, the order of the form between equals."""
        ranked = [(column, data.get(f"rang_{column.key}")) for column in COLUMNS]
        chosen = sorted(((rank, column) for column, rank in ranked if rank), key=lambda pair: pair[0])
        return [[column.key, data.get(f"titre_{column.key}") or column.heading] for _, column in chosen]


class DayForm(forms.Form):
    """The day of a file of everybody, some years around today."""

    jour = ThreePartDateField(
        label="Situation au",
        min_date=lambda: add_years(timezone.localdate(), -AROUND),
        max_date=lambda: add_years(timezone.localdate(), AROUND),
    )

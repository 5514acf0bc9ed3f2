"""The period of a pack, and what the employer pays: what the estimate is made from."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from dispenses.law.numbers import CHECKED_YEARS
from portal.lib.dates import add_years
from portal.lib.fields import ThreePartDateField
from portal.lib.typography import NBSP

MAX_YEARS = 10
MAX_CONTRIBUTION = Decimal(10_000)


def default_period(today: date) -> tuple[date, date]:
    """What a control reaches: the three civil years before this one, and this one so far."""
    return date(today.year - CHECKED_YEARS, 1, 1), today


class PeriodForm(forms.Form):
    """Fields in the address of the page, and in the asking of a pack."""

    du = ThreePartDateField(label="Du", min_date=date(2010, 1, 1), max_date=timezone.localdate)
    au = ThreePartDateField(label="Au", min_date=date(2010, 1, 1), max_date=timezone.localdate)
    cotisation = forms.CharField(
        label="Cotisation patronale par salarié et par mois, en euros",
        required=False,
        max_length=12,
        help_text="Par exemple, 38,50. Elle ne sert qu’à l’estimation.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "ea-w10"}),
    )

    def clean_cotisation(self) -> Decimal | None:
        text = re.sub(r"[\s€]", "", self.cleaned_data["cotisation"]).replace(",", ".")
        if not text:
            return None
        if not re.fullmatch(r"\d{1,5}(\.\d{1,2})?", text, re.ASCII):
            raise ValidationError(f"Écrivez un montant en euros, par exemple 38,50{NBSP}€")
        amount = Decimal(text)
        if not 0 < amount <= MAX_CONTRIBUTION:
            raise ValidationError(f"Le montant doit être compris entre 0,01 et 10{NBSP}000{NBSP}€ par mois")
        return amount

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("du"), data.get("au")
        if first and last and last < first:
            self.add_error("au", "La fin de la période précède son début")
        elif first and last and last >= add_years(first, MAX_YEARS):
            self.add_error("au", f"La période ne peut pas dépasser {MAX_YEARS}{NBSP}ans")
        return data

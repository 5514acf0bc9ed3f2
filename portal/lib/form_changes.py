"""What a form changes, in words: « Nom : Dupont → Durand »."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils import timezone

LONGEST = 200  # characters of one value
NOTHING = "—"


def described(changed: Iterable[forms.BaseForm]) -> list[str]:
    """One line for each field that differs from what the form was opened with; a password is named, never written."""
    return [_line(form, name) for form in changed for name in form.changed_data if name in form.fields]


def _line(form: forms.BaseForm, name: str) -> str:
    field = form.fields[name]
    label = str(form[name].label or name)
    if isinstance(field.widget, forms.PasswordInput):
        return f"{label}\xa0: modifié"
    before = _shown(field, form.get_initial_for_field(field, name))
    return f"{label}\xa0: {before} → {_shown(field, form.cleaned_data.get(name))}"


def _shown(field: forms.Field, value: Any) -> str:
    if value in (None, "") or (isinstance(value, list | tuple | set) and not value):
        return NOTHING
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list | tuple | set | QuerySet):
        return ", ".join(sorted(_shown(field, item) for item in value))[:LONGEST] or NOTHING
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%d/%m/%Y %H:%M}" if timezone.is_aware(value) else f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(field, forms.ModelChoiceField) and not isinstance(value, Model):
        value = field.queryset.filter(pk=value).first() or value if field.queryset is not None else value
    elif isinstance(field, forms.ChoiceField | forms.MultipleChoiceField):
        value = _labels(field).get(str(value), value)
    return re.sub(r"[ \t\r\n]+", " ", str(value)).strip(" ")[:LONGEST]


def _labels(field: Any) -> dict[str, str]:
    """The words of each choice, those in groups too."""
    flat: dict[str, str] = {}
    for key, words in field.choices:
        pairs = words if isinstance(words, list | tuple) else ((key, words),)
        flat |= {str(value): str(label) for value, label in pairs}
    return flat

"""An address, as every form asks for it."""

from typing import Any

from django import forms

from accounts.models import normalize_email

EMAIL_ERRORS = {
    "required": "Indiquez une adresse e-mail",
    "invalid": "L’adresse e-mail est incomplète, par exemple nom@exemple.fr",
}


class AddressField(forms.EmailField):
    """An address in lower case before it is measured: some letters grow when they shrink."""

    def to_python(self, value: Any) -> str:
        return normalize_email(super().to_python(value) or "")

"""Forms of the page « API et webhooks »."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.enums import ApiScope
from notifications.webhooks.addresses import MAX_URL, AddressRefused
from notifications.webhooks.endpoints import check_url
from portal.lib.fields import PersonNameField, ThreePartDateField

LONGEST = timedelta(days=365)


class TokenForm(forms.Form):
    """A token: its name, its rights, its last day."""

    name = PersonNameField(
        label="Nom du jeton",
        max_length=60,
        help_text="Pour le reconnaître, par exemple le nom du logiciel.",
    )
    read = forms.BooleanField(label=f"{ApiScope.READ.label} (employees:read)", required=False, initial=True)
    write = forms.BooleanField(label=f"{ApiScope.WRITE.label} (employees:write)", required=False)
    last_day = ThreePartDateField(
        label="Date de fin",
        help_text="Dernier jour où le jeton fonctionne, dans un an au plus.",
        min_date=timezone.localdate,
        max_date=lambda: timezone.localdate() + LONGEST,
    )

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if not data.get("read") and not data.get("write"):
            self.add_error("read", "Choisissez au moins un droit")
        return data

    def scopes(self) -> list[str]:
        """The rights chosen."""
        chosen = {ApiScope.READ: self.cleaned_data["read"], ApiScope.WRITE: self.cleaned_data["write"]}
        return [scope.value for scope, wanted in chosen.items() if wanted]


class WebhookForm(forms.Form):
    """The address that receives events."""

    url = forms.CharField(
        label="Adresse",
        max_length=MAX_URL,
        help_text="Par exemple, https://sirh.exemple.fr/webhooks. Elle doit être joignable sur Internet.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Indiquez l’adresse",
            "max_length": f"L’adresse compte {MAX_URL}\xa0caractères au plus",
        },
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            check_url(url)
        except AddressRefused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return url

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts import services
from accounts.devices import known_device
from accounts.exceptions import WaitBeforeTrying
from accounts.fields import EMAIL_ERRORS, AddressField
from accounts.models import Employee, User
from portal.lib.client import client_network
from portal.lib.fields import PersonNameField


class SignInForm(AuthenticationForm):
    """Identifier and password; one message whatever is wrong. `wait` says that nothing was looked at."""

    wait: WaitBeforeTrying | None = None
    device = ""  # the one that the owner of the account signed in on before

    username = AddressField(
        label="Adresse e-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages=EMAIL_ERRORS | {"required": "Indiquez votre adresse e-mail"},
    )
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Indiquez votre mot de passe"},
    )
    error_messages = {  # Django's own attribute
        "invalid_login": "Identifiant ou mot de passe incorrect",
        "inactive": "Identifiant ou mot de passe incorrect",
    }

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not email or not password:
            return self.cleaned_data
        request = self.request or HttpRequest()
        self.device = known_device(request, email=email)
        counts = services.counts_of_sign_in(email=email, address=client_network(request), device=self.device)
        try:
            right = services.counted(counts=counts, check=lambda: self._is_right(email, password))
        except WaitBeforeTrying as wait:
            self.wait = wait
            raise ValidationError(str(wait)) from wait
        if not right:
            raise self.get_invalid_login_error()
        return self.cleaned_data

    def _is_right(self, email: str, password: str) -> bool:
        self.user_cache = authenticate(self.request, username=email, password=password)
        return self.user_cache is not None


class PersonalAddressForm(forms.Form):
    """Step 1 of the activation. The personal address is required after « oui », not read after « non »."""

    use_required_attribute = False

    has_personal_email = forms.ChoiceField(
        label="Je dispose d’une adresse e-mail personnelle",
        choices=[("oui", "Oui"), ("non", "Non")],
        widget=forms.RadioSelect,
        error_messages={"required": "Indiquez si vous disposez d’une adresse e-mail personnelle"},
    )
    personal_email = AddressField(
        label="Adresse e-mail personnelle",
        max_length=254,
        help_text=(
            "Il est important de mentionner un e-mail personnel pour conserver la relation avec votre mutuelle tout au "
            "long de votre vie."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages=EMAIL_ERRORS | {"required": "Indiquez votre adresse e-mail personnelle"},
    )
    personal_email_again = AddressField(
        label="Confirmez l’adresse e-mail personnelle",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages=EMAIL_ERRORS | {"required": "Saisissez l’adresse une seconde fois"},
    )
    marketing_consent = forms.BooleanField(
        label="J’accepte d’être contacté par courrier électronique à des fins commerciales, d’information ou "
        "d’enquête. À l’occasion de chaque envoi, j’aurai la possibilité de mettre fin à ces communications "
        "(facultatif).",
        required=False,
    )

    @property
    def reads_address(self) -> bool:
        """Whether the person says to have one."""
        return bool(self.data.get("has_personal_email") == "oui")

    def full_clean(self) -> None:
        addresses = [self.fields[name] for name in ("personal_email", "personal_email_again")]
        read = self.reads_address
        for field in addresses:
            field.required, field.disabled = read, not read
        super().full_clean()
        for field in addresses:
            field.required, field.disabled = True, False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.reads_address:
            return {**data, "personal_email": "", "personal_email_again": ""}
        first, second = data.get("personal_email"), data.get("personal_email_again")
        if first and second and first != second:
            self.add_error("personal_email_again", "Les deux adresses ne sont pas identiques")
        return data


class OwnAddressForm(PersonalAddressForm):
    """The same for somebody invited by a letter, which proves no mailbox: an address is given, always."""

    has_personal_email = None  # type: ignore[assignment]  # Django's way to take a field away
    reads_address = True  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["personal_email"].label = "Votre adresse e-mail"
        self.fields["personal_email_again"].label = "Confirmez votre adresse e-mail"


class LetterForm(forms.Form):
    """The code of a letter."""

    code = forms.CharField(
        label="Code de votre lettre",
        max_length=60,
        help_text="16 lettres et chiffres, par exemple ACDE-FGHJ-KMNP-QRTU. Majuscules et tirets sont sans importance.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={
            "required": "Saisissez le code qui figure sur votre lettre",
            "max_length": "Le code de la lettre compte 16 lettres et chiffres",
        },
    )


class _PersonForm(forms.Form):
    """A form about a person."""

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person


class _PasswordFieldForm(_PersonForm):
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        max_length=4096,
        help_text=(
            "12 caractères ou plus. Une phrase convient très bien. Évitez les mots de passe courants, votre nom et "
            "celui de votre entreprise."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Choisissez un mot de passe"},
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.person)
        return password

    def keep_password(self) -> None:
        """Give back a password that is right, when something else is wrong: nobody types it twice for a code."""
        self.fields["password"].widget.render_value = "password" not in self.errors


class ActivationForm(_PasswordFieldForm):
    """Step 2 of the activation: a password and, when a personal address was given, the code it received."""

    code = forms.CharField(
        label="Code de confirmation à 6 chiffres",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "Indiquez le code reçu par e-mail"},
    )

    field_order = ("code", "password")

    def __init__(self, *args: Any, with_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_code:
            del self.fields["code"]

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


class AttachingForm(forms.Form):
    """The code that the professional address received, when the account bears other names."""

    code = forms.CharField(
        label="Code de confirmation à 6 chiffres",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "Indiquez le code reçu à l’adresse professionnelle"},
    )

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


class JoiningForm(_PasswordFieldForm):
    """The account of a colleague who accepts to become a correspondent: names first as the inviter typed them."""

    first_name = PersonNameField(label="Prénom")
    last_name = PersonNameField(label="Nom")

    field_order = ("first_name", "last_name", "password")


class NewPasswordForm(_PasswordFieldForm):
    """A new password after « mot de passe oublié »."""


class PasswordAgainForm(_PersonForm):
    """The present password once more, before something that matters. `wait` says that it was not looked at."""

    wait: WaitBeforeTrying | None = None
    current = forms.CharField(
        label="Mot de passe actuel",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Indiquez votre mot de passe actuel"},
    )

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        try:
            right = services.check_current_password(user=self.person, password=current)
        except WaitBeforeTrying as wait:
            self.wait = wait
            raise ValidationError(f"{wait}, ou choisissez-en un autre par « Mot de passe oublié »") from wait
        if not right:
            raise ValidationError("Le mot de passe actuel est incorrect")
        return current


class ChangePasswordForm(PasswordAgainForm, _PasswordFieldForm):
    """A new password from « Mes informations », with the present one."""

    field_order = ("current", "password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "Nouveau mot de passe"


class NewAddressForm(PasswordAgainForm):
    """Another address for one's own account, against the password."""

    email = AddressField(
        label="Nouvelle adresse e-mail",
        max_length=254,
        help_text="Une adresse personnelle vous suit si vous changez d’employeur.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages=EMAIL_ERRORS | {"required": "Indiquez votre nouvelle adresse e-mail"},
    )

    field_order = ("email", "current")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email == self.person.email:
            raise ValidationError("C’est déjà l’adresse de votre compte")
        return email


class CodeForm(forms.Form):
    """The code that the application shows."""

    code = forms.CharField(
        label="Code à 6 chiffres",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={
            "required": "Indiquez le code que l’application affiche",
            "max_length": "Le code compte 6 chiffres",
        },
    )


class AddressCodeForm(CodeForm):
    """The code that the person's mailbox received."""

    code = forms.CharField(
        label="Code reçu par e-mail",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "Indiquez le code reçu par e-mail", "max_length": "Le code compte 6 chiffres"},
    )


class SetSecondFactorForm(CodeForm, PasswordAgainForm):
    """A first code of a new application; with the password when another application is replaced."""

    field_order = ("code", "current")

    def __init__(self, *args: Any, changing: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not changing:
            del self.fields["current"]


class NewPasskeyForm(PasswordAgainForm):
    """The name by which its owner knows a new passkey, and the present password."""

    name = forms.CharField(
        label="Nom de la clé",
        max_length=60,
        help_text="Pour la reconnaître, par exemple «\xa0Clé du bureau\xa0» ou «\xa0Mon téléphone\xa0».",
        error_messages={
            "required": "Donnez un nom à cette clé",
            "max_length": "Le nom de la clé compte 60 caractères au plus",
        },
    )

    field_order = ("name", "current")


class RecoveryCodeForm(forms.Form):
    """One of the codes kept on paper."""

    code = forms.CharField(
        label="Code de secours",
        max_length=40,
        help_text="Douze lettres et chiffres, par exemple abcd-efgh-jkmn.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={
            "required": "Indiquez un de vos codes de secours",
            "max_length": "Un code de secours compte 12 lettres et chiffres",
        },
    )


class ForgottenPasswordForm(forms.Form):
    email = AddressField(
        label="Adresse e-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages=EMAIL_ERRORS,
    )


def person_of(employee: Employee, email: str) -> User:
    """An unsaved account that carries what a password must not resemble."""
    person = User(email=email, first_name=employee.first_name, last_name=employee.last_name)
    person.professional_email = employee.professional_email  # type: ignore[attr-defined]
    person.employer_name = employee.employer.name  # type: ignore[attr-defined]
    return person

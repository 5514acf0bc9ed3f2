"""Accounts, and what is asked about them."""

import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar

import idna
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from portal.lib import searching
from portal.lib.names import refuse_address


def normalize_email(value: str) -> str:
    """Address as it is stored and compared: stripped, lower case, its domain as browsers send it (« xn--… »).

    An account is one address however it is written: Chrome turns a domain with accents into punycode (UTS #46).
    """
    address = value.strip().lower()
    if address.isascii():
        return address
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError:  # no domain: whoever checks addresses says so
        return address


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normalize_email(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """New account; without a password the account cannot sign in until one is chosen."""
        user = self.model(email=normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Account holder (adhérent, correspondant or staff). The identifier is the e-mail address."""

    email = models.EmailField("adresse e-mail", unique=True, max_length=254)
    first_name = models.CharField("prénom", max_length=100, blank=True, validators=[refuse_address])
    last_name = models.CharField("nom", max_length=100, validators=[refuse_address])
    is_active = models.BooleanField("actif", default=True)
    is_staff = models.BooleanField("membre du centre de gestion", default=False)
    marketing_consent_at = models.DateTimeField("consentement aux e-mails commerciaux le", null=True, blank=True)
    created_at = models.DateTimeField("créé le", default=timezone.now, editable=False)
    second_factor_at = models.DateTimeField("second facteur posé le", null=True, blank=True, editable=False)
    closed_at = models.DateTimeField("fermé le", null=True, blank=True, editable=False)  # kept when it reopens
    sort_name = models.CharField(max_length=searching.KEY_LENGTH, blank=True, default="", editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    objects = UserManager()

    class Meta:
        verbose_name = "compte"
        verbose_name_plural = "comptes"

    def __str__(self) -> str:
        return self.full_name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must match. A change of the password or of the second factor, a closing: it ends for good."""
        if self.second_factor_at is None and self.closed_at is None:
            return str(super()._get_session_auth_hash(secret))  # type: ignore[misc]
        factor = self.second_factor_at.isoformat() if self.second_factor_at else ""
        value = f"{self.password}:{factor}{self.closing}"
        return salted_hmac("accounts.User.second_factor", value, secret=secret, algorithm="sha256").hexdigest()

    def set_password(self, raw_password: str | None) -> None:
        """Keep it with its accents composed (NFC), whatever keyboard typed them.

        It takes as long as `check_password`: Django's sign-in sets a password in vain for an address without account.
        """
        composed = raw_password and unicodedata.normalize("NFC", raw_password)
        if composed != raw_password:
            make_password(raw_password)
        super().set_password(composed)

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is the password, its accents composed or not; those set before were kept as they were typed."""
        if raw_password is None:
            return False
        written = dict.fromkeys((unicodedata.normalize("NFC", raw_password), raw_password))
        return any(super(User, self).check_password(one) for one in written)

    @property
    def closing(self) -> str:
        """What every stamp of the account holds besides its password: another value once it was closed."""
        return f":{self.closed_at.isoformat()}" if self.closed_at else ""

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Keep up what sorts the name. One that is saved closed notes when: what it had opened before stays shut."""
        self.sort_name = searching.sort_key(self.last_name, self.first_name)
        if update_fields is not None:
            update_fields = {*update_fields, "sort_name"}
        if not self.is_active and (update_fields is None or "is_active" in update_fields):
            self.closed_at = timezone.now()
            update_fields = None if update_fields is None else {*update_fields, "closed_at"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def clean(self) -> None:
        self.email = normalize_email(self.email)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class PasswordResetRequest(models.Model):
    """An address typed on « mot de passe oublié »; answered by a task, so that every address takes the same time."""

    email = models.EmailField(max_length=254)
    requested_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "demande de mot de passe"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["email", "requested_at"], name="password_reset_by_email"),
            models.Index(
                fields=["requested_at"], name="password_reset_unanswered", condition=Q(answered_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} – {self.requested_at:%d/%m/%Y %H:%M}"


class FormerAddress(models.Model):
    """An address that an account has had, which may take it back for some days; of its link the SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="former_addresses")
    address = models.EmailField("adresse", max_length=254)
    token_hash = models.CharField(max_length=64, unique=True)
    replaced_at = models.DateTimeField("remplacée le", default=timezone.now)
    expires_at = models.DateTimeField("reprise possible jusqu’au", db_index=True)

    class Meta:
        verbose_name = "adresse remplacée"
        verbose_name_plural = "adresses remplacées"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.address}, remplacée le {timezone.localtime(self.replaced_at):%d/%m/%Y}"

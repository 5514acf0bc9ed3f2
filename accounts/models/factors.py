"""The second factor of a sign-in: an authenticator application, passkeys, the recovery codes kept on paper."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts import tokens
from portal.lib.sealing import SealedField

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)


class Authenticator(models.Model):
    """The application of one person (TOTP, RFC 6238), stored once a code of it was checked. Its secret is encrypted.

    `last_step`: the 30-second step of the last code accepted, so that no code serves twice. Wrong codes, recovery codes
    included, are counted here: after 5 the person waits, longer and longer, a quarter of an hour at most.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="authenticator")
    sealed_secret = SealedField("secret chiffré", purpose=tokens.SECOND_FACTOR)
    created_at = models.DateTimeField("posé le", default=timezone.now)
    last_step = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField("codes faux de suite", default=0)
    failed_at = models.DateTimeField("dernier code faux", null=True, blank=True)

    class Meta:
        verbose_name = "second facteur"
        verbose_name_plural = "seconds facteurs"

    def __str__(self) -> str:
        return f"Second facteur de {self.user}"

    @property
    def closed_until(self) -> datetime | None:
        """Until when no code is looked at, after too many wrong ones."""
        if self.failures < FREE_TRIES or self.failed_at is None:
            return None
        doubled: int = 2 ** min(self.failures - FREE_TRIES, 10)
        return self.failed_at + min(FIRST_WAIT * doubled, LONGEST_WAIT)


class AddressCode(models.Model):
    """The code that proves whose mailbox it is: that of the account before its first factor is set, or that of its next
    address. Only its hash is kept."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="address_code")
    code_hash = models.CharField(max_length=64, blank=True)
    code_sent_at = models.DateTimeField("envoyé le", null=True, blank=True)
    codes_sent = models.PositiveSmallIntegerField("envois comptés", default=0)
    code_attempts = models.PositiveSmallIntegerField("essais", default=0)

    class Meta:
        verbose_name = "code d’adresse"
        verbose_name_plural = "codes d’adresse"
        default_permissions = ()

    def __str__(self) -> str:
        return f"Code d’adresse de {self.user}"


class RecoveryCode(models.Model):
    """A code that replaces the application once. Only its hash is kept, sealed.

    `code_hash`: a hash under the secret key, of those handed out before they were sealed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    sealed_code = SealedField(purpose=tokens.RECOVERY, blank=True, default="", db_default="", editable=False)
    used_at = models.DateTimeField("utilisé le", null=True, blank=True)

    class Meta:
        verbose_name = "code de secours"
        verbose_name_plural = "codes de secours"

    def __str__(self) -> str:
        return f"Code de secours de {self.user}"


class Passkey(models.Model):
    """A key of WebAuthn that stands in for the application's code: a security key, a telephone, a computer.

    Only what checks its signatures is kept. `sign_count`: how often it says that it signed, 0 for those that do not.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField("nom", max_length=60)
    credential_id = models.CharField(max_length=1400, unique=True)  # base64url of at most 1,023 bytes
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField("ajoutée le", default=timezone.now)
    used_at = models.DateTimeField("utilisée le", null=True, blank=True)

    class Meta:
        verbose_name = "clé d’accès"
        verbose_name_plural = "clés d’accès"
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"Clé d’accès de {self.user}\xa0: {self.name}"


class PasskeyChallenge(models.Model):
    """What a key has to sign: offered to one session for one purpose, deleted by the first answer. Only its hash."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkey_challenges")
    challenge_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField("périmé le", db_index=True)

    class Meta:
        verbose_name = "défi de clé d’accès"
        verbose_name_plural = "défis de clés d’accès"

    def __str__(self) -> str:
        return f"Défi pour {self.user}"

"""The second factor of a sign-in: an authenticator application and the recovery codes kept on paper."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)


class Authenticator(models.Model):
    """The application of one person (TOTP, RFC 6238), stored once a code of it was checked. Its secret is encrypted.

    `last_step`: the 30-second step of the last code accepted, so that no code serves twice. Wrong codes, recovery codes
    included, are counted here: after 5 the person waits, longer and longer, a quarter of an hour at most.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="authenticator")
    sealed_secret = models.TextField("secret chiffré")
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


class RecoveryCode(models.Model):
    """A code that replaces the application once. Only its hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField("utilisé le", null=True, blank=True)

    class Meta:
        verbose_name = "code de secours"
        verbose_name_plural = "codes de secours"

    def __str__(self) -> str:
        return f"Code de secours de {self.user}"

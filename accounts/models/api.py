"""Access of an employer's own software: tokens, and the answers already given to its requests."""

from datetime import date, datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.enums import TokenState
from accounts.models.employers import Employer
from accounts.models.users import User

TOKEN_LIFETIME = timedelta(days=366)


class ApiToken(models.Model):
    """A secret that opens the API to one employer's software, until a date. Only its hash is kept.

    It is the employer's, and `holder` answers for it: it stops with their right to act for the employer.
    """

    employer = models.ForeignKey(
        Employer, on_delete=models.CASCADE, related_name="api_tokens", verbose_name="employeur"
    )
    name = models.CharField("nom", max_length=60)
    prefix = models.CharField("début du jeton", max_length=20)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField("droits", default=list)
    created_at = models.DateTimeField("créé le", default=timezone.now)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="créé par"
    )
    holder = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="tenu par")
    expires_at = models.DateTimeField("expire le")
    stopped_at = models.DateTimeField("arrêté le", null=True, blank=True)
    revoked_at = models.DateTimeField("révoqué le", null=True, blank=True)
    last_used_at = models.DateTimeField("dernière utilisation", null=True, blank=True)
    window_at = models.DateTimeField(null=True, blank=True, editable=False)
    window_calls = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "jeton d’API"
        verbose_name_plural = "jetons d’API"
        ordering: ClassVar[list[str]] = ["-id"]
        permissions = [("revoke_apitoken", "Peut révoquer un jeton d’API")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"), expires_at__lte=F("created_at") + TOKEN_LIFETIME),
                name="api_token_lives_a_year",
                violation_error_message="Un jeton vaut un an au plus.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def last_day(self) -> date:
        """Last day on which it works, in Europe/Paris."""
        return timezone.localdate(self.expires_at - timedelta(microseconds=1))

    @property
    def holder_name(self) -> str:
        return self.holder.full_name if self.holder else "un compte supprimé"

    def state(self, now: datetime) -> TokenState:
        """What it is worth at `now`, as far as its row tells: its holder's right is not looked at."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        if now >= self.expires_at:
            return TokenState.EXPIRED
        return TokenState.LIVE if self.stopped_at is None else TokenState.STOPPED


class IdempotentRequest(models.Model):
    """The answer given to a request of a key, written in the same transaction as its effects."""

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    answer = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "requête idempotente"
        verbose_name_plural = "requêtes idempotentes"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["created_at"], name="idempotent_by_age")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["employer", "key"], name="idempotent_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.employer_id} – {self.key}"

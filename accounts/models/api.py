"""Access of an employer's own software: tokens, and the answers already given to its requests."""

from datetime import date, datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models.employers import Employer
from accounts.models.users import User

TOKEN_LIFETIME = timedelta(days=366)


class ApiToken(models.Model):
    """A secret that opens the API to one employer's software, until a date. Only its hash is kept."""

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
    expires_at = models.DateTimeField("expire le")
    revoked_at = models.DateTimeField("révoqué le", null=True, blank=True)
    last_used_at = models.DateTimeField("dernière utilisation", null=True, blank=True)
    window_at = models.DateTimeField(null=True, blank=True, editable=False)
    window_calls = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "jeton d’API"
        verbose_name_plural = "jetons d’API"
        ordering: ClassVar[list[str]] = ["-id"]
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

    def is_live(self, now: datetime) -> bool:
        """Whether it opens the API at `now`."""
        return self.revoked_at is None and now < self.expires_at


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

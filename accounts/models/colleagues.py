"""Colleagues invited to act for an employer too, until they accept."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models.employers import Employer
from accounts.models.users import User


class ColleagueInvitation(models.Model):
    """An address to which a correspondent proposes the same right. The names are as the inviter typed them.

    `token_hash`: of the last link sent, the former ones are dead. `expired_at`: when its end was noticed and told.
    """

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="colleague_invitations")
    email = models.EmailField("adresse e-mail", max_length=254)
    first_name = models.CharField("prénom", max_length=100)
    last_name = models.CharField("nom", max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField("envoyée le")
    expires_at = models.DateTimeField("expire le")
    sendings = models.PositiveSmallIntegerField("envois", default=1)
    accepted_at = models.DateTimeField("acceptée le", null=True)
    cancelled_at = models.DateTimeField("annulée le", null=True)
    expired_at = models.DateTimeField("constatée expirée le", null=True)

    class Meta:
        verbose_name = "invitation d’un collègue"
        default_permissions = ()
        ordering: ClassVar[list[str]] = ["-sent_at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["expires_at"],
                name="colleague_live_by_expiry",
                condition=Q(accepted_at__isnull=True, cancelled_at__isnull=True, expired_at__isnull=True),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employer", "email"],
                name="colleague_invited_once",
                condition=Q(accepted_at__isnull=True, cancelled_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(cancelled_at__isnull=True), name="colleague_one_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} – {self.employer}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_open(self) -> bool:
        """Neither accepted nor cancelled: it may be sent again, be it expired."""
        return self.accepted_at is None and self.cancelled_at is None

    def is_live(self, now: datetime) -> bool:
        """Whether its link may be used at that instant."""
        return self.is_open and now < self.expires_at

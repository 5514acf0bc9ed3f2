"""Who an account is at the organisation that its owner signs in with (OpenID Connect)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class Identity(models.Model):
    """One account of the portal, one person of one provider: noted at the first sign-in through it.

    `subject`: the provider's name for the person (`sub`), which it gives to nobody else, unlike an address.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField("fournisseur d’identité", max_length=300)
    subject = models.CharField("identifiant chez le fournisseur", max_length=255)
    linked_at = models.DateTimeField("reliée le", default=timezone.now)
    used_at = models.DateTimeField("utilisée le", default=timezone.now)

    class Meta:
        verbose_name = "identité d’organisation"
        verbose_name_plural = "identités d’organisation"
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_subject_once"),
            models.UniqueConstraint(fields=["user", "issuer"], name="identity_one_per_account"),
        ]

    def __str__(self) -> str:
        return f"Identité de {self.user} chez {self.issuer}"

"""Who has a request open now."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from dispenses.models.requests import Dispense


class Presence(models.Model):
    """A member of the centre on the page of a request, last heard of at `seen_at`: one row for both, rewritten."""

    dispense = models.ForeignKey(Dispense, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField("vu le")

    class Meta:
        verbose_name = "présence"
        default_permissions = ()
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["seen_at"], name="presence_to_purge")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dispense", "user"], name="presence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.dispense}"

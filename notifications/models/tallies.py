"""What every process counts together, for who runs the portal."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F

from notifications.enums import Tallied


class Tally(models.Model):
    """How often something happened, since the portal was set up, and when it last did: a count that never goes down.

    `key`: of what, from a short list (a task's name, a cause), never of whom. `detail`: the class of the last error.
    """

    kind = models.CharField(max_length=20, choices=Tallied.choices)
    key = models.CharField(max_length=100)
    count = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    detail = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        verbose_name = "compte d’exploitation"
        verbose_name_plural = "comptes d’exploitation"
        default_permissions = ()
        permissions = [("operate", "Peut suivre l’exploitation et relancer ce qui a échoué")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "key"], name="tally_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}\xa0: {self.key}, {self.count}"

    @classmethod
    def add(cls, kind: Tallied, key: str, *, at: datetime, count: int = 1, detail: str = "") -> None:
        """Count `count` times more. Raises DatabaseError."""
        rows = cls.objects.filter(kind=kind, key=key)
        more: dict[str, Any] = {"count": F("count") + count, "at": at, "detail": detail[:60]}
        if not rows.update(**more):
            first: Any = cls(kind=kind, key=key, at=at)  # what the stubs call Self
            cls.objects.bulk_create([first], ignore_conflicts=True)
            rows.update(**more)

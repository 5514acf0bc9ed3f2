"""When each part of the portal last gave a sign of life."""

from datetime import datetime
from typing import Any

from django.db import models


class Heartbeat(models.Model):
    """A part (the schedule, the workers of a queue, a web process that wrote) and its last sign."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "signe de vie"
        verbose_name_plural = "signes de vie"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def note(cls, name: str, at: datetime) -> None:
        """Write the last sign of a part. Raises DatabaseError."""
        row: Any = cls(name=name, at=at)  # what the stubs call Self
        cls.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=["at"])

"""Whether the portal is closed for a while."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Maintenance(models.Model):
    """The portal is closed while this row, the only one, is there. `until`: when it should open again, if known."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    since = models.DateTimeField("depuis le", default=timezone.now)
    until = models.DateTimeField("jusque vers", null=True, blank=True)
    words = models.CharField("ce qui est dit", max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "maintenance"
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(id=1), name="maintenance_one_row"),
        ]

    def __str__(self) -> str:
        return f"Maintenance depuis le {timezone.localtime(self.since):%d/%m/%Y %H:%M}"

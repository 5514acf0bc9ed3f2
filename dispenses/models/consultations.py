"""Who read which document, and when."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dispenses.enums import Reading
from dispenses.models.requests import Dispense
from portal.lib.append_only import AppendOnly, WrittenOnce


class Consultation(AppendOnly):
    """One reading of a document. `window`: start of the quarter of an hour in which its pages count as one reading.

    `reason`: why the centre took the original. A draft and its documents may be forgotten: the log keeps their numbers
    and names, and outlives them, for the years of dispenses.keeping.journals.
    """

    at = models.DateTimeField("le", default=timezone.now)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    by_centre = models.BooleanField("par le centre")
    dispense = models.ForeignKey(
        Dispense, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    document = models.PositiveBigIntegerField("numéro du document")
    name = models.CharField("document", max_length=150)
    kind = models.CharField("lecture", max_length=8, choices=Reading.choices)
    reason = models.CharField("raison", max_length=300, blank=True, default="", db_default="")
    window = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(WrittenOnce)()

    class Meta:
        verbose_name = "consultation"
        default_permissions = ()
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["at", "id"], name="consultation_by_date"),
            models.Index(fields=["user", "at", "id"], name="consultation_of_user"),
            models.Index(fields=["dispense", "at", "id"], name="consultation_of_dispense"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "document", "window"],
                name="consultation_pages_once",
                condition=Q(window__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.get_kind_display()} le {timezone.localtime(self.at):%d/%m/%Y %H:%M}"

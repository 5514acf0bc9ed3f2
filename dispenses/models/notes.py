"""What the centre tells itself about a request."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from dispenses.models.requests import Dispense
from portal.lib.append_only import AppendOnly, WrittenOnce


class InternalNote(AppendOnly):
    """A note between members of the centre: never shown to the employee, the employer, nor in what they are given."""

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="notes", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("le", default=timezone.now)
    text = models.TextField("note")

    objects: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(WrittenOnce)()

    class Meta:
        verbose_name = "note interne"
        verbose_name_plural = "notes internes"
        default_permissions = ("add",)
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["dispense", "-at", "-id"], name="note_of_dispense"),
        ]

    def __str__(self) -> str:
        return f"Note du {timezone.localtime(self.at):%d/%m/%Y} – {self.dispense}"

"""What the centre's people did in the administration, written once."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.enums import Act
from portal.lib.append_only import AppendOnly, WrittenOnce


class JournalEntry(AppendOnly):
    """One act: who, when, on what, what changed.

    It outlives the account and the thing that it names: both are kept in words. No permission to change or remove it
    exists, and PostgreSQL refuses it (migrations 0015 and 0030).
    """

    at = models.DateTimeField("le", default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="compte",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        null=True,  # a command of the operator: `who` says so
        blank=True,
    )
    who = models.CharField("par", max_length=400)
    act = models.CharField("acte", max_length=12, choices=Act.choices)
    kind = models.CharField("sur", max_length=100)
    object_id = models.CharField("numéro", max_length=64, blank=True)
    object = models.CharField("objet", max_length=200)
    detail = models.TextField("détail", blank=True)

    objects: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(WrittenOnce)()

    class Meta:
        verbose_name = "acte d’administration"
        verbose_name_plural = "actes d’administration"
        default_permissions = ("view",)
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["at", "id"], name="journal_by_date")]

    def __str__(self) -> str:
        return f"{self.get_act_display()}, {self.kind} {self.object}"

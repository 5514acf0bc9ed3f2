"""One decision on many requests: who asked for it, and what became of each."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from dispenses.models.decisions import PendingDecision


class BulkRun(models.Model):
    """One decision taken on many requests. The key comes from the page, so that it runs once.

    `data`: what the form said.
    """

    key = models.UUIDField(primary_key=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("décision", max_length=30)
    data = models.JSONField("contenu", default=dict)
    at = models.DateTimeField("le", default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField("terminée le", null=True)

    class Meta:
        verbose_name = "décision en lot"
        default_permissions = ()
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["by", "-at"], name="bulk_run_of_one"),
            models.Index(fields=["at"], name="bulk_run_due", condition=models.Q(finished_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"Lot du {timezone.localtime(self.at):%d/%m/%Y}"


class BulkLine(models.Model):
    """What becomes of one request of a run: written with the decision itself, in the same transaction.

    `number`: as it was posted, it may be no request's. `seen`: instant (ISO 8601) of the status that the page showed.
    `done`: null until its turn comes.
    """

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="lines")
    number = models.BigIntegerField("demande")
    seen = models.CharField(max_length=40)
    done = models.BooleanField("faite", null=True)
    told = models.CharField("suite", max_length=500, blank=True)
    decision = models.ForeignKey(PendingDecision, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "ligne d’une décision en lot"
        default_permissions = ()
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "number"], name="bulk_line_once"),
        ]

    def __str__(self) -> str:
        return f"N°{self.number}"

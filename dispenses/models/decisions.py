"""What goes with a decision: the verdict on each document, the time to undo it, the reminders of a complement."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dispenses.enums import Judged, Pending
from dispenses.models.requests import Complement, Dispense
from portal.lib.append_only import AppendOnly


class PieceVerdict(AppendOnly):
    """What the centre said of one document asked for, at one decision. The last row of a document holds."""

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="verdicts")
    complement = models.ForeignKey(Complement, on_delete=models.PROTECT, null=True, related_name="verdicts")
    piece = models.SlugField("document demandé", max_length=50)
    label = models.CharField("libellé", max_length=250)
    verdict = models.CharField("verdict", max_length=10, choices=Judged.choices)
    reason = models.TextField("pourquoi", max_length=1000, blank=True)
    at = models.DateTimeField("le", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "verdict sur un document"
        ordering: ClassVar[list[str]] = ["at", "id"]
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(verdict=Judged.REJECTED.value) | ~Q(reason=""), name="verdict_rejected_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}\xa0: {self.get_verdict_display()}"


class PendingDecision(models.Model):
    """A decision taken, which takes effect at `effective_at` unless it is undone: nothing of it shows before.

    `seen_at`: instant of the status that was decided upon; `data`: what the form said, dates in ISO 8601.
    """

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="pending_decisions")
    name = models.CharField("décision", max_length=30)
    data = models.JSONField("contenu", default=dict)
    seen_at = models.DateTimeField()
    taken_at = models.DateTimeField("prise le", default=timezone.now)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    effective_at = models.DateTimeField("prend effet le")
    state = models.CharField("état", max_length=10, choices=Pending.choices, default=Pending.WAITING)
    settled_at = models.DateTimeField("réglée le", null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    told = models.CharField("suite", max_length=500, blank=True)

    class Meta:
        verbose_name = "décision en attente"
        ordering: ClassVar[list[str]] = ["-taken_at", "-id"]
        default_permissions = ()
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["effective_at"], name="decision_due", condition=Q(state=Pending.WAITING.value)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["dispense"], name="decision_one_waiting", condition=Q(state=Pending.WAITING.value)
            ),
            models.CheckConstraint(
                condition=Q(state=Pending.WAITING.value, settled_at__isnull=True)
                | (~Q(state=Pending.WAITING.value) & Q(settled_at__isnull=False)),
                name="decision_settled_since",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} – {self.dispense}"


class ComplementReminder(AppendOnly):
    """One reminder of a complement; a step is sent once."""

    complement = models.ForeignKey(Complement, on_delete=models.PROTECT, related_name="reminders")
    step = models.PositiveSmallIntegerField("rappel")
    sent_at = models.DateTimeField("le", default=timezone.now)

    class Meta:
        verbose_name = "rappel de complément"
        ordering: ClassVar[list[str]] = ["step"]
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["complement", "step"], name="reminder_once"),
        ]

    def __str__(self) -> str:
        return f"Rappel {self.step} – {self.complement}"

"""The centre's queue: one row per request sent, written by the move itself, so that no page counts or joins."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Employer
from dispenses.enums import MotifFamily
from dispenses.models.requests import STATUS_CHOICES, Dispense
from dispenses.workflow import Status


class QueueEntry(models.Model):
    """What the queue sorts, filters and searches by. Derived from the request but for `assigned_to`.

    `days_left`: working days left while the clock is stopped; null while it runs (dispenses.queue.delays). `search` has
    an index of trigrams on PostgreSQL, made by its migration.
    """

    dispense = models.OneToOneField(Dispense, on_delete=models.CASCADE, primary_key=True, related_name="queue_entry")
    status = models.CharField("statut", max_length=20, choices=STATUS_CHOICES)
    submitted_at = models.DateTimeField("envoyée le")
    active_at = models.DateTimeField("dernier geste du salarié")
    decided_at = models.DateTimeField("décidée le", null=True)
    due_on = models.DateField("échéance")
    days_left = models.SmallIntegerField("jours ouvrés restants", null=True)
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+", verbose_name="employeur")
    motif_code = models.SlugField("motif", max_length=50, db_index=False)
    motif_family = models.CharField("famille", max_length=20, choices=MotifFamily.choices)
    search = models.TextField("texte cherché")
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="attribuée à",
        db_index=False,
    )
    assigned_at = models.DateTimeField("attribuée le", null=True)

    class Meta:
        verbose_name = "demande dans la file"
        verbose_name_plural = "file"
        ordering: ClassVar[list[str]] = ["due_on", "dispense"]
        default_permissions = ()
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "due_on", "dispense"], name="queue_by_due"),
            models.Index(fields=["status", "-submitted_at", "-dispense"], name="queue_by_status_newest"),
            models.Index(fields=["-submitted_at", "-dispense"], name="queue_newest"),
            models.Index(fields=["decided_at"], name="queue_by_decision", condition=Q(decided_at__isnull=False)),
            models.Index(fields=["status", "active_at"], name="queue_by_activity"),
            models.Index(fields=["status", "motif_code", "due_on", "dispense"], name="queue_by_motif"),
            models.Index(fields=["employer", "status", "due_on", "dispense"], name="queue_by_employer"),
            models.Index(fields=["assigned_to", "status", "due_on", "dispense"], name="queue_by_person"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(status=Status.DRAFT.value), name="queue_never_a_draft"),
            models.CheckConstraint(
                condition=Q(status=Status.IN_PROGRESS.value, days_left__isnull=True)
                | (~Q(status=Status.IN_PROGRESS.value) & Q(days_left__isnull=False)),
                name="queue_clock_runs_with_the_centre",
            ),
            models.CheckConstraint(
                condition=Q(assigned_to__isnull=True) | Q(assigned_at__isnull=False), name="queue_assigned_since"
            ),
        ]

    def __str__(self) -> str:
        return f"File : N°{self.dispense_id}"

"""What correspondents do for their company, and the reminders they send to many."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.enums import CompanyAct
from accounts.models.employers import Employee, Employer
from accounts.models.users import User


class CompanyEvent(models.Model):
    """One act of a correspondent, written once: who, when, on whom, and what in words."""

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="company_events")
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, null=True, related_name="company_events")
    act = models.CharField("acte", max_length=20, choices=CompanyAct.choices)
    at = models.DateTimeField("le", default=timezone.now)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    actor_label = models.CharField("par", max_length=210)
    detail = models.CharField("détail", max_length=500, blank=True)

    class Meta:
        verbose_name = "acte d’un correspondant"
        verbose_name_plural = "actes des correspondants"
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        default_permissions = ()
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["employer", "-at", "-id"], name="company_event_of_employer"),
            models.Index(fields=["employee", "-at", "-id"], name="company_event_of_employee"),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} le {timezone.localtime(self.at):%d/%m/%Y}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Un acte ne se modifie pas.")
        super().save(*args, **kwargs)


class ReminderRun(models.Model):
    """A chase, sent in pieces once `due_at` has come: `position` is the last employee considered.

    `chosen`: the keys of those whom it reaches, by where they stood when it was asked for; None for one that was asked
    for by its `filters` alone. Until its day it is held by nobody: `leased_until` says so to whoever would take it.
    """

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="reminder_runs")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    filters = models.CharField(max_length=500, blank=True)
    chosen = models.JSONField(null=True, blank=True)
    due_at = models.DateTimeField("part le", default=timezone.now, db_default=Now())
    cancelled_at = models.DateTimeField("annulée le", null=True, blank=True)
    position = models.BigIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "relance"
        default_permissions = ()
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], name="reminder_run_at_work", condition=Q(finished_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"Relance du {timezone.localtime(self.asked_at):%d/%m/%Y} – {self.employer}"

    @property
    def count(self) -> int:
        """How many employees it is to reach."""
        return sum(map(len, (self.chosen or {}).values()))

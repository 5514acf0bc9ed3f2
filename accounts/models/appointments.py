"""Members of the centre asked for as correspondents: one administrator asks, another agrees (docs/adr/0039)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.enums import AppointmentState
from accounts.models.employers import Employer
from accounts.models.users import User


class Appointment(models.Model):
    """A member of the centre who would act for an employer. `asked_by`: an administrator, or the inviting colleague."""

    employer = models.ForeignKey(
        Employer, on_delete=models.CASCADE, related_name="appointments", verbose_name="employeur"
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="appointments", verbose_name="membre du centre"
    )
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="demandée par")
    asked_at = models.DateTimeField("demandée le", default=timezone.now)
    state = models.CharField("état", max_length=10, choices=AppointmentState.choices, default=AppointmentState.WAITING)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="décidée par"
    )
    settled_at = models.DateTimeField("décidée le", null=True)

    class Meta:
        verbose_name = "nomination à confirmer"
        verbose_name_plural = "nominations à confirmer"
        ordering: ClassVar[list[str]] = ["-asked_at", "-id"]
        default_permissions = ("view",)
        permissions = [("decide_appointment", "Peut confirmer ou refuser une nomination demandée par un autre")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employer", "user"], name="appointment_one_waiting", condition=Q(state="waiting")
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_by__isnull=True, settled_at__isnull=True)
                | (~Q(state="waiting") & Q(settled_by__isnull=False, settled_at__isnull=False)),
                name="appointment_settled_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(asked_by=models.F("user"))
                & (Q(settled_by__isnull=True) | ~Q(settled_by=models.F("user"))),
                name="appointment_never_by_oneself",
            ),
            models.CheckConstraint(
                condition=Q(settled_by__isnull=True) | ~Q(settled_by=models.F("asked_by")),
                name="appointment_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.employer}"

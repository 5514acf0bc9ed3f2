"""The switch that suspends forgetting while a procedure runs."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Employee, Employer
from dispenses.models.requests import Dispense


class LegalHold(models.Model):
    """Evidence kept beyond its date: that of one request, or of a whole employer when `dispense` is empty."""

    employer = models.ForeignKey(
        Employer, on_delete=models.PROTECT, related_name="legal_holds", verbose_name="employeur"
    )
    dispense = models.ForeignKey(
        Dispense,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="legal_holds",
        verbose_name="demande",
        help_text="Laissez vide pour toutes les demandes de l’employeur.",
    )
    reason = models.CharField("raison", max_length=200, help_text="Contrôle, contentieux… et sa référence.")
    placed_at = models.DateTimeField("posée le", default=timezone.now, editable=False)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name="posée par"
    )
    lifted_at = models.DateTimeField("levée le", null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name="levée par",
    )

    class Meta:
        verbose_name = "conservation prolongée"
        verbose_name_plural = "conservations prolongées"
        ordering: ClassVar[list[str]] = ["-placed_at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["employer"], name="legal_hold_current", condition=Q(lifted_at__isnull=True)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="legal_hold_lifted_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employer}{f' – {self.dispense}' if self.dispense_id else ''}"

    @classmethod
    def suspends(cls, dispense: Dispense) -> bool:
        """Whether one keeps the evidence of this request beyond its date."""
        passed = Q(employer__employees__passed_dispenses__dispense=dispense)  # it was theirs before a transfer
        employers = Q(employer=dispense.employee.employer_id) | passed
        of_it = Q(dispense=dispense) | Q(dispense__isnull=True)
        return cls.objects.filter(of_it, employers, lifted_at__isnull=True).exists()

    @classmethod
    def held_requests(cls) -> "QuerySet[Dispense]":
        """The requests whose evidence one keeps beyond its date."""
        current = cls.objects.filter(lifted_at__isnull=True)
        employers = current.filter(dispense__isnull=True).values("employer")
        passed = Employee.objects.filter(employer__in=employers).values("passed_dispenses__dispense")
        return Dispense.objects.filter(
            Q(pk__in=current.values("dispense")) | Q(employee__employer__in=employers) | Q(pk__in=passed)
        )

    @classmethod
    def current(cls, employer_id: int) -> "QuerySet[LegalHold]":
        """Holds of an employer that nobody has lifted."""
        return cls.objects.filter(employer=employer_id, lifted_at__isnull=True)

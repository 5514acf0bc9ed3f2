"""Employees of an employer who pass to another with their contract, and the dispenses that pass with them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Employee, Employer
from dispenses.models.requests import Dispense


class Transfer(models.Model):
    """Who passes, from where to where, from which day on; `position`: the last employee looked at.

    `left_out`: for each of those who stayed, [key of the employee, full name, matricule, reason].
    """

    former = models.ForeignKey(
        Employer, on_delete=models.PROTECT, related_name="+", verbose_name="employeur qui transfère"
    )
    new = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+", verbose_name="nouvel employeur")
    day = models.DateField("premier jour chez le nouvel employeur")
    establishment = models.CharField("établissement transféré", max_length=14, blank=True)
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="demandé par"
    )
    planned_at = models.DateTimeField("demandé le", default=timezone.now)
    cancelled_at = models.DateTimeField("annulé le", null=True, blank=True)
    position = models.BigIntegerField(default=0)
    moved = models.PositiveIntegerField("salariés transférés", default=0)
    left_out = models.JSONField("salariés écartés", default=list)
    leased_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True)

    class Meta:
        verbose_name = "transfert d’entreprise"
        verbose_name_plural = "transferts d’entreprise"
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions = ("add", "change", "view")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["day"],
                name="transfer_due",
                condition=Q(finished_at__isnull=True, cancelled_at__isnull=True),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(former=F("new")), name="transfer_to_another"),
            models.UniqueConstraint(
                fields=["former", "establishment"],
                condition=Q(finished_at__isnull=True, cancelled_at__isnull=True),
                name="transfer_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.former} → {self.new}, {self.day:%d/%m/%Y}"


class TransferredDispense(models.Model):
    """A request that went on at another employer: `former` is whose it was until the eve of `day`.

    `since`: the first instant of that day in Europe/Paris; what was written before it is evidence of the former one.
    """

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="transfers")
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="dispenses")
    former = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="passed_dispenses")
    day = models.DateField()
    since = models.DateTimeField()

    class Meta:
        verbose_name = "demande transférée"
        verbose_name_plural = "demandes transférées"
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dispense", "transfer"], name="transferred_dispense_once"),
        ]

    def __str__(self) -> str:
        return f"{self.dispense}, {self.day:%d/%m/%Y}"

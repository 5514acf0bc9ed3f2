"""What is forgotten: requests about to go, what remains of those that went, files on their way out."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Employer
from dispenses.models.requests import STATUS_CHOICES, Dispense
from portal.lib.append_only import AppendOnly


class Forgetting(models.Model):
    """A request whose evidence has been kept long enough: announced on `told_on`, forgotten a notice later.

    `kept_until`: last day of its retention. The row goes when the request must be kept after all.
    """

    dispense = models.OneToOneField(
        Dispense, on_delete=models.CASCADE, primary_key=True, related_name="forgetting", verbose_name="demande"
    )
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+", verbose_name="employeur")
    kept_until = models.DateField("conservée jusqu’au")
    told_on = models.DateField("annoncée le", null=True, blank=True)

    class Meta:
        verbose_name = "effacement à venir"
        verbose_name_plural = "effacements à venir"
        default_permissions = ("view",)
        ordering: ClassVar[list[str]] = ["told_on", "dispense"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["told_on", "dispense"], name="forgetting_due"),
            models.Index(fields=["employer"], name="forgetting_to_tell", condition=Q(told_on__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"Effacement de la dispense N°{self.dispense_id}"


class Tombstone(AppendOnly):
    """What remains of a request once its evidence is forgotten: its number, its dates, its outcome.

    `seal`: the last of its sealed history, by which a receipt that somebody kept is still recognised.
    """

    number = models.BigIntegerField("numéro", primary_key=True)
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+", verbose_name="employeur")
    submitted_on = models.DateField("envoyée le")
    decided_on = models.DateField("décidée le", null=True)
    effective_on = models.DateField("dispense à compter du", null=True)
    ends_on = models.DateField("dernier jour", null=True)
    outcome = models.CharField("issue", max_length=20, choices=STATUS_CHOICES)
    seal = models.CharField("dernière empreinte", max_length=64, blank=True)
    forgotten_on = models.DateField("effacée le")

    class Meta:
        verbose_name = "demande effacée"
        verbose_name_plural = "demandes effacées"
        default_permissions = ("view",)
        ordering: ClassVar[list[str]] = ["-number"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["employer", "submitted_on"], name="tombstone_of_employer"),
            models.Index(fields=["forgotten_on"], name="tombstone_by_day"),
        ]

    def __str__(self) -> str:
        return f"Dispense N°{self.number}, effacée le {self.forgotten_on:%d/%m/%Y}"


class LeavingFile(models.Model):
    """A file whose request is forgotten, until the storage has been asked and has it no more.

    `pages`: of its preview, 0 without one. `tried_at`: when the storage last kept it or did not answer.
    """

    key = models.CharField("clé", max_length=200, unique=True)
    pages = models.PositiveSmallIntegerField("pages de l’aperçu", default=0)
    number = models.BigIntegerField("demande")
    since = models.DateTimeField("depuis le", default=timezone.now)
    tried_at = models.DateTimeField("dernier essai", null=True, blank=True)
    tries = models.PositiveSmallIntegerField("essais", default=0)
    error = models.CharField("dernière erreur", max_length=200, blank=True)

    class Meta:
        verbose_name = "fichier à effacer"
        verbose_name_plural = "fichiers à effacer"
        default_permissions = ("view",)
        ordering: ClassVar[list[str]] = ["-tries", "pk"]

    def __str__(self) -> str:
        return f"Fichier de la dispense N°{self.number}"

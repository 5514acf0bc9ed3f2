"""What is forgotten: requests about to go, what remains of those that went, files and copies on their way out."""

from typing import ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Employer
from dispenses.enums import CopyStatus
from dispenses.models.documents import random_key
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


def copy_storage() -> Storage:
    return storages["donnees"]


class DataCopy(models.Model):
    """The copy of their data that a person asked for: one at a time, deleted with its row once its days are over.

    `due_at`: when a worker may take it; whoever takes it moves it past the end of its lease. The object stored is named
    from `key`: a worker that was followed writes over the same one.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField("demandée le", default=timezone.now)
    status = models.CharField("état", max_length=10, choices=CopyStatus.choices, default=CopyStatus.QUEUED)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    key = models.CharField(max_length=200, default=random_key, unique=True, editable=False)
    size = models.PositiveBigIntegerField("taille en octets", default=0)
    ready_at = models.DateTimeField("prête le", null=True, blank=True)
    expires_at = models.DateTimeField("effacée le", null=True, blank=True)

    class Meta:
        verbose_name = "copie de données"
        verbose_name_plural = "copies de données"
        default_permissions = ()
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], name="copy_due", condition=Q(status=CopyStatus.QUEUED.value)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(status=CopyStatus.READY.value) | Q(ready_at__isnull=False, expires_at__isnull=False),
                name="copy_ready_coherence",
            ),
        ]

    def __str__(self) -> str:
        return f"Copie demandée le {timezone.localtime(self.asked_at):%d/%m/%Y}"

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be made."""
        return self.status == CopyStatus.QUEUED

    @property
    def is_ready(self) -> bool:
        """Whether it may be taken now."""
        return self.status == CopyStatus.READY and self.expires_at is not None and self.expires_at > timezone.now()

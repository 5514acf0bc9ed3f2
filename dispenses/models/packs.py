"""Packs of evidence asked for by employers, and who took them."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Employer
from dispenses.enums import PackStatus, PackStep
from portal.lib.append_only import AppendOnly
from portal.lib.typography import of

OPEN_PACKS = [PackStatus.QUEUED.value, PackStatus.PREPARING.value]


def pack_storage() -> Storage:
    return storages["preuves"]


def _new_key() -> str:
    return uuid.uuid4().hex


class EvidencePack(models.Model):
    """One pack: what was asked, how far its preparation is, where its bytes are.

    `due_at`: when a worker may take the work; whoever takes it moves it past the end of its lease. `last_employee`:
    where the preparation stands, by id. Every object stored is named from `key`: nothing is ever unknown.

    The ZIP is written in pieces, then these are put end to end. `step`: at which of the three steps the preparation is.
    `parts`: how many pieces hold files of dispenses. `size`, `digest`: bytes of the pieces so far, and the state of
    their SHA-256. `joining`, `joined`, `joined_bytes`: what the storage calls the joining under way ("" before it
    begins), how many pieces are in it, and their bytes.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="packs", verbose_name="employeur")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="demandé par"
    )
    asked_at = models.DateTimeField("demandé le", default=timezone.now)
    first_day = models.DateField("du")
    last_day = models.DateField("au")
    contribution = models.DecimalField(
        "cotisation patronale mensuelle", max_digits=8, decimal_places=2, null=True, blank=True
    )
    status = models.CharField("état", max_length=10, choices=PackStatus.choices, default=PackStatus.QUEUED)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField("essais de suite", default=0)
    total = models.PositiveIntegerField("salariés à lire", default=0)
    done = models.PositiveIntegerField("salariés lus", default=0)
    last_employee = models.BigIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)
    key = models.CharField(max_length=32, default=_new_key, unique=True, editable=False)
    size = models.PositiveBigIntegerField("taille en octets", default=0)
    sha256 = models.CharField("empreinte SHA-256", max_length=64, blank=True)
    step = models.CharField(max_length=10, choices=PackStep.choices, default=PackStep.EMPLOYEES, editable=False)
    digest = models.CharField(max_length=224, blank=True, editable=False)
    joining = models.TextField(blank=True, editable=False)
    joined = models.PositiveIntegerField(default=0, editable=False)
    joined_bytes = models.PositiveBigIntegerField(default=0, editable=False)
    dispenses = models.PositiveIntegerField("dispenses", default=0)
    lacks = models.PositiveIntegerField("manques", default=0)
    ready_at = models.DateTimeField("prêt le", null=True, blank=True)
    expires_at = models.DateTimeField("effacé le", null=True, blank=True)
    failure = models.CharField("raison de l’échec", max_length=300, blank=True)

    class Meta:
        verbose_name = "dossier de preuves"
        verbose_name_plural = "dossiers de preuves"
        ordering: ClassVar[list[str]] = ["-asked_at", "-id"]
        permissions = [("download_evidencepack", "Peut télécharger un dossier de preuves")]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["employer", "-asked_at"], name="pack_of_employer"),
            models.Index(fields=["due_at"], name="pack_due", condition=Q(status__in=OPEN_PACKS)),
            models.Index(fields=["expires_at"], name="pack_expiring", condition=Q(status=PackStatus.READY.value)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employer"],
                name="pack_one_open",
                condition=Q(status__in=OPEN_PACKS),
                violation_error_message="Un dossier est déjà en préparation pour cette entreprise.",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="pack_dates_in_order",
                violation_error_message="La fin de la période précède son début.",
            ),
            models.CheckConstraint(
                condition=~Q(status=PackStatus.READY.value)
                | (Q(ready_at__isnull=False, expires_at__isnull=False) & ~Q(sha256="")),
                name="pack_ready_coherence",
            ),
        ]

    def __str__(self) -> str:
        return f"Preuves {of(str(self.employer))} du {self.first_day:%d/%m/%Y} au {self.last_day:%d/%m/%Y}"

    @property
    def is_open(self) -> bool:
        """Whether it is still to be made."""
        return self.status in OPEN_PACKS

    @property
    def is_ready(self) -> bool:
        return self.status == PackStatus.READY

    @property
    def percent(self) -> int:
        """How far the preparation is; never 100 before the pack is ready."""
        return min(99, self.done * 100 // self.total) if self.total else 0

    @property
    def object_name(self) -> str:
        return f"{self.key[:2]}/{self.key}"

    def part_name(self, number: int) -> str:
        """Key of the piece `number` (from 0) while the pack is prepared."""
        return f"{self.object_name}-{number}"

    def notes_name(self, number: int) -> str:
        """Key of what the end of the pack is told about the piece `number`."""
        return f"{self.part_name(number)}-liste"

    @property
    def end_name(self) -> str:
        """Key of the last piece: the lists, the manifest, its seal and the directory."""
        return f"{self.object_name}-fin"


class PackReading(AppendOnly):
    """One download of a pack; kept after the pack is deleted."""

    pack = models.ForeignKey(EvidencePack, on_delete=models.PROTECT, related_name="readings", verbose_name="dossier")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="par")
    at = models.DateTimeField("le", default=timezone.now)

    class Meta:
        verbose_name = "téléchargement de dossier"
        verbose_name_plural = "téléchargements de dossiers"
        ordering: ClassVar[list[str]] = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.user} le {timezone.localtime(self.at):%d/%m/%Y %H:%M}"

"""Documents joined to a request, and how many came in."""

import uuid
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from dispenses.enums import PreviewStatus, ScanStatus
from dispenses.models.requests import Dispense


@dataclass(frozen=True)
class ShownJustificatif:
    """What a list shows of a document: values alone, so that its HTML can be kept for them (portal.fragments)."""

    pk: int
    name: str
    content_type: str
    size: int
    sent_at: datetime | None
    scan_status: str
    is_released: bool
    is_infected: bool
    is_unreadable: bool
    has_preview: bool
    is_awaited: bool
    missing_since: datetime | None
    page: int = 0  # among the pictures of its document, 0 for one that stands alone
    pages_together: int = 0


def justificatif_storage() -> Storage:
    return storages["justificatifs"]


def random_key(instance: models.Model | None = None, filename: str = "") -> str:
    """Key under which the bytes are stored: random, so that the name given by the person stays data."""
    key = uuid.uuid4().hex
    return f"{key[:2]}/{key}"


class Scanned:
    """What the antivirus looks at before its bytes leave the portal."""

    scan_status: str | models.CharField[str, str]

    @property
    def is_released(self) -> bool:
        """Whether its bytes may be handed over: found clean, or not scanned because the antivirus is switched off."""
        if self.scan_status == ScanStatus.DISABLED:
            return not settings.PORTAL_CLAMD
        return self.scan_status == ScanStatus.CLEAN


class Justificatif(Scanned, models.Model):
    """A document joined to a request: original bytes untouched under a random key, released once found clean.

    `scan_next_at` and `preview_next_at`: when the work is due; whoever takes it moves them past the end of its lease.
    `rank`: among the pictures of its document, once its owner has put them in order.
    `examined_at`: when a worker last took it up, of which the fairness between people is made (documents.examination).
    """

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="justificatifs")
    piece = models.SlugField("document demandé", max_length=50, blank=True)
    file = models.FileField("fichier", storage=justificatif_storage, upload_to=random_key, max_length=200)
    name = models.CharField("nom", max_length=150)
    content_type = models.CharField("type", max_length=50)
    size = models.PositiveIntegerField("taille en octets")
    sha256 = models.CharField("empreinte SHA-256", max_length=64)
    pages = models.PositiveSmallIntegerField("pages", default=1)
    received_at = models.DateTimeField("reçu le", default=timezone.now)
    sent_at = models.DateTimeField("envoyé au centre le", null=True, blank=True)
    rank = models.PositiveSmallIntegerField("rang", default=0, db_default=0)
    scan_status = models.CharField("antivirus", max_length=10, choices=ScanStatus.choices, default=ScanStatus.PENDING)
    scanned_at = models.DateTimeField("analysé le", null=True, blank=True)
    scan_detail = models.CharField("virus ou erreur", max_length=200, blank=True)
    scan_attempts = models.PositiveSmallIntegerField("analyses essayées", default=0)
    scan_next_at = models.DateTimeField("prochaine analyse", default=timezone.now)
    preview_status = models.CharField(
        "aperçu", max_length=10, choices=PreviewStatus.choices, default=PreviewStatus.PENDING
    )
    preview_pages = models.PositiveSmallIntegerField("pages de l’aperçu", default=0)
    preview_attempts = models.PositiveSmallIntegerField("aperçus essayés", default=0)
    preview_next_at = models.DateTimeField("prochain aperçu", default=timezone.now)
    examined_at = models.DateTimeField(null=True, blank=True, editable=False)
    hints = models.JSONField("aide à la lecture", default=dict, blank=True)
    missing_since = models.DateTimeField("fichier introuvable depuis le", null=True, blank=True)

    seen_in: list[int]  # given by dispenses.desk.queries.mark_same_files
    turn: str  # given by dispenses.desk.returned, as is the next
    former: "Justificatif | None"

    class Meta:
        verbose_name = "justificatif"
        ordering: ClassVar[list[Any]] = [F("sent_at").asc(nulls_last=True), "rank", "received_at", "id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["sha256"], name="justificatif_same_file"),
            models.Index(fields=["file"], name="justificatif_by_key"),
            models.Index(
                fields=["scan_next_at"], name="justificatif_to_scan", condition=Q(scan_status=ScanStatus.PENDING.value)
            ),
            models.Index(
                fields=["preview_next_at"],
                name="justificatif_to_draw",
                condition=Q(preview_status=PreviewStatus.PENDING.value),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(scan_status__in=[ScanStatus.CLEAN.value, ScanStatus.INFECTED.value])
                | Q(scanned_at__isnull=False),
                name="justificatif_verdict_has_date",
            ),
            models.CheckConstraint(
                condition=~Q(scan_status=ScanStatus.INFECTED.value) | ~Q(scan_detail=""),
                name="justificatif_virus_has_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_infected(self) -> bool:
        return self.scan_status == ScanStatus.INFECTED

    @property
    def is_picture(self) -> bool:
        """Whether it is a photo or another picture: one page of a document, which may have several."""
        return self.content_type.startswith("image/")

    @property
    def is_unreadable(self) -> bool:
        """Whether no page of it could be drawn: nobody can read it, it proves nothing."""
        return self.preview_status == PreviewStatus.FAILED and not self.is_infected

    @property
    def stands(self) -> bool:
        """Whether it may prove something, as far as is known."""
        return not self.is_infected and not self.is_unreadable

    @property
    def has_preview(self) -> bool:
        """Whether its pages may be shown now."""
        return self.is_released and self.preview_status == PreviewStatus.READY

    @property
    def is_awaited(self) -> bool:
        """Whether its verdict or its pages are to come: a list that shows it will change by itself."""
        if self.is_released:
            return self.preview_status == PreviewStatus.PENDING
        return self.scan_status in {ScanStatus.PENDING, ScanStatus.DISABLED}

    @property
    def shown(self) -> ShownJustificatif:
        """The values that a list shows."""
        own = [field.name for field in fields(ShownJustificatif) if field.default is MISSING]
        return ShownJustificatif(**{name: getattr(self, name) for name in own})

    @property
    def preview_numbers(self) -> range:
        """Numbers of the pages that may be shown, from 1."""
        return range(1, self.preview_pages + 1) if self.has_preview else range(0)


class ReceivedUpload(models.Model):
    """A file received from a person, joined or not, remembered for the hour during which it counts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField("reçu le", default=timezone.now)
    size = models.PositiveBigIntegerField("taille en octets")

    class Meta:
        verbose_name = "fichier reçu"
        verbose_name_plural = "fichiers reçus"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user", "at"], name="upload_of_user")]

    def __str__(self) -> str:
        return f"{self.size} octets le {timezone.localtime(self.at):%d/%m/%Y}"

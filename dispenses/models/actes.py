"""The text of each version of an employer's acte, as it was received."""

from typing import ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Acte
from dispenses.enums import ScanStatus
from dispenses.models.documents import Scanned, random_key

PDF = "application/pdf"


def acte_storage() -> Storage:
    return storages["actes"]


class ActeText(Scanned, models.Model):
    """The PDF of one version of an acte. One that is replaced stays, with the reason told by the one that follows it.

    It is stored once the antivirus has found it clean, or because there is none.
    """

    content_type = PDF  # as a document handed over says what it is

    acte = models.ForeignKey(Acte, on_delete=models.PROTECT, related_name="texts", verbose_name="acte")
    file = models.FileField("fichier", storage=acte_storage, upload_to=random_key, max_length=200)
    name = models.CharField("nom", max_length=150)
    size = models.PositiveIntegerField("taille en octets")
    sha256 = models.CharField("empreinte SHA-256", max_length=64)
    pages = models.PositiveSmallIntegerField("pages", default=1)
    received_at = models.DateTimeField("reçu le", default=timezone.now)
    received_from = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="enregistré par"
    )
    reason = models.CharField("pourquoi il remplace le précédent", max_length=300, blank=True)
    replaced_at = models.DateTimeField("remplacé le", null=True, blank=True)
    scan_status = models.CharField("antivirus", max_length=10, choices=ScanStatus.choices)
    scanned_at = models.DateTimeField("analysé le", null=True, blank=True)

    class Meta:
        verbose_name = "texte d’un acte"
        verbose_name_plural = "textes des actes"
        default_permissions = ()
        ordering: ClassVar[list[str]] = ["received_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["acte"], name="acte_text_one_now", condition=Q(replaced_at__isnull=True)),
            models.CheckConstraint(
                condition=~Q(scan_status__in=[ScanStatus.CLEAN.value, ScanStatus.INFECTED.value])
                | Q(scanned_at__isnull=False),
                name="acte_text_verdict_has_date",
            ),
        ]

    def __str__(self) -> str:
        return self.name

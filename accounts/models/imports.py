"""Imports of a company's file: what was read, what is to be written, how far it went."""

import uuid
from typing import ClassVar

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.enums import ImportStatus
from accounts.models.employers import Employer
from accounts.models.users import User


def imports_storage() -> Storage:
    return storages["imports"]


def random_import_key(instance: "ImportRun", filename: str) -> str:
    """Key under which a file is stored: random, its name stays data."""
    key = uuid.uuid4().hex
    return f"{key[:2]}/{key}"


class ImportRun(models.Model):
    """One file of one employer, from its upload to the last employee written.

    `source` is what was sent, deleted once read; `rows` holds the valid lines (one JSON array each) that `position`
    counts, deleted once written or stopped for good; `errors` is the file to correct, deleted some days later. The
    figures stay. Who works on it holds a lease. Each file is named here before it is stored, so that none is lost.
    """

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="imports", verbose_name="employeur")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="déposé par")
    created_at = models.DateTimeField("déposé le", default=timezone.now)
    status = models.CharField("état", max_length=10, choices=ImportStatus.choices, default=ImportStatus.ANALYSING)
    name = models.CharField("fichier", max_length=150)
    size = models.PositiveBigIntegerField("taille en octets")
    sha256 = models.CharField("empreinte SHA-256", max_length=64)
    source = models.FileField(storage=imports_storage, upload_to=random_import_key, max_length=200, blank=True)
    rows = models.FileField(storage=imports_storage, upload_to=random_import_key, max_length=200, blank=True)
    errors = models.FileField(storage=imports_storage, upload_to=random_import_key, max_length=200, blank=True)
    with_hidden = models.BooleanField("lignes et colonnes masquées comprises", default=False)
    refusal = models.CharField("refus", max_length=500, blank=True)
    preview = models.JSONField("aperçu", default=dict, blank=True)
    lines = models.PositiveIntegerField("lignes lues", default=0)
    ready = models.PositiveIntegerField("salariés nouveaux", default=0)
    changed = models.PositiveIntegerField("salariés à modifier", default=0)
    unchanged = models.PositiveIntegerField("salariés inchangés", default=0)
    to_correct = models.PositiveIntegerField("lignes à corriger", default=0)
    absent = models.PositiveIntegerField("salariés absents du fichier", default=0)
    position = models.PositiveIntegerField("lignes traitées", default=0)
    created = models.PositiveIntegerField("salariés ajoutés", default=0)
    updated = models.PositiveIntegerField("salariés modifiés", default=0)
    left_out = models.PositiveIntegerField("lignes écartées pendant l’import", default=0)
    confirmed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="lancé par"
    )
    confirmed_at = models.DateTimeField("lancé le", null=True, blank=True)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True)
    # When the invitations of its new employees leave, empty: at once, or on no day yet; and when the last one left.
    invite_at = models.DateTimeField("invitations prévues le", null=True, blank=True)
    invited_at = models.DateTimeField("invitations parties le", null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("lectures essayées", default=0)

    class Meta:
        verbose_name = "import"
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["employer", "-id"], name="import_of_employer"),
            models.Index(
                fields=["invite_at"],
                name="import_to_invite",
                condition=Q(invite_at__isnull=False, invited_at__isnull=True),
            ),
            models.Index(fields=["id"], name="import_at_work", condition=Q(status__in=["analysing", "importing"])),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=~Q(status__in=["importing", "done", "failed"])
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="import_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["refused", "failed"]) | ~Q(refusal=""), name="import_refusal_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} – {self.employer}"

    @property
    def to_write(self) -> int:
        """Lines that the import writes."""
        return self.ready + self.changed

    @property
    def is_at_work(self) -> bool:
        return self.status in {ImportStatus.ANALYSING, ImportStatus.IMPORTING}

"""The request: its motif, its justificatifs, what was signed and everything that happened to it."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Never

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Employee
from dispenses.enums import EndRule, MotifFamily, Opening, PreviewStatus, ScanStatus
from dispenses.workflow import OPEN_STATUSES, STATUS_LABELS, TRANSITIONS, Status

STATUS_CHOICES = [(status.value, label) for status, label in STATUS_LABELS.items()]
FIRST_NUMBER = 20_000


class AppendOnly(models.Model):
    """Evidence: a row that is written once and never changed."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} ne se modifie pas.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise TypeError(f"{type(self).__name__} ne se supprime pas.")


class Motif(models.Model):
    """One edition of a legal case: its wording and rules between two dates. Never rewritten once used."""

    code = models.SlugField("code", max_length=50)
    in_force_from = models.DateField("en vigueur depuis le", null=True, blank=True)
    in_force_until = models.DateField("en vigueur jusqu’au", null=True, blank=True)
    family = models.CharField("famille", max_length=20, choices=MotifFamily.choices)
    label = models.CharField("libellé", max_length=120)
    help_text = models.CharField("aide", max_length=300, blank=True)
    declaration = models.TextField("situation déclarée sur l’honneur")
    legal_basis = models.CharField("fondement", max_length=200)
    opening = models.CharField("ouvert", max_length=5, choices=Opening.choices)
    due_only = models.BooleanField("réservé aux DUE avec cotisation salariale", default=False)
    contract_types = models.JSONField("types de contrat", default=list, blank=True, help_text="Vide : tous.")
    extra_fields = models.JSONField("précisions demandées", default=list, blank=True)
    end_rule = models.CharField("fin de la dispense", max_length=15, choices=EndRule.choices)
    yearly_proof = models.BooleanField("justificatif à renouveler chaque année", default=False)
    position = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "motif"
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "in_force_from"], name="motif_edition_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return self.label


class RequiredJustificatif(models.Model):
    """A document that a motif asks for."""

    motif = models.ForeignKey(Motif, on_delete=models.CASCADE, related_name="required_justificatifs")
    code = models.SlugField("code", max_length=50)
    label = models.CharField("document", max_length=150)
    help_text = models.CharField("aide", max_length=300, blank=True)
    by_law = models.BooleanField("exigé par la loi elle-même", default=False)
    position = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "justificatif demandé"
        verbose_name_plural = "justificatifs demandés"
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["motif", "code"], name="required_justificatif_once"),
        ]

    def __str__(self) -> str:
        return self.label


class Dispense(models.Model):
    """A waiver request of one employee, from draft to decision. Only the services change its status."""

    number = models.BigAutoField("numéro", primary_key=True)
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="dispenses", verbose_name="salarié")
    motif = models.ForeignKey(
        Motif, on_delete=models.PROTECT, null=True, blank=True, related_name="dispenses", verbose_name="motif"
    )
    status = models.CharField("statut", max_length=20, choices=STATUS_CHOICES, default=Status.DRAFT.value)
    status_at = models.DateTimeField("statut depuis le", default=timezone.now)
    matricule = models.CharField("matricule", max_length=30, blank=True)
    hired_on = models.DateField("date d’embauche", null=True, blank=True)
    answers = models.JSONField("précisions", default=dict, blank=True)
    created_at = models.DateTimeField("commencée le", default=timezone.now)
    updated_at = models.DateTimeField("modifiée le", auto_now=True)
    submitted_at = models.DateTimeField("envoyée le", null=True, blank=True)
    decided_at = models.DateTimeField("décidée le", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="décidée par",
    )
    decision_reason = models.TextField("motivation de la décision", blank=True)
    decision_rule = models.CharField("règle invoquée", max_length=200, blank=True)
    ends_on = models.DateField("dispense valable jusqu’au", null=True, blank=True)
    has_virus = models.BooleanField("document mis à l’écart", default=False, editable=False)

    class Meta:
        verbose_name = "dispense"
        ordering: ClassVar[list[str]] = ["-number"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["employee", "-number"], name="dispense_by_employee"),
            models.Index(fields=["status", "submitted_at"], name="dispense_queue"),
            models.Index(fields=["ends_on"], name="dispense_ending", condition=Q(status=Status.ACCEPTED.value)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employee"],
                name="dispense_one_open",
                condition=Q(status__in=[status.value for status in OPEN_STATUSES]),
                violation_error_message="Une demande est déjà ouverte pour ce salarié.",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT.value, submitted_at__isnull=True)
                | (
                    ~Q(status=Status.DRAFT.value)
                    & Q(submitted_at__isnull=False, motif__isnull=False, hired_on__isnull=False)
                ),
                name="dispense_sent_coherence",
                violation_error_message="Une demande envoyée a une date d’envoi, un motif et une date d’embauche.",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[Status.ACCEPTED.value, Status.REFUSED.value, Status.ENDED.value],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                )
                | (
                    ~Q(status__in=[Status.ACCEPTED.value, Status.REFUSED.value, Status.ENDED.value])
                    & Q(decided_at__isnull=True, decided_by__isnull=True)
                ),
                name="dispense_decision_coherence",
                violation_error_message="Une décision a une date et un auteur.",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.REFUSED.value) | (~Q(decision_reason="") & ~Q(decision_rule="")),
                name="dispense_refusal_has_reason",
                violation_error_message="Un refus est motivé et cite la règle.",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True)
                | Q(decided_at__isnull=True)
                | Q(decided_at__gte=F("submitted_at")),
                name="dispense_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"Dispense N°{self.number}"


class Declaration(AppendOnly):
    """What the employee signed at one sending, word for word, with the answers given at that moment."""

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="declarations")
    signed_at = models.DateTimeField("signée le", default=timezone.now)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    motif_label = models.CharField("motif", max_length=120)
    legal_basis = models.CharField("fondement", max_length=200)
    text = models.TextField("texte signé")
    answers = models.JSONField("réponses")

    class Meta:
        verbose_name = "déclaration"
        ordering: ClassVar[list[str]] = ["signed_at", "id"]

    def __str__(self) -> str:
        return f"Déclaration du {timezone.localtime(self.signed_at):%d/%m/%Y} – {self.dispense}"


class Complement(models.Model):
    """What the centre asks for when something is missing, and the employee's answer in preparation."""

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="complements")
    message = models.TextField("demande du centre")
    asked_at = models.DateTimeField("demandé le", default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField("réponses en préparation", default=dict, blank=True)
    answered_at = models.DateTimeField("complété le", null=True, blank=True)
    closed_at = models.DateTimeField("clos sans réponse le", null=True, blank=True)

    class Meta:
        verbose_name = "complément"
        ordering: ClassVar[list[str]] = ["-asked_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["dispense"],
                name="complement_one_open",
                condition=Q(answered_at__isnull=True, closed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Complément du {timezone.localtime(self.asked_at):%d/%m/%Y} – {self.dispense}"


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
    has_preview: bool
    is_awaited: bool
    missing_since: datetime | None


def justificatif_storage() -> Storage:
    return storages["justificatifs"]


def random_key(instance: "Justificatif", filename: str) -> str:
    """Key under which the bytes are stored: random, so that the name given by the person stays data."""
    key = uuid.uuid4().hex
    return f"{key[:2]}/{key}"


class Justificatif(models.Model):
    """A document joined to a request: original bytes untouched under a random key, released once found clean.

    `scan_next_at` and `preview_next_at`: when the work is due; whoever takes it moves them past the end of its lease.
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
    hints = models.JSONField("aide à la lecture", default=dict, blank=True)
    missing_since = models.DateTimeField("fichier introuvable depuis le", null=True, blank=True)

    seen_in: list[int]  # given by dispenses.desk.queries.mark_same_files

    class Meta:
        verbose_name = "justificatif"
        ordering: ClassVar[list[str]] = ["received_at", "id"]
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
    def is_released(self) -> bool:
        """Whether its bytes may be handed over: found clean, or not scanned because the antivirus is switched off."""
        if self.scan_status == ScanStatus.DISABLED:
            return not settings.PORTAL_CLAMD
        return self.scan_status == ScanStatus.CLEAN

    @property
    def is_infected(self) -> bool:
        return self.scan_status == ScanStatus.INFECTED

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
        return ShownJustificatif(**{field.name: getattr(self, field.name) for field in fields(ShownJustificatif)})

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


class TimelineEvent(AppendOnly):
    """One line of « Historique de la demande », written by the transition itself."""

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="events")
    transition = models.CharField("évènement", max_length=30)
    from_status = models.CharField(max_length=20, choices=STATUS_CHOICES)
    to_status = models.CharField(max_length=20, choices=STATUS_CHOICES)
    at = models.DateTimeField("le", default=timezone.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField("par", max_length=210)
    comment = models.TextField("commentaire", blank=True)
    files = models.JSONField("fichiers", default=list, blank=True)

    class Meta:
        verbose_name = "évènement"
        ordering: ClassVar[list[str]] = ["-at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["dispense", "-at", "-id"], name="event_of_dispense"),
        ]

    def __str__(self) -> str:
        return f"{self.label} le {timezone.localtime(self.at):%d/%m/%Y}"

    @property
    def label(self) -> str:
        return TRANSITIONS[self.transition].label if self.transition in TRANSITIONS else self.transition

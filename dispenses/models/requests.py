"""The request, and what was asked to complete it."""

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Acte, Employee
from dispenses.enums import EndCause
from dispenses.models.motifs import Motif
from dispenses.workflow import OPEN_STATUSES, STATUS_LABELS, Status

STATUS_CHOICES = list(STATUS_LABELS.items())
FIRST_NUMBER = 20_000


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
    effective_on = models.DateField("dispense à compter du", null=True, blank=True)
    ends_on = models.DateField("dispense valable jusqu’au", null=True, blank=True)
    confirm_by = models.DateField("à confirmer avant le", null=True, blank=True)
    unconfirmed_since = models.DateField("preuve à renouveler depuis le", null=True, blank=True)
    ends = models.JSONField("fins connues, par cause", default=dict, db_default={}, blank=True, editable=False)
    end_cause = models.CharField(
        "pourquoi cette fin", max_length=20, choices=EndCause.choices, blank=True, default="", editable=False
    )
    superseded_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="supersedes",
        verbose_name="remplacée par",
        editable=False,
    )
    follows = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="followed_by",
        verbose_name="fait suite à",
        editable=False,
    )
    abandoned_at = models.DateTimeField("abandonnée le", null=True, blank=True, editable=False)
    look_on = models.DateField("deuxième regard à partir du", null=True, blank=True, editable=False)
    look_acte_on = models.DateField("premier jour de l’acte qui ferme le motif", null=True, blank=True, editable=False)
    look_card_by = models.DateField("carte attendue jusqu’au", null=True, blank=True, editable=False)
    look_transfer_on = models.DateField("transférée, à revoir, le", null=True, blank=True, editable=False)
    history_rank = models.PositiveIntegerField("lignes de l’historique", default=0, editable=False)
    history_seal = models.CharField("empreinte de l’historique", max_length=64, blank=True, default="", editable=False)
    has_virus = models.BooleanField("document mis à l’écart", default=False, editable=False)

    acte_of_its_day: Acte | None  # given by dispenses.request.contents.acte_of
    employer_of_page: int | None = None  # given by dispenses.request.permissions.get_own_dispense
    answer_due_on: date | None  # given by the annotation of dispenses.queue.promise
    granted_of_page: dict[str, date] | None = None  # given by dispenses.request.permissions.get_own_draft_and_granted

    class Meta:
        verbose_name = "dispense"
        ordering: ClassVar[list[str]] = ["-number"]
        permissions = [
            ("reopen_dispense", "Peut rouvrir une demande décidée"),
            ("reassign_dispense", "Peut réattribuer la demande d’un autre"),
            ("bulk_decide_dispense", "Peut décider de plusieurs demandes à la fois"),
            ("view_pictures", "Peut voir les chiffres de toute l’équipe"),
            ("view_consultations", "Peut lire le journal des consultations"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["employee", "-number"], name="dispense_by_employee"),
            models.Index(fields=["status", "submitted_at"], name="dispense_queue"),
            models.Index(
                fields=["status", "ends_on", "number"], name="dispense_to_end", condition=Q(ends_on__isnull=False)
            ),
            models.Index(
                fields=["status", "confirm_by", "number"],
                name="dispense_to_confirm",
                condition=Q(confirm_by__isnull=False, unconfirmed_since__isnull=True, superseded_by__isnull=True),
            ),
            models.Index(
                fields=["status", "unconfirmed_since", "number"],
                name="dispense_to_renew",
                condition=Q(unconfirmed_since__isnull=False),
            ),
            models.Index(
                fields=["status", "look_on", "number"],
                name="dispense_to_look",
                condition=Q(look_on__isnull=False, superseded_by__isnull=True),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employee"],
                name="dispense_one_open",
                condition=Q(status__in=[status.value for status in OPEN_STATUSES]),
                violation_error_message="Une demande est déjà ouverte pour ce salarié.",
            ),
            models.UniqueConstraint(
                fields=["employee"],
                name="dispense_one_in_force",
                condition=Q(status=Status.ACCEPTED.value, superseded_by__isnull=True),
                violation_error_message="Une autre dispense est en vigueur pour ce salarié.",
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


class LifeStep(models.Model):
    """A step of the life of a dispense, or of a draft, that was told: once for the day that it is about."""

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField("étape", max_length=30)
    target = models.DateField("jour visé")
    told_at = models.DateTimeField("dite le", default=timezone.now)

    class Meta:
        verbose_name = "étape d’une dispense"
        verbose_name_plural = "étapes des dispenses"
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dispense", "step", "target"], name="life_step_once"),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.target:%d/%m/%Y} – {self.dispense}"


class Complement(models.Model):
    """What the centre asks for when something is missing, and the employee's answer in preparation.

    `corrections`: what the centre opens to correction (dispenses.enums.Correction); `matricule`, `hired_on`, `motif`:
    as corrected so far. `unavailable`: why a document cannot be given, by its code.
    """

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="complements")
    message = models.TextField("demande du centre")
    asked_at = models.DateTimeField("demandé le", default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField("réponses en préparation", default=dict, blank=True)
    corrections = models.JSONField("ce qu’il peut corriger", default=list, db_default=[], blank=True)
    matricule = models.CharField("matricule corrigé", max_length=30, blank=True, default="", db_default="")
    hired_on = models.DateField("date d’embauche corrigée", null=True, blank=True)
    motif = models.ForeignKey(
        Motif, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="motif corrigé"
    )
    unavailable = models.JSONField("documents qu’il ne peut pas fournir", default=dict, db_default={}, blank=True)
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

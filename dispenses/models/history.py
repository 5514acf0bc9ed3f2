"""What was signed and what happened: rows written once."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dispenses.models.requests import STATUS_CHOICES, Dispense
from dispenses.workflow import OTHER_EVENTS, TRANSITIONS
from portal.lib.append_only import AppendOnly


class Sealed(AppendOnly):
    """A row of the history of a request: its rank from 1, and its seal (dispenses.request.history)."""

    rank = models.PositiveIntegerField("rang", null=True, editable=False)
    seal = models.CharField("empreinte", max_length=64, blank=True, default="", editable=False)

    class Meta:
        abstract = True


class Declaration(Sealed):
    """What the employee signed at one sending, word for word, with the answers given at that moment."""

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="declarations")
    signed_at = models.DateTimeField("signée le", default=timezone.now)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    motif_label = models.CharField("motif", max_length=160)
    legal_basis = models.CharField("fondement", max_length=200)
    text = models.TextField("texte signé")
    answers = models.JSONField("réponses")

    class Meta:
        verbose_name = "déclaration"
        ordering: ClassVar[list[str]] = ["signed_at", "id"]

    def __str__(self) -> str:
        return f"Déclaration du {timezone.localtime(self.signed_at):%d/%m/%Y} – {self.dispense}"


class TimelineEvent(Sealed):
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
            models.Index(fields=["actor", "at"], name="event_of_actor", condition=Q(actor__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.label} le {timezone.localtime(self.at):%d/%m/%Y}"

    @property
    def label(self) -> str:
        if self.transition in TRANSITIONS:
            return TRANSITIONS[self.transition].label
        return OTHER_EVENTS.get(self.transition, self.transition)

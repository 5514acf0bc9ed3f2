"""Where events are announced over HTTPS, and one row per event and address, written in the transaction of its cause."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.enums import CallStatus
from portal.lib.sealing import SealedField

PURPOSE = b"webhook-secret"


class WebhookEndpoint(models.Model):
    """An address that receives the events of an `owner`, a key that the rooms above choose (« employer:12 »).

    Secrets are sealed: they sign each call, so that a hash would not do. `held_by`: who answers for it, a key that the
    rooms above choose too; "" when nobody knows.
    """

    owner = models.CharField(max_length=60)
    held_by = models.CharField(max_length=60, blank=True, default="")
    url = models.CharField("adresse", max_length=500)
    sealed_secret = SealedField(purpose=PURPOSE, editable=False)
    sealed_former_secret = SealedField(purpose=PURPOSE, blank=True, editable=False)
    former_secret_until = models.DateTimeField("ancien secret valable jusqu’au", null=True, blank=True)
    created_at = models.DateTimeField("créé le", default=timezone.now)
    paused_at = models.DateTimeField("suspendu le", null=True, blank=True)
    pause_reason = models.CharField("raison de la suspension", max_length=200, blank=True)
    removed_at = models.DateTimeField("supprimé le", null=True, blank=True)

    class Meta:
        verbose_name = "point d’appel"
        verbose_name_plural = "points d’appel"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner"], name="endpoint_of_owner", condition=Q(removed_at__isnull=True)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True, pause_reason="")
                | (Q(paused_at__isnull=False) & ~Q(pause_reason="")),
                name="endpoint_pause_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(sealed_former_secret="", former_secret_until__isnull=True)
                | (~Q(sealed_former_secret="") & Q(former_secret_until__isnull=False)),
                name="endpoint_former_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.url

    def pause(self, reason: str) -> None:
        """No event for this address until `resume`; those that wait are kept as long as they would be retried."""
        WebhookEndpoint.objects.filter(pk=self.pk, paused_at__isnull=True).update(
            paused_at=timezone.now(), pause_reason=reason[:200]
        )

    def resume(self, *, held_by: str = "") -> None:
        """Events again, answered for by whoever resumes; those that waited leave at the next sweep."""
        WebhookEndpoint.objects.filter(pk=self.pk).update(paused_at=None, pause_reason="", held_by=held_by)

    def former_secret_counts(self, now: datetime) -> bool:
        """Whether calls are signed with the former secret too."""
        return self.former_secret_until is not None and now < self.former_secret_until


class OutgoingCall(models.Model):
    """One event for one address, and where it stands. `event_id` is the same at each try, and at a re-send."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="calls")
    event_id = models.CharField("évènement", max_length=40)
    event_type = models.CharField("nature", max_length=40)
    body = models.TextField("contenu")
    dedup_key = models.CharField("clé d’unicité", max_length=200)
    status = models.CharField("état", max_length=10, choices=CallStatus.choices, default=CallStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    next_try_at = models.DateTimeField("prochain essai", default=timezone.now)
    give_up_at = models.DateTimeField("abandon le")
    leased_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField("créé le", default=timezone.now)
    sent_at = models.DateTimeField("reçu le", null=True, blank=True)
    last_error = models.CharField("dernière erreur", max_length=300, blank=True)

    class Meta:
        verbose_name = "appel de webhook"
        verbose_name_plural = "appels de webhooks"
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["next_try_at"], name="call_due", condition=Q(status__in=["queued", "retry"])),
            models.Index(fields=["leased_until"], name="call_leased", condition=Q(status="sending")),
            models.Index(fields=["created_at"], name="call_by_age"),
            models.Index(fields=["endpoint", "-id"], name="call_of_endpoint"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["endpoint", "dedup_key"],
                name="call_unique",
                violation_error_message="Cet évènement est déjà écrit.",
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | (~Q(status="sent") & Q(sent_at__isnull=True)),
                name="call_sent_coherence",
            ),
            models.CheckConstraint(
                condition=Q(status="sending", leased_until__isnull=False)
                | (~Q(status="sending") & Q(leased_until__isnull=True)),
                name="call_lease_coherence",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} – {self.event_id}"

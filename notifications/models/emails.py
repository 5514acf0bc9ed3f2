"""One row per e-mail, written in the transaction of its cause."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from notifications.enums import EmailStatus, Urgency
from portal.lib.sealing import SealedField

KEY_LENGTH = 200
DUE_STATUSES = (EmailStatus.QUEUED.value, EmailStatus.RETRY.value)


class OutgoingEmail(models.Model):
    """A message and where it stands. Bodies of sensitive kinds are encrypted, and every body is blanked if secret.

    A mail of many has no body until it is sent: `context` then holds its values, encrypted if they are secret.
    """

    kind = models.CharField("nature", max_length=30)  # of a message, declared by its room
    to = models.EmailField("destinataire", max_length=254)
    subject = models.CharField("objet", max_length=200)
    text_body = SealedField("texte", only="sensitive")
    html_body = SealedField("HTML", only="sensitive")
    context = SealedField("valeurs", only="sensitive", blank=True, editable=False)  # until its bodies are written
    sensitive = models.BooleanField("porte un secret", default=False)
    attachment_name = models.CharField("pièce jointe", max_length=100, blank=True)
    attachment_type = models.CharField(max_length=60, blank=True)
    attachment = models.BinaryField(null=True, editable=False)
    attachment_maker = models.CharField(max_length=40, blank=True, editable=False)  # notifications.attachments
    attachment_key = models.CharField(max_length=100, blank=True, editable=False)
    dedup_key = models.CharField("clé d’unicité", max_length=KEY_LENGTH)
    message_id = models.CharField(max_length=120)
    status = models.CharField("état", max_length=10, choices=EmailStatus.choices, default=EmailStatus.QUEUED)
    urgency = models.PositiveSmallIntegerField(
        "urgence", choices=Urgency.choices, default=Urgency.USUAL, editable=False
    )
    about = models.CharField(max_length=40, blank=True, db_default="", default="", editable=False)  # Message.about
    # Of the request that wrote it, in the log (portal.lib.correlation).
    request_number = models.CharField(max_length=64, blank=True, db_default="", default="", editable=False)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    next_try_at = models.DateTimeField("prochain essai", default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField("créé le", default=timezone.now)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)
    last_error = models.CharField("dernière erreur", max_length=300, blank=True)

    class Meta:
        verbose_name = "e-mail"
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["urgency", "next_try_at"], name="email_by_urgency", condition=Q(status__in=["queued", "retry"])
            ),
            models.Index(fields=["leased_until"], name="email_leased", condition=Q(status="sending")),
            models.Index(fields=["sent_at"], name="email_sent", condition=Q(status="sent")),
            models.Index(fields=["status", "-id"], name="email_by_status"),
            models.Index(fields=["kind", "-id"], name="email_by_kind"),
            models.Index(Upper("to"), name="email_by_address"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Not unique=True, which gives PostgreSQL a second index that each sending would have to write.
            models.UniqueConstraint(
                fields=["dedup_key"], name="email_unique", violation_error_message="Cet e-mail est déjà écrit."
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | (~Q(status="sent") & Q(sent_at__isnull=True)),
                name="email_sent_coherence",
            ),
            models.CheckConstraint(
                condition=Q(status="sending", leased_until__isnull=False)
                | (~Q(status="sending") & Q(leased_until__isnull=True)),
                name="email_lease_coherence",
            ),
        ]

    def __str__(self) -> str:
        return f"E-mail à {self.to}"  # its nature may tell what not everybody may read

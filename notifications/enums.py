from django.db import models


class EmailStatus(models.TextChoices):
    QUEUED = "queued", "À envoyer"
    SENDING = "sending", "Envoi en cours"
    RETRY = "retry", "À réessayer"
    SENT = "sent", "Envoyé"
    FAILED = "failed", "Échec définitif"


class CallStatus(models.TextChoices):
    """Where a webhook call stands: the states of a mail, said of an event."""

    QUEUED = "queued", "À envoyer"
    SENDING = "sending", "Envoi en cours"
    RETRY = "retry", "À réessayer"
    SENT = "sent", "Reçu"
    FAILED = "failed", "Abandonné"

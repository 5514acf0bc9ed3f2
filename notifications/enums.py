from django.db import models


class EmailStatus(models.TextChoices):
    QUEUED = "queued", "À envoyer"
    SENDING = "sending", "Envoi en cours"
    RETRY = "retry", "À réessayer"
    SENT = "sent", "Envoyé"
    FAILED = "failed", "Échec définitif"


class Urgency(models.IntegerChoices):
    """Which mails leave first, whatever waits: the lowest."""

    AWAITED = 1, "Attendu"  # somebody sits in front of a page until it comes
    USUAL = 5, "Courant"
    MANY = 9, "En nombre"  # one of thousands


class CallStatus(models.TextChoices):
    """Where a webhook call stands: the states of a mail, said of an event."""

    QUEUED = "queued", "À envoyer"
    SENDING = "sending", "Envoi en cours"
    RETRY = "retry", "À réessayer"
    SENT = "sent", "Reçu"
    FAILED = "failed", "Abandonné"


class Tallied(models.TextChoices):
    """What is counted across processes (notifications.models.tallies)."""

    TASK_DONE = "task_done", "Tâche faite"
    TASK_FAILED = "task_failed", "Tâche en échec"
    MAIL_POSTPONED = "mail_postponed", "E-mail remis à plus tard"
    MAIL_ABANDONED = "mail_abandoned", "E-mail abandonné"

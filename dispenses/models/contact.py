"""What people ask the centre outside of a request, and its answer."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dispenses.enums import Asker, Subject


class Question(models.Model):
    """A question of the contact form, answered once by mail.

    `network`: from where it came, to count by (portal.lib.client). `number`: of the asker's own request, if it is about
    one; no key, so that a question never holds evidence back.
    """

    asked_at = models.DateTimeField("reçue le", default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="compte"
    )
    asker = models.CharField("qui", max_length=20, choices=Asker.choices)
    name = models.CharField("nom", max_length=210)
    email = models.EmailField("adresse e-mail", max_length=254)
    subject = models.CharField("objet", max_length=20, choices=Subject.choices)
    number = models.PositiveBigIntegerField("demande N°", null=True)
    text = models.TextField("question", max_length=4000)
    network = models.CharField(max_length=50, blank=True, editable=False)
    answered_at = models.DateTimeField("répondue le", null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="répondue par"
    )
    answer = models.TextField("réponse", max_length=4000, blank=True)

    class Meta:
        verbose_name = "question"
        ordering: ClassVar[list[str]] = ["-asked_at", "-id"]
        default_permissions = ("view", "change")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["asked_at"], name="question_waiting", condition=Q(answered_at__isnull=True)),
            models.Index(fields=["user", "asked_at"], name="question_by_user"),
            models.Index(fields=["network", "asked_at"], name="question_by_network"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="question_answered_coherence",
            ),
        ]

    def __str__(self) -> str:
        return f"Question N°{self.pk} ({self.get_subject_display()})"

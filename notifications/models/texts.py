"""The wording of a mail, when an administrator has written another than the default one."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone


class EmailText(models.Model):
    """One version of the wording of a kind of mail; the last one holds. Written once, never changed.

    `original`: from then on the default wording (templates/emails) is used again, the three texts are empty.
    """

    kind = models.CharField("message", max_length=30)
    subject = models.CharField("objet", max_length=150, blank=True)
    body = models.TextField("texte", max_length=5000, blank=True)
    button = models.CharField("libellé du bouton", max_length=60, blank=True)
    original = models.BooleanField("retour au texte d’origine", default=False)
    written_at = models.DateTimeField("écrit le", default=timezone.now)
    written_by = models.CharField("par", max_length=254)

    class Meta:
        verbose_name = "texte d’e-mail"
        verbose_name_plural = "textes des e-mails"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["kind", "-id"], name="email_text_versions")]

    def __str__(self) -> str:
        return f"{self.kind}, version du {timezone.localtime(self.written_at):%d/%m/%Y}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Une version d’un texte ne se modifie pas.")
        super().save(*args, **kwargs)

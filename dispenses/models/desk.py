"""What each person of the centre keeps of the queue: views under a name, and when they last came."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """Filters of the queue under a name. `query` is an address's query string, read again at each use."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField("nom", max_length=60)
    query = models.CharField("filtres", max_length=500)
    shared = models.BooleanField("partagée avec l’équipe", default=False)

    class Meta:
        verbose_name = "vue de la file"
        verbose_name_plural = "vues de la file"
        default_permissions = ()
        ordering: ClassVar[list[str]] = ["name", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class DeskVisit(models.Model):
    """When a person last looked at the queue. A silence of half an hour ends a visit (dispenses.desk.visits)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    seen_at = models.DateTimeField("vue le")
    previous_at = models.DateTimeField("fin de la visite précédente")

    class Meta:
        verbose_name = "visite de la file"
        verbose_name_plural = "visites de la file"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user} – {self.seen_at:%d/%m/%Y %H:%M}"

"""Lists taken out of the portal: who, when, with which filter, how many rows."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Employer
from portal.lib.append_only import AppendOnly


class ListExport(AppendOnly):
    """One export, written before its first byte leaves. `employer` is empty for the centre's own list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="par")
    employer = models.ForeignKey(
        Employer, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="employeur"
    )
    at = models.DateTimeField("le", default=timezone.now)
    what = models.SlugField("liste", max_length=30)
    form = models.SlugField("format", max_length=10)
    filters = models.JSONField("filtre", default=dict, blank=True)
    rows = models.PositiveIntegerField("lignes")

    class Meta:
        verbose_name = "export de liste"
        verbose_name_plural = "exports de listes"
        ordering: ClassVar[list[str]] = ["-at", "-id"]

    def __str__(self) -> str:
        lines = "lignes" if self.rows > 1 else "ligne"
        return f"{self.what} ({self.form}), {self.rows} {lines}, le {timezone.localtime(self.at):%d/%m/%Y}"

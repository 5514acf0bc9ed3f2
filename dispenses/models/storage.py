"""Stored objects that no row names."""

from django.db import models


class UnknownObject(models.Model):
    """An object without a row, and when it was first seen: it waits before it is deleted (documents.reconciliation)."""

    key = models.CharField("clé", max_length=200, unique=True)
    seen_at = models.DateTimeField("vu le")

    class Meta:
        verbose_name = "objet sans ligne"
        default_permissions = ()

    def __str__(self) -> str:
        return self.key

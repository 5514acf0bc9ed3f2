"""Rows that are written once: evidence and logs."""

from typing import Any, Never, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class AppendOnly(models.Model):
    """Evidence: a row that is written once and never changed."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} ne se modifie pas.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise TypeError(f"{type(self).__name__} ne se supprime pas.")


def outdated(log: type[Row]) -> models.QuerySet[Row]:
    """Rows of a log, to be deleted when their time is over: the one way to do so."""
    return models.QuerySet(log)


class WrittenOnce(models.QuerySet[Any]):
    """Rows of a log: no statement of ours changes or removes several of them either."""

    def update(self, **kwargs: Any) -> Never:
        raise TypeError(f"{self.model.__name__} ne se modifie pas.")

    def delete(self) -> Never:
        raise TypeError(f"{self.model.__name__} ne se supprime pas.")

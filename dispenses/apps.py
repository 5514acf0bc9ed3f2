from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class DispensesConfig(AppConfig):
    name = "dispenses"
    verbose_name = "Dispenses"

    def ready(self) -> None:
        """An employee corrected by the employer is found under the new name at once."""
        post_save.connect(_refresh_queue, sender="accounts.Employee", dispatch_uid="dispenses.refresh_queue")


def _refresh_queue(instance: Any, created: bool, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    from dispenses.queue import rows

    if not created and not kwargs["raw"] and (update_fields is None or rows.SEARCHED & update_fields):
        rows.refresh_person(instance)

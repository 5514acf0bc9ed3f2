"""What the queue's rows follow besides requests."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from dispenses.queue import rows


@receiver(post_save, sender="accounts.Employee", dispatch_uid="dispenses.refresh_queue")
def refresh_queue(instance: Any, created: bool, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    """An employee corrected by the employer is found under the new name at once."""
    if not created and not kwargs["raw"] and (update_fields is None or rows.SEARCHED & update_fields):
        rows.refresh_person(instance)

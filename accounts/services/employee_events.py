"""A change of an employee's state: dated for who asks « what changed since », announced to the employer's software."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from accounts.models import Employee
from accounts.owners import webhook_owner
from notifications.models import WebhookEndpoint
from notifications.webhooks import events


def note_change(employee_ids: Iterable[int], at: datetime) -> None:
    """Date the last change of these employees. Each change of what the API tells must come through here."""
    Employee.objects.filter(pk__in=list(employee_ids)).update(changed_at=at)


def announce(
    employee: Employee,
    event_type: str,
    *,
    at: datetime,
    dedup_key: str,
    data: Callable[[], Mapping[str, Any]],
) -> None:
    """Date a change of the employee's state and write its event, in the transaction of the change."""
    note_change([employee.pk], at)
    events.announce(owner=webhook_owner(employee.employer_id), event_type=event_type, data=data, dedup_key=dedup_key)


def of_employee(employee: Employee, state: str, dispense: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What an event tells: who, in which state, about which request. Never a motif, a document or a name."""
    return {
        "employee": {"id": employee.pk, "matricule": employee.matricule, "state": state},
        "dispense": dict(dispense) if dispense else None,
    }


def listeners(employer_ids: Iterable[int]) -> set[int]:
    """Among these employers, those whose software listens."""
    owners = {webhook_owner(employer_id): employer_id for employer_id in set(employer_ids)}
    live = WebhookEndpoint.objects.filter(owner__in=owners, removed_at__isnull=True, paused_at__isnull=True)
    return {owners[owner] for owner in live.values_list("owner", flat=True)}

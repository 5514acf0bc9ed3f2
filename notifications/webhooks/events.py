"""The way in: an event becomes one row per live address, in the transaction of its cause."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications.enums import CallStatus
from notifications.models import OutgoingCall, WebhookEndpoint
from notifications.webhooks.delivery import deliver
from portal.lib.commits import after_commit
from portal.lib.hints import hint

TRIED_FOR = timedelta(days=3)


def listening(owner: str) -> QuerySet[WebhookEndpoint]:
    """Addresses of `owner` that take events at present."""
    return WebhookEndpoint.objects.filter(owner=owner, removed_at__isnull=True, paused_at__isnull=True)


def announce(*, owner: str, event_type: str, data: Callable[[], Mapping[str, Any]], dedup_key: str) -> int:
    """Write the event for each live address of `owner`; `data` is only asked for when there is one. Returns how many.

    Raises TransactionManagementError outside a transaction: the event and the fact it announces are one.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Un évènement s’écrit dans la transaction du fait qu’il annonce.")
    endpoints = list(listening(owner))
    if not endpoints:
        return 0
    return write(endpoints, event_type=event_type, data=data(), dedup_key=dedup_key)


def write(endpoints: list[WebhookEndpoint], *, event_type: str, data: Mapping[str, Any], dedup_key: str) -> int:
    """Write one event for these addresses, and wake a worker at the commit. What is already there stays as it is."""
    now = timezone.now()
    event_id = f"evt_{uuid.uuid4().hex}"
    body = json.dumps(
        {"id": event_id, "type": event_type, "created_at": timezone.localtime(now).isoformat(), "data": dict(data)},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    OutgoingCall.objects.bulk_create(
        [
            OutgoingCall(
                endpoint=endpoint,
                event_id=event_id,
                event_type=event_type,
                body=body,
                dedup_key=dedup_key,
                give_up_at=now + TRIED_FOR,
            )
            for endpoint in endpoints
        ],
        ignore_conflicts=True,
    )
    after_commit(wake)
    return len(endpoints)


def send_again(*, call: OutgoingCall) -> bool:
    """Put a settled event back in the queue, under the same id. False when it is being sent or waits already."""
    now = timezone.now()
    with transaction.atomic():
        changed = OutgoingCall.objects.filter(
            pk=call.pk, status__in=[CallStatus.SENT, CallStatus.FAILED], endpoint__removed_at__isnull=True
        ).update(
            status=CallStatus.RETRY,
            sent_at=None,
            attempts=0,
            next_try_at=now,
            give_up_at=now + TRIED_FOR,
            last_error="",
        )
        if changed:
            after_commit(wake)
    return bool(changed)


def wake() -> None:
    """Tell a worker that events are due."""
    hint(deliver)

"""One effect per key: the answer is written in the transaction of what it tells, and given again to who asks again."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.exceptions import KeyUsedOtherwise
from accounts.models import Employer, IdempotentRequest
from portal.lib.leases import purge

KEPT = timedelta(hours=48)


@transaction.atomic
def once(*, employer: Employer, key: str, body: bytes, act: Callable[[], str]) -> tuple[str, bool]:
    """The answer of `act`, done once for this key, and whether it was already given.

    Two requests of one key at once: the second waits at the unique index for the first to commit. A process that dies
    leaves neither effect nor key. Raises KeyUsedOtherwise when the key served for another body.
    """
    digest = hashlib.sha256(body).hexdigest()
    mine = IdempotentRequest.objects.filter(employer=employer, key=key)
    try:
        with transaction.atomic():
            row = IdempotentRequest.objects.create(employer=employer, key=key, body_hash=digest, answer="")
    except IntegrityError:
        already = mine.get()
        if already.body_hash != digest:
            raise KeyUsedOtherwise from None
        return already.answer, True
    row.answer = act()
    row.save(update_fields=["answer"])
    return row.answer, False


@shared_task(name="accounts.tasks.purge_idempotency")
def purge_idempotency(now: datetime | None = None) -> int:
    """Forget the answers older than 48 hours. Returns how many."""
    now = now or timezone.now()
    return purge(IdempotentRequest.objects.filter(created_at__lt=now - KEPT))

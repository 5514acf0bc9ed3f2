"""The way out: claim, commit, POST, settle. At least once, and always under the same event id.

The calls of one address go one after the other, in order; several addresses at the same time, so that a silent server
delays nobody else. Only this thread touches the database: the others have the network alone. It renews the lease while
they call, and they begin no call under a lease that may be over.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue

from celery import shared_task
from cryptography.fernet import InvalidToken
from django.db.models import F, Q
from django.utils import timezone

from notifications.enums import CallStatus
from notifications.models import DUE_STATUSES, OutgoingCall, WebhookEndpoint
from notifications.models.webhooks import PURPOSE
from notifications.webhooks.addresses import AddressRefused
from notifications.webhooks.calling import CallFailed, post
from notifications.webhooks.signing import sign
from portal.lib.leases import LeaseLost, claim, held, later, purge, renew, take_back
from portal.lib.sealing import unseal

logger = logging.getLogger(__name__)

BATCH = 50
AT_ONCE = 8  # addresses called at the same time
# A killed worker's calls wait for the end of its lease: it is short, and renewed while they last.
LEASE = timedelta(minutes=1)
RENEW_SECONDS = 5
SURE_SECONDS = 20  # after a renewal: a call lasts 30 at most (calling), so that it ends within the lease
BATCH_SECONDS = 120  # then the rest of a batch is given back
RUN_SECONDS = 60  # with the batch begun last, under the soft time limit of the tasks; the next sweep goes on
FIRST_DELAY = 30  # seconds, doubled at each attempt
LONGEST_DELAY = 6 * 3600  # seconds
GONE = 410
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Outcome:
    """What one try gave. `tried`: False for a call left for later because the one before it failed."""

    received: bool = False
    tried: bool = True
    gone: bool = False
    error: str = ""


Outcomes = SimpleQueue[tuple[OutgoingCall, Outcome]]


@shared_task(name="notifications.tasks.deliver_webhooks")
def deliver(*, seconds: float = RUN_SECONDS) -> int:
    """Send every event that is due, for at most about `seconds`. Returns how many were received."""
    received = 0
    end = time.monotonic() + seconds
    due = OutgoingCall.objects.filter(
        status__in=DUE_STATUSES, endpoint__paused_at__isnull=True, endpoint__removed_at__isnull=True
    )
    while time.monotonic() < end and (rows := claim(due, limit=BATCH, lease=LEASE)):
        received += _call_all(rows)
    return received


class _Batch:
    """Rows under one lease. `waiting`: those without an outcome yet, by key."""

    def __init__(self, rows: Sequence[OutgoingCall]) -> None:
        self.waiting = {row.pk: row for row in rows}
        self.outcomes: Outcomes = SimpleQueue()
        self.renewed_at = time.monotonic()
        self.end = self.renewed_at + BATCH_SECONDS
        self.left = False  # no other call begins

    def may_call(self) -> bool:
        """Whether a call may begin; asked by the threads that call."""
        now = time.monotonic()
        return not self.left and now < self.end and now - self.renewed_at < SURE_SECONDS

    def settled(self) -> Iterator[tuple[OutgoingCall, Outcome]]:
        """The outcome of each row as it comes. The lease of the others is renewed meanwhile, or all is left."""
        while self.waiting:
            if not self.left and time.monotonic() - self.renewed_at >= RENEW_SECONDS:
                self._renew()
            try:
                row, outcome = self.outcomes.get(timeout=RENEW_SECONDS)
            except Empty:
                continue
            del self.waiting[row.pk]
            yield row, outcome

    def _renew(self) -> None:
        now = time.monotonic()
        try:
            renew(list(self.waiting.values()), lease=LEASE)
            self.renewed_at = now
        except LeaseLost:
            logger.warning("Lot de webhooks repris par un autre worker.")
            self.left = True


def _call_all(rows: list[OutgoingCall]) -> int:
    endpoints = WebhookEndpoint.objects.in_bulk({row.endpoint_id for row in rows})
    groups: dict[int, list[OutgoingCall]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.pk):
        groups[row.endpoint_id].append(row)
    batch, received = _Batch(rows), 0
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        try:
            for key, group in groups.items():
                pool.submit(_call_in_order, endpoints[key], group, batch)
            for row, outcome in batch.settled():
                _settle(row, endpoints[row.endpoint_id], outcome)
                received += outcome.received
        finally:
            batch.left = True  # interrupted: what is not called yet waits for the end of the lease
    return received


def _call_in_order(endpoint: WebhookEndpoint, rows: Sequence[OutgoingCall], batch: _Batch) -> None:
    """One outcome for each row, whatever happens. After a failure the others wait for the next time."""
    failed = ""
    for row in rows:
        if failed or not batch.may_call():
            batch.outcomes.put((row, Outcome(tried=False, error=failed)))
            continue
        try:
            outcome = _call(endpoint, row)
        except Exception as error:  # whatever it is, each row must have its outcome
            logger.exception("Webhook %s", row.pk)
            outcome = Outcome(error=type(error).__name__)
        failed = "" if outcome.received else outcome.error
        batch.outcomes.put((row, outcome))


def _call(endpoint: WebhookEndpoint, row: OutgoingCall) -> Outcome:
    body = row.body.encode()
    try:
        status = post(endpoint.url, headers=_headers(endpoint, row, body), body=body)
    except (AddressRefused, CallFailed) as error:
        return Outcome(error=str(error))
    except InvalidToken:
        return Outcome(error="Secret illisible\xa0: créez-en un nouveau")
    if 200 <= status < 300:
        return Outcome(received=True)
    if 300 <= status < 400:
        return Outcome(error=f"Redirection refusée ({status})")
    return Outcome(gone=status == GONE, error=f"Réponse {status}")


def _headers(endpoint: WebhookEndpoint, row: OutgoingCall, body: bytes) -> dict[str, str]:
    now = timezone.now()
    timestamp = int(now.timestamp())
    sealed = [endpoint.sealed_secret]
    if endpoint.former_secret_counts(now):
        sealed.append(endpoint.sealed_former_secret)
    signatures = [sign(unseal(one, PURPOSE), event_id=row.event_id, timestamp=timestamp, body=body) for one in sealed]
    return {
        "Content-Type": "application/json",
        "User-Agent": "portail-dispense-webhooks/1",
        "Webhook-Id": row.event_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": " ".join(signatures),
    }


def _settle(row: OutgoingCall, endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    now = timezone.now()
    if outcome.received:
        held([row]).update(
            status=CallStatus.SENT, sent_at=now, leased_until=None, attempts=F("attempts") + 1, last_error=""
        )
        return
    if outcome.gone:
        logger.warning("Webhook %s : l’adresse a répondu 410, elle est suspendue", endpoint.pk)
        endpoint.pause("L’adresse a répondu 410\xa0: elle n’existe plus")
    delay = min(FIRST_DELAY * 2 ** min(row.attempts, 20), LONGEST_DELAY) if outcome.error else 0
    next_try = later(delay)
    given_up = bool(outcome.error) and (outcome.gone or next_try > row.give_up_at)
    if given_up:
        logger.error("Webhook %s abandonné : %s", row.pk, outcome.error)
    held([row]).update(
        status=CallStatus.FAILED if given_up else CallStatus.RETRY,
        leased_until=None,
        attempts=row.attempts + outcome.tried,
        next_try_at=next_try,
        last_error=outcome.error[:300],
    )
    if outcome.tried:  # what waits for the same address would meet the same silence
        OutgoingCall.objects.filter(endpoint=endpoint, status__in=DUE_STATUSES, next_try_at__lt=next_try).update(
            next_try_at=next_try
        )


@shared_task(name="notifications.tasks.sweep_webhooks")
def requeue_stuck() -> int:
    """Take back the calls whose worker died; give up those that waited too long for a paused address.

    Returns how many were taken back.
    """
    now = timezone.now()
    OutgoingCall.objects.filter(endpoint__paused_at__isnull=False, status__in=DUE_STATUSES, give_up_at__lt=now).update(
        status=CallStatus.FAILED, last_error="Adresse suspendue"
    )
    return take_back(OutgoingCall.objects.all(), given_up=Q(give_up_at__lt=now))


@shared_task(name="notifications.tasks.purge_webhooks")
def purge_old() -> int:
    """Delete what was settled and is older than 30 days. Returns how many."""
    settled = OutgoingCall.objects.filter(status__in=[CallStatus.SENT, CallStatus.FAILED])
    return purge(settled.filter(created_at__lt=timezone.now() - KEPT))

"""The addresses of an owner: added, given a new secret, paused, removed. Secrets are shown once, then sealed."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from notifications.enums import CallStatus
from notifications.models import DUE_STATUSES, OutgoingCall, WebhookEndpoint
from notifications.models.webhooks import PURPOSE
from notifications.webhooks.addresses import AddressRefused, Code, parse, resolve
from notifications.webhooks.events import write
from notifications.webhooks.signing import mint_secret
from portal.lib.refusals import Refusal
from portal.lib.sealing import seal

MOST = 5  # addresses of one owner
MOST_TESTS = 5  # test events that wait at the same time
FORMER_SECRET_KEPT = timedelta(hours=24)
TEST_EVENT = "test"


class EndpointRefused(Refusal):
    """The change asked for is not possible."""


def check_url(url: str) -> None:
    """Raises AddressRefused unless the address is https and, when its name is known, leads to public machines."""
    target = parse(url)
    try:
        resolve(target)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(
            "Ce nom de machine est introuvable\xa0: vérifiez l’adresse", code=Code.UNKNOWN_HOST
        ) from error


@transaction.atomic
def add(*, owner: str, url: str, held_by: str = "") -> tuple[WebhookEndpoint, str]:
    """A new address, and its secret, which is not shown again. `url` is already checked.

    Raises EndpointRefused for an address already there, or one too many.
    """
    mine = list(WebhookEndpoint.objects.select_for_update().filter(owner=owner, removed_at__isnull=True))
    if any(endpoint.url == url for endpoint in mine):
        raise EndpointRefused("Cette adresse reçoit déjà vos évènements", code=Code.ALREADY_THERE, field="url")
    if len(mine) >= MOST:
        raise EndpointRefused(
            f"Vous avez déjà {MOST}\xa0adresses\xa0: supprimez-en une d’abord", code=Code.TOO_MANY, field="url"
        )
    secret = mint_secret()
    endpoint = WebhookEndpoint.objects.create(
        owner=owner, held_by=held_by, url=url, sealed_secret=seal(secret, PURPOSE)
    )
    return endpoint, secret


@transaction.atomic
def rotate(*, endpoint: WebhookEndpoint) -> str:
    """A new secret, shown once. For 24 hours calls carry both signatures, and nothing is refused meanwhile."""
    locked = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    secret = mint_secret()
    locked.sealed_former_secret = locked.sealed_secret
    locked.former_secret_until = timezone.now() + FORMER_SECRET_KEPT
    locked.sealed_secret = seal(secret, PURPOSE)
    locked.save(update_fields=["sealed_secret", "sealed_former_secret", "former_secret_until"])
    return secret


@transaction.atomic
def remove(*, endpoint: WebhookEndpoint) -> None:
    """Forget the address and its secrets; its past calls stay until they are purged."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk, removed_at__isnull=True).update(
        removed_at=timezone.now(), sealed_secret="", sealed_former_secret="", former_secret_until=None
    )
    OutgoingCall.objects.filter(endpoint=endpoint, status__in=DUE_STATUSES).update(
        status=CallStatus.FAILED, last_error="Adresse supprimée"
    )


@transaction.atomic
def send_test(*, endpoint: WebhookEndpoint) -> None:
    """An event that means nothing, sent like the others. Raises EndpointRefused when several wait already."""
    if endpoint.paused_at is not None:
        raise EndpointRefused("Cette adresse est suspendue\xa0: reprenez d’abord les envois", code=Code.PAUSED)
    waiting = OutgoingCall.objects.filter(endpoint=endpoint, event_type=TEST_EVENT).exclude(
        status__in=[CallStatus.SENT, CallStatus.FAILED]
    )
    if waiting.count() >= MOST_TESTS:
        raise EndpointRefused(
            "Des évènements d’essai attendent déjà\xa0: patientez qu’ils partent", code=Code.TESTS_WAIT
        )
    data = {"message": "Évènement d’essai du portail"}
    write([endpoint], event_type=TEST_EVENT, data=data, dedup_key=f"test:{uuid.uuid4().hex}")

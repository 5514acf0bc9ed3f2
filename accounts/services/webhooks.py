"""A company's webhook addresses: each gesture is in the company's journal, and none outlives who answers for it."""

from django.db import transaction

from accounts.enums import CompanyAct
from accounts.models import Correspondent, Employer, User
from accounts.owners import number_in, webhook_holder, webhook_owner
from accounts.services.journal import note_act
from notifications.models import WebhookEndpoint
from notifications.webhooks import endpoints

PAUSED = "Suspendue par un correspondant"
UNHELD = "La personne qui en répondait n’est plus correspondante. Si vous connaissez cette adresse, reprenez les envois"


@transaction.atomic
def add_webhook(*, employer: Employer, by: User, url: str) -> tuple[WebhookEndpoint, str]:
    """A new address and its secret, shown once. `url` is already checked. Raises EndpointRefused."""
    endpoint, secret = endpoints.add(owner=webhook_owner(employer.pk), url=url, held_by=webhook_holder(by.pk))
    note_act(act=CompanyAct.WEBHOOK_ADDED, by=by, employer=employer, detail=endpoint.url)
    return endpoint, secret


@transaction.atomic
def renew_webhook_secret(*, employer: Employer, by: User, endpoint: WebhookEndpoint) -> str:
    """A new secret, shown once; the former counts for a day."""
    note_act(act=CompanyAct.WEBHOOK_SECRET, by=by, employer=employer, detail=endpoint.url)
    return endpoints.rotate(endpoint=endpoint)


@transaction.atomic
def pause_webhook(*, employer: Employer, by: User, endpoint: WebhookEndpoint) -> None:
    """No event for this address until somebody resumes it."""
    endpoint.pause(PAUSED)
    note_act(act=CompanyAct.WEBHOOK_PAUSED, by=by, employer=employer, detail=endpoint.url)


@transaction.atomic
def resume_webhook(*, employer: Employer, by: User, endpoint: WebhookEndpoint) -> None:
    """Events again: `by` answers for the address from now on."""
    endpoint.resume(held_by=webhook_holder(by.pk))
    note_act(act=CompanyAct.WEBHOOK_RESUMED, by=by, employer=employer, detail=endpoint.url)


@transaction.atomic
def remove_webhook(*, employer: Employer, by: User, endpoint: WebhookEndpoint) -> None:
    """Forget the address and its secrets."""
    endpoints.remove(endpoint=endpoint)
    note_act(act=CompanyAct.WEBHOOK_REMOVED, by=by, employer=employer, detail=endpoint.url)


def pause_unheld_webhooks(*, employer: Employer | None = None) -> int:
    """Pause the addresses, of one employer or of all, whose holder acts for it no more. Returns how many.

    Those added before anybody was noted stay: nobody knows whose they are.
    """
    live = WebhookEndpoint.objects.filter(paused_at__isnull=True, removed_at__isnull=True).exclude(held_by="")
    if employer is not None:
        live = live.filter(owner=webhook_owner(employer.pk))
    found = {endpoint: (number_in(endpoint.held_by), number_in(endpoint.owner)) for endpoint in live.order_by("pk")}
    rights = Correspondent.objects.filter(user__in={user for user, _ in found.values()}, user__is_active=True)
    held = set(rights.values_list("user", "employer"))
    unheld = [endpoint for endpoint, pair in found.items() if pair not in held]
    for endpoint in unheld:
        _pause_unheld(endpoint)
    return len(unheld)


@transaction.atomic
def _pause_unheld(endpoint: WebhookEndpoint) -> None:
    endpoint.pause(UNHELD)
    employer = Employer.objects.get(pk=number_in(endpoint.owner))
    note_act(act=CompanyAct.WEBHOOK_PAUSED, by=None, employer=employer, detail=f"{endpoint.url} : {UNHELD}")

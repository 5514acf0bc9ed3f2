"""« API et webhooks »: the correspondent's tokens and webhook addresses. Secrets are shown once, at their making."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.enums import ApiScope, TokenState
from accounts.exceptions import TokenRefused
from accounts.models import ApiToken, Employer, User
from accounts.permissions import get_api_token, get_managed_employer, get_webhook, person, webhooks_of
from dispenses.employer.api_forms import LONGEST, TokenForm, WebhookForm
from notifications.models import OutgoingCall
from notifications.webhooks import endpoints, events
from notifications.webhooks.endpoints import EndpointRefused
from portal.lib import keyset

PAGE = 25
NEWEST_FIRST = keyset.Order(("pk",), descending=True)
DEAD_SHOWN = timedelta(days=30)


def _employer(request: HttpRequest, employer_id: int) -> Employer:
    return get_managed_employer(person(request), employer_id)


def _token_row(token: ApiToken, user: User, now: datetime) -> dict[str, Any]:
    state = token.state(now)
    return {
        "token": token,
        "state": state,
        "rights": [ApiScope(scope).label for scope in token.scopes],
        "own": token.holder_id == user.pk,
        "open": state in {TokenState.LIVE, TokenState.STOPPED},
    }


@require_safe
def api_acces(request: HttpRequest, employer_id: int) -> HttpResponse:
    """The employer's tokens, those dead for less than a month among them, and its webhook addresses."""
    user = person(request)
    employer = get_managed_employer(user, employer_id)
    now = timezone.now()
    recent = employer.api_tokens.filter(expires_at__gt=now - DEAD_SHOWN).exclude(revoked_at__lt=now - DEAD_SHOWN)
    context = {
        "employer": employer,
        "tokens": [_token_row(token, user, now) for token in recent.select_related("holder")],
        "webhooks": webhooks_of(employer),
    }
    return render(request, "dispenses/employer/api_acces.html", context)


@sensitive_variables("secret")
def jeton_nouveau(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Make a token; its secret is on the answer and nowhere else."""
    employer = _employer(request, employer_id)
    initial = {"last_day": timezone.localdate() + LONGEST}
    form = TokenForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid() and isinstance(request.user, User):
        try:
            token, secret = services.create_token(
                employer=employer,
                by=request.user,
                name=form.cleaned_data["name"],
                scopes=form.scopes(),
                last_day=form.cleaned_data["last_day"],
            )
        except TokenRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            context = {"employer": employer, "token": token, "secret": secret}
            return render(request, "dispenses/employer/api_jeton_cree.html", context)
    return render(request, "dispenses/employer/api_jeton_nouveau.html", {"employer": employer, "form": form})


def jeton_revoquer(request: HttpRequest, employer_id: int, token_id: int) -> HttpResponse:
    """Close the API to a token: the GET asks for confirmation."""
    user = person(request)
    employer = get_managed_employer(user, employer_id)
    token = get_api_token(employer, token_id)
    if request.method == "POST":
        if services.revoke_token(token=token, by=user):
            messages.success(request, f"Le jeton «\xa0{token.name}\xa0» est révoqué. Il n’ouvre plus rien.")
        else:
            messages.info(request, f"Le jeton «\xa0{token.name}\xa0» était déjà révoqué.")
        return redirect("api_acces", employer_id=employer.pk)
    return render(request, "dispenses/employer/api_jeton_revoquer.html", {"employer": employer, "token": token})


def jeton_reprendre(request: HttpRequest, employer_id: int, token_id: int) -> HttpResponse:
    """Answer for a token in place of a colleague: the GET says what that means."""
    user = person(request)
    employer = get_managed_employer(user, employer_id)
    token = get_api_token(employer, token_id)
    if request.method == "POST":
        try:
            taken = services.take_over_token(token=token, by=user)
        except TokenRefused as refusal:
            messages.error(request, f"{refusal}.")
        else:
            said = "Vous tenez maintenant le" if taken else "Vous tenez déjà le"
            messages.success(request, f"{said} jeton «\xa0{token.name}\xa0».")
        return redirect("api_acces", employer_id=employer.pk)
    context = {"employer": employer, "token": token, "stopped": token.stopped_at is not None}
    return render(request, "dispenses/employer/api_jeton_reprendre.html", context)


@sensitive_variables("secret")
def webhook_nouveau(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Add an address; its secret is on the answer and nowhere else."""
    employer = _employer(request, employer_id)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = services.add_webhook(employer=employer, by=person(request), url=form.cleaned_data["url"])
        except EndpointRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            context = {"employer": employer, "endpoint": endpoint, "secret": secret, "former": None}
            return render(request, "dispenses/employer/api_webhook_secret.html", context)
    return render(request, "dispenses/employer/api_webhook_nouveau.html", {"employer": employer, "form": form})


@require_safe
def webhook(request: HttpRequest, employer_id: int, endpoint_id: int) -> HttpResponse:
    """An address and what was sent to it, the latest first."""
    employer = _employer(request, employer_id)
    endpoint = get_webhook(employer, endpoint_id)
    calls = OutgoingCall.objects.filter(endpoint=endpoint).defer("body")
    before = request.GET.get("avant", "")
    page = keyset.page(calls, NEWEST_FIRST, size=PAGE, after=NEWEST_FIRST.read(OutgoingCall, before))
    context = {
        "employer": employer,
        "endpoint": endpoint,
        "two_secrets": endpoint.former_secret_counts(timezone.now()),
        "calls": page.rows,
        "next": page.after,
        "avant": before,
    }
    return render(request, "dispenses/employer/api_webhook.html", context)


@require_POST
def webhook_essai(request: HttpRequest, employer_id: int, endpoint_id: int) -> HttpResponse:
    """Send an event that means nothing."""
    employer = _employer(request, employer_id)
    endpoint = get_webhook(employer, endpoint_id)
    try:
        endpoints.send_test(endpoint=endpoint)
    except EndpointRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "L’évènement d’essai part. Rechargez la page pour voir s’il est reçu.")
    return redirect("webhook", employer_id=employer.pk, endpoint_id=endpoint.pk)


@sensitive_variables("secret")
def webhook_secret(request: HttpRequest, employer_id: int, endpoint_id: int) -> HttpResponse:
    """A new secret, the former counting for a day: the GET asks for confirmation."""
    employer = _employer(request, employer_id)
    endpoint = get_webhook(employer, endpoint_id)
    if request.method != "POST":
        return render(
            request, "dispenses/employer/api_webhook_rotation.html", {"employer": employer, "endpoint": endpoint}
        )
    secret = services.renew_webhook_secret(employer=employer, by=person(request), endpoint=endpoint)
    endpoint.refresh_from_db()
    context = {"employer": employer, "endpoint": endpoint, "secret": secret, "former": endpoint.former_secret_until}
    return render(request, "dispenses/employer/api_webhook_secret.html", context)


@require_POST
def webhook_pause(request: HttpRequest, employer_id: int, endpoint_id: int) -> HttpResponse:
    """Pause an address, or resume it."""
    employer = _employer(request, employer_id)
    endpoint = get_webhook(employer, endpoint_id)
    if "reprendre" in request.POST:
        services.resume_webhook(employer=employer, by=person(request), endpoint=endpoint)
        messages.success(request, "Les envois reprennent.")
    else:
        services.pause_webhook(employer=employer, by=person(request), endpoint=endpoint)
        messages.success(request, "Les envois vers cette adresse sont suspendus.")
    return redirect("webhook", employer_id=employer.pk, endpoint_id=endpoint.pk)


def webhook_supprimer(request: HttpRequest, employer_id: int, endpoint_id: int) -> HttpResponse:
    """Forget an address: the GET asks for confirmation."""
    employer = _employer(request, employer_id)
    endpoint = get_webhook(employer, endpoint_id)
    if request.method == "POST":
        services.remove_webhook(employer=employer, by=person(request), endpoint=endpoint)
        messages.success(request, "L’adresse est supprimée.")
        return redirect("api_acces", employer_id=employer.pk)
    return render(
        request, "dispenses/employer/api_webhook_supprimer.html", {"employer": employer, "endpoint": endpoint}
    )


@require_POST
def webhook_renvoyer(request: HttpRequest, employer_id: int, endpoint_id: int, call_id: int) -> HttpResponse:
    """Send an event again, under the same id."""
    employer = _employer(request, employer_id)
    endpoint = get_webhook(employer, endpoint_id)
    call = OutgoingCall.objects.filter(endpoint=endpoint, pk=min(call_id, 2**63 - 1)).first()
    if call is not None and events.send_again(call=call):
        messages.success(request, "L’évènement repart, sous le même identifiant.")
    else:
        messages.info(request, "Cet évènement attend déjà d’être envoyé, ou n’est plus gardé.")
    return redirect("webhook", employer_id=employer.pk, endpoint_id=endpoint.pk)

"""Signing in with one's organisation: there, back, and out."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import provider, services
from accounts.devices import known_device
from accounts.exceptions import ProviderRefused
from accounts.sessions import DEVICE, FACTOR_ELSEWHERE, ID_TOKEN
from accounts.views.session import open_session
from portal.lib.links import absolute, asked_next
from portal.lib.organisation import Provider

NEXT = "organisation_next"
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def _provider() -> Provider:
    found = settings.PORTAL_OIDC
    if not isinstance(found, Provider):
        raise Http404
    return found


@login_not_required
@require_safe
def organisation(request: HttpRequest) -> HttpResponse:
    """Off to the provider; the page that was asked for is kept for the way back."""
    to = _provider()
    try:
        away = provider.ask(request, to, back_to=absolute(reverse("organisation_retour")))
    except ProviderRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("connexion")
    request.session[NEXT] = asked_next(request)
    return away


@login_not_required
@require_safe
def organisation_retour(request: HttpRequest) -> HttpResponse:
    """Back from the provider: the session opens, or the sign-in page says why not."""
    at = _provider()
    try:
        person = provider.answer(request, at)
        user = services.account_of(issuer=at.issuer, subject=person.subject, email=person.email, organisation=at.name)
    except ProviderRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("connexion")
    wanted = request.session.pop(NEXT, "")
    elsewhere = user.last_login is not None and not known_device(request, email=user.email)
    login(request, user, backend=MODEL_BACKEND)
    response = redirect(wanted or settings.LOGIN_REDIRECT_URL)
    open_session(request, response, user)
    request.session[ID_TOKEN] = person.id_token
    if person.second_factor:
        request.session[FACTOR_ELSEWHERE] = True
    if elsewhere:
        services.tell_new_device(user=user, device=request.session[DEVICE])
    return response

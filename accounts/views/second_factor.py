"""Second factor of a person: the step after the password, setting an application, recovery codes."""

import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from accounts import services, tokens
from accounts.exceptions import SecondFactorRefused
from accounts.forms import (
    AddressCodeForm,
    CodeForm,
    NewPasskeyForm,
    PasswordAgainForm,
    RecoveryCodeForm,
    SetSecondFactorForm,
)
from accounts.models import User
from accounts.permissions import MAX_ID, is_correspondent
from accounts.sessions import FACTOR_ELSEWHERE, PENDING
from accounts.views.session import address_proven, prove_address, too_many
from portal.lib import qr
from portal.lib.links import asked_next

VERIFIED = "second_factor"
ADDING = "passkey_name"  # of the key that the password was just given for, and until when (seconds since the epoch)
ADDING_SECONDS = 600
ANOTHER_KEY = "La clé a changé dans un autre onglet\xa0: ajoutez celle-ci à votre application, puis saisissez son code"


def is_verified(request: HttpRequest) -> bool:
    """Whether this session gave the second factor that the account has now."""
    user = request.user
    if not isinstance(user, User) or user.second_factor_at is None:
        return False
    return request.session.get(VERIFIED) == services.second_factor_stamp(user)


def may_enter(request: HttpRequest) -> bool:
    """Whether nothing more is asked of this session: the factor was given, here or at the person's organisation, or
    none is asked of this person."""
    user = request.user
    if not isinstance(user, User):
        return True
    if request.session.get(FACTOR_ELSEWHERE) or (
        user.second_factor_at is None and settings.PORTAL_SECOND_FACTOR == "aucun"
    ):
        return True
    return is_verified(request) or not services.second_factor_required(user, correspondent=is_correspondent(request))


def _person(request: HttpRequest) -> User:
    """Staff, correspondents and whoever has a factor. Raises Http404 for the others."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    if user.second_factor_at is None and not user.is_staff and not is_correspondent(request):
        raise Http404
    return user


def _opened(request: HttpRequest, user: User) -> None:
    """Mark the session, under a new key: what was known of it before is worth nothing."""
    request.session.pop(PENDING, None)
    update_session_auth_hash(request, user)
    request.session[VERIFIED] = services.second_factor_stamp(user)


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, refused: bool = False) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, template, {"next": asked_next(request), **context}, status=status)


@sensitive_post_parameters("code")
def second_facteur(request: HttpRequest) -> HttpResponse:
    """The code of the application, after the password; without an application yet, the page that sets one."""
    user = _person(request)
    if user.second_factor_at is None:
        address = reverse("second_facteur_activer")
        return redirect(f"{address}?{request.GET.urlencode()}" if request.GET else address)
    if is_verified(request):
        return redirect(asked_next(request) or "second_facteur_gerer")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.check_second_factor(user=user, code=form.cleaned_data["code"])
        except SecondFactorRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            _opened(request, user)
            return redirect(asked_next(request) or settings.LOGIN_REDIRECT_URL)
    context = {"form": form, "passkey": services.options_to_use(user=user, session_key=_session_key(request))}
    return _page(request, "accounts/second_facteur.html", context, refused=bool(form.errors))


@require_POST
@sensitive_post_parameters("response")
def second_facteur_cle(request: HttpRequest) -> HttpResponse:
    """What a passkey signed, in place of the code."""
    user = _person(request)
    if user.second_factor_at is None or is_verified(request):
        return redirect("second_facteur")
    try:
        services.check_passkey(user=user, session_key=_session_key(request), response=_response(request))
    except SecondFactorRefused as refusal:
        messages.error(request, f"{refusal}.")
        return redirect(f"{reverse('second_facteur')}?{urlencode({'next': asked_next(request)})}")
    _opened(request, user)
    return redirect(asked_next(request) or settings.LOGIN_REDIRECT_URL)


def _session_key(request: HttpRequest) -> str:
    return request.session.session_key or ""


def _response(request: HttpRequest) -> str:
    """What a script sends of a key; nothing that is too long to be read."""
    sent = request.POST.get("response", "")
    return sent if len(sent) <= services.passkeys.MOST_CHARACTERS else ""


@sensitive_post_parameters("code")
def second_facteur_secours(request: HttpRequest) -> HttpResponse:
    """« J’ai perdu mon téléphone »: a recovery code, or whom to ask."""
    user = _person(request)
    if user.second_factor_at is None or is_verified(request):
        return redirect("second_facteur")
    form = RecoveryCodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            left = services.use_recovery_code(user=user, code=form.cleaned_data["code"])
        except SecondFactorRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            _opened(request, user)
            some = f"Il vous en reste {left}." if left else "Il ne vous en reste aucun."
            messages.warning(
                request, f"Ce code de secours ne servira plus. {some} Changez d’application dès maintenant."
            )
            return redirect("second_facteur_gerer")
    return _page(request, "accounts/second_facteur_secours.html", {"form": form}, refused=bool(form.errors))


@sensitive_post_parameters("code")
def second_facteur_adresse(request: HttpRequest) -> HttpResponse:
    """Before the first application: a code sent to the account's address. The GET sends nothing."""
    user = _person(request)
    if user.second_factor_at is not None or address_proven(request):
        return redirect("second_facteur_activer")
    asked = request.method == "POST" and "envoyer" in request.POST
    form = AddressCodeForm(request.POST if request.method == "POST" and not asked else None)
    sent = False
    try:
        if asked:
            services.send_address_code(user=user)
            sent = True
        elif form.is_bound and form.is_valid():
            services.check_address_code(user=user, code=form.cleaned_data["code"])
            prove_address(request, user)
            return redirect(f"{reverse('second_facteur_activer')}?{urlencode({'next': asked_next(request)})}")
    except SecondFactorRefused as refusal:
        form = form if form.is_bound else AddressCodeForm(request.POST)
        form.is_valid()
        form.errors.pop("code", None)
        form.add_error(refusal.field, str(refusal))
    context = {"form": form, "sent": sent, "address": user.email}
    return _page(request, "accounts/second_facteur_adresse.html", context, refused=bool(form.errors))


@sensitive_post_parameters("code", "current")
@sensitive_variables("secret", "codes")
def second_facteur_activer(request: HttpRequest) -> HttpResponse:
    """Set an application, or change it once the present one and the password were given again."""
    user = _person(request)
    changing = user.second_factor_at is not None
    if changing and not is_verified(request):
        return redirect("second_facteur")
    if not changing and not address_proven(request):
        address = reverse("second_facteur_adresse")
        return redirect(f"{address}?{request.GET.urlencode()}" if request.GET else address)
    secret = _pending_secret(request)
    shown = tokens.mark_of_secret(secret)
    form = SetSecondFactorForm(request.POST if request.method == "POST" else None, person=user, changing=changing)
    if form.is_bound and form.is_valid():
        try:
            codes = services.set_second_factor(user=user, secret=secret, code=form.cleaned_data["code"])
        except SecondFactorRefused as refusal:
            other = not tokens.is_mark_of_secret(request.POST.get("shown", shown), secret)
            form.add_error(refusal.field, ANOTHER_KEY if other else str(refusal))
        else:
            _opened(request, user)
            return _page(request, "accounts/second_facteur_codes.html", {"codes": codes, "first": not changing})
    context = {"form": form, "changing": changing, "qr": _qr(user, secret), "secret": _spaced(secret), "shown": shown}
    page = _page(request, "accounts/second_facteur_activer.html", context, refused=bool(form.errors))
    return too_many(page, form.wait)


def _pending_secret(request: HttpRequest) -> str:
    """The secret offered to this session, the same until it is adopted: a wrong code must not change the QR code."""
    with suppress(InvalidToken):  # sealed under a key that is gone: another secret is offered
        if kept := request.session.get(PENDING):
            return tokens.unseal(kept)
    secret = services.new_factor_secret()
    request.session[PENDING] = tokens.seal(secret)
    return secret


def _spaced(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _qr(user: User, secret: str) -> SafeString:
    """The secret as applications read it (an otpauth address in a QR code): SVG with attributes alone."""
    label = quote(f"{settings.PORTAL_NAME}:{user.email}")
    uri = f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': settings.PORTAL_NAME}, quote_via=quote)}"
    return qr.picture(uri)


@sensitive_post_parameters("current")
@sensitive_variables("codes")
def second_facteur_gerer(request: HttpRequest) -> HttpResponse:
    """My second factor: since when, how many recovery codes are left; new codes against the password."""
    user = _person(request)
    if not is_verified(request):
        return redirect("second_facteur")
    form = PasswordAgainForm(request.POST if request.method == "POST" else None, person=user)
    if form.is_bound and form.is_valid():
        try:
            codes = services.renew_recovery_codes(user=user)
        except SecondFactorRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _page(request, "accounts/second_facteur_codes.html", {"codes": codes, "first": False})
    context = {
        "form": form,
        "left": services.recovery_codes_left(user),
        "possible": services.passkeys_possible(),
        "passkeys": user.passkeys.all(),
    }
    page = _page(request, "accounts/second_facteur_gerer.html", context, refused=bool(form.errors))
    return too_many(page, form.wait)


@sensitive_post_parameters("current")
def cle_ajouter(request: HttpRequest) -> HttpResponse:
    """Add a passkey, first step: its name, and the password once more."""
    user = _person(request)
    if not is_verified(request):
        return redirect("second_facteur")
    if not services.passkeys_possible():
        raise Http404
    form = NewPasskeyForm(request.POST if request.method == "POST" else None, person=user)
    if form.is_bound and form.is_valid():
        request.session[ADDING] = [form.cleaned_data["name"], int(time.time()) + ADDING_SECONDS]
        return redirect("cle_enregistrer")
    page = _page(request, "accounts/cle_ajouter.html", {"form": form}, refused=bool(form.errors))
    return too_many(page, form.wait)


@sensitive_post_parameters("response")
def cle_enregistrer(request: HttpRequest) -> HttpResponse:
    """Second step: the browser asks for the key, and sends what it answered."""
    user = _person(request)
    if not is_verified(request):
        return redirect("second_facteur")
    name, until = request.session.get(ADDING, ["", 0])
    if time.time() >= until or not services.passkeys_possible():
        return redirect("second_facteur_gerer")
    key = _session_key(request)
    if request.method == "POST":
        try:
            services.add_passkey(user=user, session_key=key, name=name, response=_response(request))
        except SecondFactorRefused as refusal:
            messages.error(request, f"{refusal}.")
            return redirect("cle_enregistrer")
        del request.session[ADDING]
        messages.success(request, f"La clé d’accès «\xa0{name}\xa0» est ajoutée.")
        return redirect("second_facteur_gerer")
    return _page(
        request,
        "accounts/cle_enregistrer.html",
        {"name": name, "passkey": services.options_to_add(user=user, session_key=key)},
    )


@require_POST
def cle_retirer(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """Take a passkey away; whoever signed in with it elsewhere is signed out."""
    user = _person(request)
    if not is_verified(request):
        return redirect("second_facteur")
    if services.remove_passkey(user=user, passkey_id=min(passkey_id, MAX_ID)):
        services.end_other_sessions(user=user, current_key=request.session.session_key)
        messages.success(request, "Cette clé d’accès est retirée. Vos autres sessions sont fermées.")
    else:
        messages.info(request, "Cette clé d’accès était déjà retirée.")
    return redirect("second_facteur_gerer")

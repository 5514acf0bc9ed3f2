"""Signing in and out, forgotten password, « Mes informations »."""

import time
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlsafe_base64_decode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import provider, services, tokens
from accounts.browsers import device_in_words
from accounts.devices import remember_device
from accounts.exceptions import ActivationRefused, SentTooOften, WaitBeforeTrying
from accounts.forms import (
    AddressCodeForm,
    ChangePasswordForm,
    ForgottenPasswordForm,
    NewAddressForm,
    NewPasswordForm,
    SignInForm,
)
from accounts.models import User
from accounts.permissions import is_correspondent, own_employments, person
from accounts.sessions import DEVICE, ID_TOKEN, SEEN, STARTED
from portal.lib.commits import after_commit
from portal.lib.hints import hint
from portal.lib.links import absolute

RESET_SESSION_KEY = "mot_de_passe"
PROVEN = "adresse_prouvee"  # whose mailbox this session has shown to hold
RESET_PLACEHOLDER = "choisir"
NEW_ADDRESS = "nouvelle_adresse"  # that this session wants for its account, until its code is given


def open_session(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Note in the new session what every page's menu needs, so that none has to ask the database; know the device.

    And what its owner reads of it in « Mes sessions »: since when, on what.
    """
    request.session["correspondent"] = user.correspondent_roles.exists()
    request.session["employee"] = user.employees.exists()
    request.session[STARTED] = request.session[SEEN] = int(time.time())
    request.session[DEVICE] = device_in_words(request.headers.get("User-Agent", ""))
    remember_device(request, response, user=user)


@method_decorator(login_not_required, name="dispatch")
class SignInView(LoginView):
    """Django's sign-in with our words; `?next=` stays on this host."""

    template_name = "accounts/connexion.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **{"expired": self.request.GET.get("expiree") == "1", "wait": None, "organisation": settings.PORTAL_OIDC}
            | kwargs
        )

    def form_valid(self, form: Any) -> HttpResponse:
        """The session opens; its owner is told when somebody signed in before, and never on this device."""
        user = form.get_user()
        elsewhere = user.last_login is not None and not form.device
        response = super().form_valid(form)
        open_session(self.request, response, user)
        if elsewhere:
            services.tell_new_device(user=user, device=self.request.session[DEVICE])
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page again; after too many wrong passwords 429, with how long to wait and the way out."""
        if form.wait is None:
            return super().form_invalid(form)
        empty = SignInForm(self.request, initial={"username": form.cleaned_data["username"]})
        context = self.get_context_data(form=empty, wait=form.wait)
        return too_many(render(self.request, self.template_name, context), form.wait)


def too_many(response: HttpResponse, wait: WaitBeforeTrying | None) -> HttpResponse:
    """The same page as a 429 that says when to come back, if there is a wait."""
    if wait is not None:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(wait.seconds)
    return response


@login_not_required
@require_POST
def deconnexion(request: HttpRequest) -> HttpResponse:
    """Sign out; whoever came through their organisation is shown the way to sign out there too."""
    id_token, at = request.session.get(ID_TOKEN, ""), settings.PORTAL_OIDC
    logout(request)
    back_to = absolute(reverse("connexion"))
    if id_token and at and (address := provider.way_out(at, id_token=id_token, back_to=back_to)):
        return render(request, "accounts/deconnexion_organisation.html", {"address": address, "organisation": at.name})
    return redirect("connexion")


@login_not_required
def mot_de_passe_oublie(request: HttpRequest) -> HttpResponse:
    """Ask for a new password: the same answer, in the same time, for every address."""
    form = ForgottenPasswordForm(request.POST if request.method == "POST" else None)
    sent = request.method == "POST" and form.is_valid()
    if sent:
        try:
            with transaction.atomic():
                services.request_password_reset(email=form.cleaned_data["email"])
                after_commit(hint, services.answer_password_resets)
        except SentTooOften as refusal:
            form.add_error("email", f"{refusal} Ceux déjà reçus fonctionnent\xa0: consultez votre messagerie.")
            sent = False
    return render(request, "accounts/mot_de_passe_oublie.html", {"form": form, "sent": sent})


def _user_of(uidb64: str) -> User | None:
    try:
        return User.objects.filter(pk=int(urlsafe_base64_decode(uidb64)), is_active=True).first()
    except (ValueError, OverflowError):
        return None


@login_not_required
@sensitive_post_parameters("password")
def mot_de_passe_nouveau(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """Choose a new password. The link's secret leaves the address at once for the session."""
    user = _user_of(uidb64)
    if token != RESET_PLACEHOLDER:
        if user is None or not tokens.password_links.check_token(user, token):
            return render(request, "accounts/mot_de_passe_lien_mort.html", status=HTTPStatus.GONE)
        request.session[RESET_SESSION_KEY] = token
        return redirect("mot_de_passe_nouveau", uidb64=uidb64, token=RESET_PLACEHOLDER)
    kept = request.session.get(RESET_SESSION_KEY, "")
    if user is None or not tokens.password_links.check_token(user, kept):
        return render(request, "accounts/mot_de_passe_lien_mort.html", status=HTTPStatus.GONE)
    form = NewPasswordForm(request.POST if request.method == "POST" else None, person=user)
    if request.method == "POST" and form.is_valid():
        changed = services.reset_password(user=user, token=kept, password=form.cleaned_data["password"])
        if changed is None:
            return render(request, "accounts/mot_de_passe_lien_mort.html", status=HTTPStatus.GONE)
        user = changed
        request.session.pop(RESET_SESSION_KEY, None)
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        response = redirect("mot_de_passe_fait")
        open_session(request, response, user)
        prove_address(request, user)
        return response
    return render(request, "accounts/mot_de_passe_nouveau.html", {"form": form})


def prove_address(request: HttpRequest, user: User) -> None:
    """This session came from a mail to the account's address, or has given its code."""
    request.session[PROVEN] = user.pk


def address_proven(request: HttpRequest) -> bool:
    """Whether this session has shown that it holds the mailbox of its account."""
    return request.session.get(PROVEN) == request.user.pk


@require_safe
def mot_de_passe_fait(request: HttpRequest) -> HttpResponse:
    """The new password is in place."""
    return render(request, "accounts/mot_de_passe_fait.html")


@sensitive_post_parameters("password", "current")
def mes_informations(request: HttpRequest) -> HttpResponse:
    """Who I am here, my consent to commercial e-mail, my password."""
    user = request.user
    if not isinstance(user, User):
        return redirect("connexion")
    form = ChangePasswordForm(request.POST if "changer" in request.POST else None, person=user)
    if request.method == "POST" and "consentement" in request.POST:
        services.note_consent(user=user, consent=request.POST.get("marketing") == "oui")
        messages.success(request, "Votre choix est enregistré.")
        return redirect("mes_informations")
    if form.is_bound and form.is_valid():
        services.change_password(user=user, password=form.cleaned_data["password"])
        update_session_auth_hash(request, user)
        messages.success(request, "Votre mot de passe est modifié. Vos autres connexions sont fermées.")
        response = redirect("mes_informations")
        remember_device(request, response, user=user)
        return response
    context = {
        "form": form,
        "employees": own_employments(user, timezone.localdate()).all,
        "second_factor": user.is_staff or is_correspondent(request) or user.second_factor_at is not None,
    }
    return too_many(render(request, "accounts/mes_informations.html", context), form.wait)


@sensitive_post_parameters("current")
def mon_adresse(request: HttpRequest) -> HttpResponse:
    """Another address for my account: against the password, a code leaves for it."""
    user = person(request)
    if user.is_staff:
        messages.info(request, "L’adresse d’un compte du centre de gestion se change auprès d’un administrateur.")
        return redirect("mes_informations")
    form = NewAddressForm(request.POST if request.method == "POST" else None, person=user)
    if form.is_bound and form.is_valid() and _send_code_to(request, user, form.cleaned_data["email"]):
        return redirect("mon_adresse_code")
    return too_many(render(request, "accounts/mon_adresse.html", {"form": form}), form.wait)


def _send_code_to(request: HttpRequest, user: User, email: str) -> bool:
    """Whether a code left; said on the next page when too many have."""
    try:
        services.send_new_address_code(user=user, email=email)
    except ActivationRefused as refusal:
        messages.error(request, str(refusal))
        return False
    request.session[NEW_ADDRESS] = email
    return True


@sensitive_post_parameters("code")
def mon_adresse_code(request: HttpRequest) -> HttpResponse:
    """The code received at the new address; from then on one signs in with it."""
    user, email = person(request), request.session.get(NEW_ADDRESS, "")
    if not email or user.is_staff:
        return redirect("mon_adresse")
    if "renvoyer" in request.POST:
        if _send_code_to(request, user, email):
            messages.success(request, "Un nouveau code vient de partir.")
        return redirect("mon_adresse_code")
    form = AddressCodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            changed = services.change_own_address(user=user, email=email, code=form.cleaned_data["code"])
        except ActivationRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            del request.session[NEW_ADDRESS]
            prove_address(request, changed)
            services.end_other_sessions(user=changed, current_key=request.session.session_key)
            messages.success(request, f"L’adresse de votre compte est maintenant {changed.email}.")
            response = redirect("mes_informations")
            remember_device(request, response, user=changed)
            return response
    return render(request, "accounts/mon_adresse_code.html", {"form": form, "email": email})


@login_not_required
def mon_adresse_retablir(request: HttpRequest, token: str) -> HttpResponse:
    """Take one's account back from the address that it had before; the GET asks, and the password is chosen anew."""
    former, refusal = services.find_former_address(token), ""
    if former and request.method == "POST":
        try:
            user = services.restore_address(token=token)
        except ActivationRefused as refused:
            refusal = str(refused)
        else:
            logout(request)
            former = None
            if user:
                return redirect(services.set_password_url(user))
    if former is None:
        return render(request, "accounts/mon_adresse_retablir_mort.html", status=HTTPStatus.GONE)
    return render(request, "accounts/mon_adresse_retablir.html", {"former": former, "refusal": refusal})


def mes_sessions(request: HttpRequest) -> HttpResponse:
    """Where I am signed in; one of my sessions ended, or all the others."""
    user, key = person(request), request.session.session_key
    if request.method != "POST":
        shown = services.open_sessions(user=user, current_key=key)
        return render(request, "accounts/mes_sessions.html", {"sessions": shown, "others": len(shown) > 1})
    if "autres" in request.POST:
        ended = services.end_other_sessions(user=user, current_key=key)
        words = "Vos autres sessions sont fermées." if ended else "Aucune autre session n’était ouverte."
        messages.success(request, words)
    elif services.end_session(user=user, reference=request.POST.get("session", "")):
        messages.success(request, "Cette session est fermée.")
    else:
        messages.info(request, "Cette session était déjà fermée.")
    return redirect("mes_sessions")

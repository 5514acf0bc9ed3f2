"""The unique link: three visible steps, and a page of its own for each dead link. A GET changes nothing."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.enums import InvitationState
from accounts.exceptions import ActivationRefused, Code
from accounts.forms import ActivationForm, AttachingForm, OwnAddressForm, PersonalAddressForm, person_of
from accounts.models import Invitation, User
from accounts.sessions import ID_TOKEN
from accounts.views.session import open_session, prove_address
from portal.lib.links import entrance

STEPS = ("Inscrivez-vous", "Activez votre compte", "Recevez vos identifiants")
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
GONE = {
    InvitationState.USED: "accounts/lien_utilise.html",
    InvitationState.REVOKED: "accounts/lien_revoque.html",
    InvitationState.EXPIRED: "accounts/lien_expire.html",
}


def _dead(request: HttpRequest, invitation: Invitation | None, token: str) -> HttpResponse | None:
    """The page of a link that cannot be used, None for a live one."""
    if invitation is None:
        return render(request, "accounts/lien_inconnu.html", status=HTTPStatus.NOT_FOUND)
    state = invitation.state(timezone.now())
    if state is InvitationState.LIVE and invitation.employee.user_id is not None:
        state = InvitationState.USED
    if state is InvitationState.LIVE:
        return None
    return render(request, GONE[state], {"invitation": invitation, "token": token}, status=HTTPStatus.GONE)


@login_not_required
def activation(request: HttpRequest, token: str) -> HttpResponse:
    """Step 1, « Inscrivez-vous »; or, for a signed-in person, the choice to attach the employer to the account."""
    invitation = services.find_invitation(token)
    if (dead := _dead(request, invitation, token)) or invitation is None:
        return dead or HttpResponse(status=HTTPStatus.NOT_FOUND)
    asked = OwnAddressForm if invitation.is_letter else PersonalAddressForm
    form = asked(request.POST if request.method == "POST" else None, initial=_initial(invitation))
    if request.method == "POST" and form.is_valid():
        try:
            services.register(
                invitation=invitation,
                personal_email=form.cleaned_data["personal_email"],
                marketing_consent=form.cleaned_data["marketing_consent"],
            )
        except ActivationRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("activation_compte", token=token)
    context = {
        "form": form,
        "invitation": invitation,
        "token": token,
        "steps": STEPS,
        **_account(request, invitation),
    }
    return render(request, "accounts/activation_inscription.html", context)


def _account(request: HttpRequest, invitation: Invitation) -> dict[str, object]:
    """Whether the address invited has an account; for a person signed in, whether that is theirs, or why it is not."""
    if not isinstance(request.user, User):
        if invitation.is_letter:
            return {}
        return {"known": User.objects.filter(email=invitation.employee.professional_email).exists()}
    try:
        _refuse_organisation(request)
        services.refuse_attaching(invitation.employee, request.user)
    except ActivationRefused as refusal:
        return {"not_theirs": str(refusal)}
    return {"same_person": services.same_person(invitation.employee, request.user)}


def _refuse_organisation(request: HttpRequest) -> None:
    """Raises ActivationRefused in a session that an organisation opened: it must reach no employee's file."""
    if ID_TOKEN in request.session:
        raise ActivationRefused(
            "Votre organisation a ouvert cette session\xa0: elle ne doit pas atteindre vos données de santé. "
            "Déconnectez-vous, puis connectez-vous avec votre adresse e-mail et votre mot de passe pour rattacher "
            "l’entreprise.",
            code=Code.PASSWORD_NEEDED,
        )


def _initial(invitation: Invitation) -> dict[str, object]:
    if invitation.registered_at is None:
        return {}
    return {
        "has_personal_email": "oui" if invitation.personal_email else "non",
        "personal_email": invitation.personal_email,
        "personal_email_again": invitation.personal_email,
        "marketing_consent": invitation.marketing_consent,
    }


@login_not_required
@sensitive_post_parameters("password", "code")
def activation_compte(request: HttpRequest, token: str) -> HttpResponse:
    """Step 2, « Activez votre compte »: the POST uses the link."""
    invitation = services.find_invitation(token)
    if (dead := _dead(request, invitation, token)) or invitation is None:
        return dead or HttpResponse(status=HTTPStatus.NOT_FOUND)
    if invitation.registered_at is None:
        return redirect("activation", token=token)
    email = invitation.personal_email or invitation.employee.professional_email
    form = ActivationForm(
        request.POST if request.method == "POST" else None,
        person=person_of(invitation.employee, email),
        with_code=bool(invitation.personal_email),
    )
    if request.method == "POST" and form.is_valid():
        try:
            user = services.activate(
                invitation=invitation,
                password=form.cleaned_data["password"],
                code=form.cleaned_data.get("code", ""),
            )
        except ActivationRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            login(request, user, backend=MODEL_BACKEND)
            response = redirect("activation_terminee")
            open_session(request, response, user)
            prove_address(request, user)
            return response
    if form.is_bound:
        form.keep_password()
    context = {"form": form, "invitation": invitation, "token": token, "steps": STEPS, "email": email}
    return render(request, "accounts/activation_compte.html", context)


@login_not_required
@require_POST
def activation_code(request: HttpRequest, token: str) -> HttpResponse:
    """Send the code again."""
    invitation = services.find_invitation(token)
    if (dead := _dead(request, invitation, token)) or invitation is None:
        return dead or HttpResponse(status=HTTPStatus.NOT_FOUND)
    try:
        services.send_code(invitation=invitation)
    except ActivationRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Un nouveau code vient de partir.")
    return redirect("activation_compte", token=token)


def activation_rattacher(request: HttpRequest, token: str) -> HttpResponse:
    """Attach the employer to the account signed in: at once for the same names, with a code for others."""
    invitation = services.find_invitation(token)
    user = request.user
    if (dead := _dead(request, invitation, token)) or invitation is None or not isinstance(user, User):
        return dead or HttpResponse(status=HTTPStatus.NOT_FOUND)
    same = services.same_person(invitation.employee, user)
    if not (same and request.method == "POST") and (same or not invitation.code_hash):
        return redirect("activation", token=token)
    form = AttachingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and (same or form.is_valid()):
        code = "" if same else form.cleaned_data["code"]
        try:
            _refuse_organisation(request)
            employee = services.attach(invitation=invitation, user=user, code=code)
        except ActivationRefused as refusal:
            if refusal.field != "code":
                messages.error(request, str(refusal))
                return redirect("activation", token=token)
            form.add_error("code", str(refusal))
        else:
            request.session["employee"] = True
            messages.success(request, f"{employee.employer.name} est rattaché à votre compte.")
            return redirect(entrance("home"))
    context = {"form": form, "invitation": invitation, "token": token}
    return render(request, "accounts/activation_rattacher.html", context)


@require_POST
def activation_rattacher_code(request: HttpRequest, token: str) -> HttpResponse:
    """Send to the professional address the code that confirms the attaching."""
    invitation = services.find_invitation(token)
    user = request.user
    if (dead := _dead(request, invitation, token)) or invitation is None or not isinstance(user, User):
        return dead or HttpResponse(status=HTTPStatus.NOT_FOUND)
    try:
        _refuse_organisation(request)
        services.send_attaching_code(invitation=invitation, user=user)
    except ActivationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("activation", token=token)
    messages.success(request, f"Un code vient de partir à {invitation.employee.professional_email}.")
    return redirect("activation_rattacher", token=token)


@login_not_required
def activation_pas_moi(request: HttpRequest, token: str) -> HttpResponse:
    """« Si vous ne faites pas partie de… »: the GET asks, the POST kills the link."""
    invitation = services.find_invitation(token)
    if (dead := _dead(request, invitation, token)) or invitation is None:
        return dead or HttpResponse(status=HTTPStatus.NOT_FOUND)
    done = False
    if request.method == "POST":
        try:
            services.not_me(invitation=invitation)
        except ActivationRefused:
            return redirect("activation", token=token)
        done = True
    context = {"invitation": invitation, "token": token, "done": done}
    return render(request, "accounts/pas_moi.html", context)


@login_not_required
@require_POST
def activation_nouveau_lien(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the correspondent for a new link in place of an expired one."""
    invitation = services.find_invitation(token)
    if invitation is None:
        return render(request, "accounts/lien_inconnu.html", status=HTTPStatus.NOT_FOUND)
    if not services.request_new_link(invitation=invitation):
        return redirect("activation", token=token)
    return render(request, "accounts/lien_demande.html", {"invitation": invitation})


@require_safe
def activation_terminee(request: HttpRequest) -> HttpResponse:
    """Step 3, « Recevez vos identifiants »."""
    return render(request, "accounts/activation_terminee.html", {"steps": STEPS})

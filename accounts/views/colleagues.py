"""The link of a colleague's invitation: the GET only tells, the POST accepts."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts import services
from accounts.exceptions import CompanyRefused
from accounts.forms import JoiningForm
from accounts.models import Appointment, ColleagueInvitation, Correspondent, User
from accounts.views.second_factor import may_enter
from accounts.views.session import open_session, prove_address
from portal.lib.links import entrance
from portal.lib.typography import of

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
PAGE = "accounts/correspondant_invitation.html"


@login_not_required
@sensitive_post_parameters("password")
def correspondant_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept with the account of the address invited: signed in, or opened here when there is none yet."""
    invitation = services.find_colleague_invitation(token)
    if invitation is None or not services.may_join(invitation, timezone.now()):
        status = HTTPStatus.NOT_FOUND if invitation is None else HTTPStatus.GONE
        return render(request, "accounts/correspondant_invitation_morte.html", status=status)
    if not may_enter(request):  # the page is open to all: nothing else asks for the second factor
        return redirect(f"{reverse('second_facteur')}?{urlencode({'next': request.path})}")
    user = request.user if isinstance(request.user, User) else None
    context = {"invitation": invitation, "token": token, "form": None, "known": False}
    if user is None:
        context["known"] = User.objects.filter(email=invitation.email).exists()
        if not context["known"]:
            return _open_account(request, invitation, context)
    elif request.method == "POST":
        try:
            given = services.accept_colleague(invitation=invitation, user=user)
        except CompanyRefused as refusal:
            messages.error(request, str(refusal))
        else:
            return _accepted(request, given)
    return render(request, PAGE, context)


def _open_account(request: HttpRequest, invitation: ColleagueInvitation, context: dict[str, object]) -> HttpResponse:
    person = User(email=invitation.email, first_name=invitation.first_name, last_name=invitation.last_name)
    person.employer_name = invitation.employer.name  # type: ignore[attr-defined]  # a password must not resemble it
    posted = request.POST if request.method == "POST" else None
    names = {"first_name": invitation.first_name, "last_name": invitation.last_name}
    form = JoiningForm(posted, person=person, initial=names)
    if posted is not None and form.is_valid():
        try:
            user, given = services.join_with_new_account(invitation=invitation, **form.cleaned_data)
        except CompanyRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            login(request, user, backend=MODEL_BACKEND)
            response = _accepted(request, given)
            open_session(request, response, user)
            prove_address(request, user)
            return response
    return render(request, PAGE, {**context, "form": form})


def _accepted(request: HttpRequest, given: Correspondent | Appointment) -> HttpResponse:
    if isinstance(given, Appointment):
        messages.success(
            request, "Votre accord est enregistré. Vous êtes membre du centre\xa0: un administrateur doit confirmer."
        )
        return redirect(entrance("home"))
    request.session["correspondent"] = True
    messages.success(request, f"Vous êtes désormais correspondant(e) {of(given.employer.name)}.")
    return redirect(entrance("employees"))

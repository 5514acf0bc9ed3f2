"""What a correspondent does for the company: correct, colleagues, digest."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import services
from accounts.enums import Digest
from accounts.exceptions import AlreadyPreAffiliated, CompanyRefused, EmploymentRefused, SentTooOften
from accounts.models import ColleagueInvitation, CompanyEvent, Correspondent, Employer
from accounts.permissions import (
    get_colleague_invitation,
    get_managed_colleague,
    get_managed_employer,
    get_open_employee,
    person,
)
from dispenses.employer.forms import ColleagueForm, CorrectionForm
from dispenses.employer.place import of_employee
from portal.lib.typography import of

EVENTS = 20


def corriger(request: HttpRequest, employee_id: int) -> HttpResponse:
    """Correct what was declared of an employee."""
    user = person(request)
    employee = get_open_employee(user, employee_id)
    posted = request.POST if request.method == "POST" else None
    form = CorrectionForm(posted, employee=employee)
    if posted is not None and form.is_valid():
        try:
            changed = services.correct_employee(employee=employee, by=user, values=form.cleaned_data)
        except AlreadyPreAffiliated as duplicate:
            form.add_error(duplicate.field if duplicate.field in form.fields else None, str(duplicate))
        except SentTooOften as refusal:
            form.add_error("professional_email", str(refusal))
        except EmploymentRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            said = f"Corrigé\xa0: {', '.join(changed)}." if changed else "Rien n’a changé."
            messages.success(request, said)
            return redirect(of_employee(request, employee))
    context = {"form": form, "employee": employee, "back": of_employee(request, employee)}
    return render(request, "dispenses/employer/corriger.html", context)


def equipe(request: HttpRequest, employer_id: int) -> HttpResponse:
    """The employer's correspondents; invite one; one's own digest; what was done lately."""
    user = person(request)
    employer = get_managed_employer(user, employer_id)
    form = ColleagueForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = services.invite_colleague(employer=employer, by=user, **form.cleaned_data)
        except CompanyRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(
                request,
                f"Une invitation part à {invitation.email}. Le droit viendra avec son acceptation.",
            )
            return redirect("equipe", employer_id=employer.pk)
    return render(request, "dispenses/employer/equipe.html", _team(employer, user.pk) | {"form": form})


def _team(employer: Employer, user_id: int) -> dict[str, Any]:
    roles = list(
        Correspondent.objects.filter(employer=employer).select_related("user").order_by("user__sort_name", "pk")
    )
    return {
        "employer": employer,
        "roles": roles,
        "own": next((role for role in roles if role.user_id == user_id), None),
        "invitations": ColleagueInvitation.objects.filter(
            employer=employer, accepted_at=None, cancelled_at=None
        ).select_related("invited_by"),
        "now": timezone.now(),
        "digests": Digest.choices,
        "events": CompanyEvent.objects.filter(employer=employer).select_related("employee")[:EVENTS],
    }


@require_POST
def collegue_renvoyer(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Another link to a colleague invited; the former dies."""
    said = "Un nouveau lien part à {}. L’ancien ne fonctionne plus."
    return _on_invitation(request, invitation_id, services.resend_colleague, said)


@require_POST
def collegue_annuler(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Cancel the invitation of a colleague: its link dies."""
    said = "L’invitation de {} est annulée\xa0: son lien ne fonctionne plus."
    return _on_invitation(request, invitation_id, services.cancel_colleague, said)


def _on_invitation(request: HttpRequest, pk: int, act: Callable[..., object], said: str) -> HttpResponse:
    """Do it to the invitation of one of one's colleagues, and say so of its address."""
    user = person(request)
    invitation = get_colleague_invitation(user, pk)
    try:
        act(invitation=invitation, by=user)
    except CompanyRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said.format(invitation.email))
    return redirect("equipe", employer_id=invitation.employer_id)


def equipe_retirer(request: HttpRequest, role_id: int) -> HttpResponse:
    """Take a colleague's right away: the GET asks for confirmation."""
    user = person(request)
    role = get_managed_colleague(user, role_id)
    if request.method == "POST":
        try:
            services.withdraw_colleague(role=role, by=user)
        except CompanyRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{role.user.full_name} n’est plus correspondant(e) {of(role.employer.name)}.")
        return redirect("equipe", employer_id=role.employer_id)
    return render(request, "dispenses/employer/equipe_retirer.html", {"role": role})


@require_POST
def recapitulatif(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Choose how often the digest comes."""
    user = person(request)
    employer = get_managed_employer(user, employer_id)
    chosen = request.POST.get("digest", "")
    if chosen in Digest.values:
        services.set_digest(role=Correspondent.objects.get(user=user, employer=employer), digest=chosen)
        messages.success(request, "Votre choix est enregistré.")
    else:
        messages.error(request, "Choisissez la fréquence du récapitulatif.")
    return redirect("equipe", employer_id=employer.pk)


@login_not_required
def desabonner(request: HttpRequest, signed: str) -> HttpResponse:
    """The link at the end of a digest: the GET asks, the POST stops it; a forged or dead one says so."""
    role = services.role_of_token(signed)
    if request.method == "POST" and role is not None:
        services.set_digest(role=role, digest=Digest.NEVER.value)
    done = request.method == "POST"
    return render(
        request, "dispenses/employer/desabonner.html", {"role": role, "done": done}, status=200 if role else 404
    )

"""« Guide à partager »: the address at which the company's employees learn whether they may be let off."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.permissions import get_managed_employer, person
from dispenses.law import editions
from dispenses.law.rules import acte_in_force
from portal.lib.links import absolute, entrance


@require_safe
def guide_a_partager(request: HttpRequest, employer_id: int) -> HttpResponse:
    """The address, to copy; and what it tells to whoever has it."""
    employer = get_managed_employer(person(request), employer_id)
    context = {
        "employer": employer,
        "address": absolute(entrance("company_guide", employer.guide_key)),
        "acte": acte_in_force(editions.actes_of(employer.pk), timezone.localdate()),
    }
    return render(request, "dispenses/employer/guide_a_partager.html", context)


@require_POST
def guide_changer(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Another address; the former one leads to the guide for everybody."""
    user = person(request)
    employer = get_managed_employer(user, employer_id)
    services.change_guide_address(employer=employer, by=user)
    messages.success(request, "L’adresse est changée. L’ancienne mène désormais au guide ouvert à tous.")
    return redirect("guide_a_partager", employer_id=employer.pk)

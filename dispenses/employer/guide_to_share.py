"""« Guide à partager »: the address at which the company's employees learn whether they may be let off; its poster."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.models import Employer
from accounts.permissions import get_managed_employer, person
from dispenses.law import editions
from dispenses.law.rules import acte_in_force
from portal.lib.links import absolute, entrance
from portal.lib.pdf import pdf
from portal.lib.qr import svg_of_address
from portal.lib.typography import NBSP, of

POSTER = Path(__file__).with_name("poster.typ")
PAPERS = {"a4": 1.0, "a3": 1.414}  # how much larger than on A4 all of it is


@require_safe
def guide_a_partager(request: HttpRequest, employer_id: int) -> HttpResponse:
    """The address, to copy; and what it tells to whoever has it."""
    employer = get_managed_employer(person(request), employer_id)
    context = {
        "employer": employer,
        "address": _address(employer),
        "papers": [paper.upper() for paper in PAPERS],
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


@require_safe
def guide_affiche(request: HttpRequest, employer_id: int, paper: str) -> HttpResponse:
    """The poster to hang up, A4 or A3, as a PDF that a black printer prints."""
    employer = get_managed_employer(person(request), employer_id)
    if paper not in PAPERS:
        raise Http404
    response = HttpResponse(
        pdf(POSTER.read_text(encoding="utf-8"), poster_contents(employer, paper)), content_type="application/pdf"
    )
    response["Content-Disposition"] = f'attachment; filename="affiche-dispense-{paper}.pdf"'
    return response


def poster_contents(employer: Employer, paper: str) -> dict[str, Any]:
    """What the poster says, for its template."""
    address = _address(employer)
    return {
        "title": "Complémentaire santé : puis-je être dispensé ?",
        "paper": paper,
        "scale": PAPERS[paper],
        "insurer": settings.PORTAL_INSURER,
        "employer": employer.name,
        "over": "Complémentaire santé de l’entreprise",
        "question": f"Puis-je être dispensé{NBSP}?",
        "answer": "La réponse en une minute, sans compte.",
        "lines": [
            "Répondez à quelques questions sur votre situation.",
            "Vous saurez si vous pouvez être dispensé d’adhérer, d’ici quand, et avec quels documents.",
        ],
        "how": "Photographiez ce code avec votre téléphone, ou tapez l’adresse",
        "address": address.partition("://")[2],
        "qr": svg_of_address(address),
        "qr_alt": f"Code à photographier, qui ouvre le guide {of(employer.name)}",
        "contact": [
            "Une question\xa0? Votre correspondant RH, ou",
            f"{settings.PORTAL_CONTACT_PHONE} ({settings.PORTAL_CONTACT_HOURS})",
            settings.PORTAL_CONTACT_EMAIL,
        ],
    }


def _address(employer: Employer) -> str:
    return absolute(entrance("company_guide", employer.guide_key))

"""Letters with a code, for who has no address: one from an employee's page, or all those that wait in one file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import services
from accounts.models import Employee, Employer, User
from accounts.permissions import get_managed_employer, get_open_employee, get_open_employer, person
from accounts.read_only import read_only_words
from dispenses.employer.place import back, told
from portal.lib.links import absolute, entrance
from portal.lib.pdf import pdf
from portal.lib.qr import svg_of_address
from portal.lib.typography import NBSP, long_day

TEMPLATE = Path(__file__).with_name("letter.typ")


def lettres(request: HttpRequest, employer_id: int) -> HttpResponse:
    """How many letters wait, and for whom; the POST prints them in one file, or again all those not used yet."""
    user = person(request)
    if request.method == "POST":
        employer, again = get_open_employer(user, employer_id), "encore" in request.POST
        asked = services.unused_letters if again else services.waiting_for_letter
        due = list(asked(employer, timezone.now())[: services.MOST_LETTERS])
        if file := _printed(employer, due, user, "lettres-activation.pdf", waiting=not again):
            return file
        messages.info(request, "Aucune lettre n’attend d’être imprimée.")
        return redirect(request.get_full_path())
    employer = get_managed_employer(user, employer_id)
    now = timezone.now()
    waiting = services.waiting_for_letter(employer, now)
    context = {
        "employer": employer,
        "back": back(request, employer),
        "count": waiting.count(),
        "names": waiting[: services.MOST_LETTERS],
        "most": services.MOST_LETTERS,
        "printed": services.unused_letters(employer, now).count(),
        "read_only": read_only_words(employer),
        "address": typed_address(),
    }
    return render(request, "dispenses/employer/lettres.html", context)


@require_POST
def lettre_imprimer(request: HttpRequest, employee_id: int) -> HttpResponse:
    """The letter of one employee: its code is new, whatever was sent before dies."""
    user = person(request)
    employee = get_open_employee(user, employee_id)
    if file := _printed(employee.employer, [employee], user, f"lettre-activation-{employee.pk}.pdf"):
        return file
    said = f"{employee.full_name} a déjà un compte, ou a quitté l’entreprise\xa0: aucune lettre à imprimer."
    return told(request, employee, messages.INFO, said)


@transaction.atomic
def _printed(
    employer: Employer, employees: Sequence[Employee], by: User, name: str, *, waiting: bool = False
) -> HttpResponse | None:
    """The letters as one PDF, one a page; None for no letter. Without the PDF there is no new code either."""
    letters = services.print_letters(employer=employer, employees=employees, by=by, waiting=waiting)
    if not letters:
        return None
    made = pdf(TEMPLATE.read_text(encoding="utf-8"), contents(employer, letters))
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def typed_address() -> str:
    """The address of the page that asks for the code, as people type it: « portail.exemple/code/ »."""
    return absolute(reverse("activation_lettre")).partition("://")[2]


def contents(employer: Employer, letters: Sequence[services.Letter]) -> dict[str, Any]:
    """What the letters say, for the template: what is common to all, then what each one has."""
    insurer = settings.PORTAL_INSURER
    return {
        "title": "Activez votre espace santé",
        "insurer": insurer,
        "employer": employer.name,
        "colours": settings.PORTAL_BRAND.colours,
        "place": f"Le {long_day(timezone.localdate())}",
        "intro": (
            f"{employer.name} vous permet de bénéficier d’une complémentaire santé collective {insurer} et vous "
            "affilie au sein de son contrat collectif. Pour finaliser votre adhésion, ou demander à en être dispensé, "
            "créez votre espace réservé."
        ),
        "steps": [
            {"title": "Ouvrez cette page", "address": typed_address()},
            {"title": "Saisissez votre code personnel", "code": True},
            {
                "title": "Donnez une adresse e-mail et choisissez un mot de passe",
                "more": "Un code de confirmation arrive à cette adresse\xa0: gardez votre messagerie à portée.",
            },
        ],
        "qr": svg_of_address(absolute(reverse("activation_lettre"))),
        "qr_alt": f"Code à photographier, qui ouvre la page {typed_address()}",
        "important": (
            f"Important{NBSP}: ce code est unique et personnel, merci de ne pas le transmettre. Il ne sert qu’une fois."
        ),
        "guide": (
            "Puis-je être dispensé\xa0? La réponse en une minute, sans compte\xa0: "
            f"{absolute(entrance('company_guide', employer.guide_key)).partition('://')[2]}"
        ),
        "contact": f"Pour nous contacter{NBSP}: {settings.PORTAL_CONTACT_EMAIL}, {settings.PORTAL_CONTACT_PHONE}.",
        "letters": [
            {
                "name": letter.employee.full_name,
                "matricule": f"Matricule{NBSP}: {letter.employee.matricule}",
                "hello": f"Bonjour {letter.employee.full_name},",
                "code": letter.code,
                "until": (
                    f"Il fonctionne pendant 60{NBSP}jours, jusqu’au {long_day(letter.last_day)}. Après cette date, "
                    "demandez une nouvelle lettre à votre correspondant RH."
                ),
            }
            for letter in letters
        ],
    }

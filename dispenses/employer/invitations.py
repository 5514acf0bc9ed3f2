"""The correspondent's acts on one employee: pre-affiliate, send the link again, revoke it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import services
from accounts.employee.fields import Declared
from accounts.exceptions import AlreadyPreAffiliated, SentTooOften
from accounts.models import Employee
from accounts.permissions import get_open_employee, get_open_employer, person
from dispenses.employer.forms import PreAffiliationForm
from dispenses.employer.place import NAME, back, carried
from portal.lib.typography import of


def pre_affilier(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Declare an employee of one of one's employers; the invitation goes out."""
    user = person(request)
    employer = get_open_employer(user, employer_id)
    form = PreAffiliationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            employee = services.pre_affiliate(by=user, employer=employer, declared=Declared(**form.cleaned_data))
        except AlreadyPreAffiliated as duplicate:
            form.add_error(duplicate.field, str(duplicate))
        else:
            messages.success(request, f"{employee.full_name} est pré-affilié(e). {_invited(employee)}")
            if "encore" in request.POST:
                return redirect("pre_affilier", employer_id=employer.pk)
            return redirect("salaries")
    return render(request, "dispenses/employer/pre_affilier.html", {"form": form, "employer": employer})


def _invited(employee: Employee) -> str:
    """How the employee learns of it, in words."""
    if employee.user_id is not None:
        return "Son compte d’avant sert de nouveau."
    if employee.professional_email:
        return f"L’invitation part à {employee.professional_email}."
    return "Sans adresse e-mail, imprimez sa lettre depuis sa fiche ou «\xa0Lettres avec un code\xa0»."


@require_POST
def renvoyer(request: HttpRequest, employee_id: int) -> HttpResponse:
    """Send a new link, which kills the former; not too often, the next time is told."""
    user = person(request)
    employee = get_open_employee(user, employee_id)
    try:
        sent = services.resend(employee=employee, by=user)
    except SentTooOften as refusal:
        return _told(request, employee, messages.ERROR, str(refusal))
    if employee.has_left(timezone.localdate()):
        said = f"{employee.full_name} a quitté l’entreprise\xa0: aucun lien n’est parti."
        return _told(request, employee, messages.ERROR, said)
    if not employee.professional_email:
        said = f"{employee.full_name} n’a pas d’adresse e-mail\xa0: imprimez une lettre depuis sa fiche."
        return _told(request, employee, messages.ERROR, said)
    if sent:
        said = f"Un nouveau lien part à {employee.professional_email}. L’ancien ne fonctionne plus."
        return _told(request, employee, messages.SUCCESS, said)
    return _told(request, employee, messages.INFO, f"{employee.full_name} a déjà activé son compte.")


def _told(request: HttpRequest, employee: Employee, level: int, said: str) -> HttpResponse:
    """Say it of the employee, on the page where the person was: theirs, or their row of the list."""
    messages.add_message(request, level, said, extra_tags=f"s{employee.pk}")
    return redirect(_where(request, employee))


def _where(request: HttpRequest, employee: Employee) -> str:
    """The address of the page where the person was: that of the employee, or their row of the list."""
    if "fiche" in request.POST or "fiche" in request.GET:
        place = urlencode({NAME: carried(request, employee.employer)})
        return f"{reverse('salarie', args=[employee.pk])}?{place}"
    return back(request, employee.employer, employee)


def revoquer(request: HttpRequest, employee_id: int) -> HttpResponse:
    """Kill the live link: the GET asks for confirmation."""
    user = person(request)
    employee = get_open_employee(user, employee_id)
    if request.method == "POST":
        if services.revoke(employee=employee, by=user):
            return _told(request, employee, messages.SUCCESS, f"Le lien {of(employee.full_name)} est révoqué.")
        return _told(request, employee, messages.INFO, f"{employee.full_name} n’avait pas de lien valable.")
    context = {
        "employee": employee,
        "here": carried(request, employee.employer),
        "fiche": "fiche" in request.GET,
        "back": _where(request, employee),
    }
    return render(request, "dispenses/employer/revoquer.html", context)

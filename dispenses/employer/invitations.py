"""The correspondent's acts on one employee: pre-affiliate, send the link again, revoke it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import services
from accounts.employee.fields import Declared
from accounts.exceptions import AlreadyPreAffiliated, SentTooOften
from accounts.models import Employee
from accounts.permissions import get_open_employee, get_open_employer, person
from dispenses.employer.forms import PreAffiliationForm
from dispenses.employer.place import FROM_PAGE, back, carried, told, where
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
                return redirect(request.get_full_path())
            return redirect(back(request, employer))
    context = {"form": form, "employer": employer, "back": back(request, employer)}
    return render(request, "dispenses/employer/pre_affilier.html", context)


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
        return told(request, employee, messages.ERROR, str(refusal))
    if employee.has_left(timezone.localdate()):
        said = f"{employee.full_name} a quitté l’entreprise\xa0: aucun lien n’est parti."
        return told(request, employee, messages.ERROR, said)
    if not employee.professional_email:
        said = f"{employee.full_name} n’a pas d’adresse e-mail\xa0: imprimez une lettre depuis sa fiche."
        return told(request, employee, messages.ERROR, said)
    if sent:
        said = f"Un nouveau lien part à {employee.professional_email}. L’ancien ne fonctionne plus."
        return told(request, employee, messages.SUCCESS, said)
    return told(request, employee, messages.INFO, f"{employee.full_name} a déjà activé son compte.")


def revoquer(request: HttpRequest, employee_id: int) -> HttpResponse:
    """Kill the live link, or the code of the letter: the GET asks for confirmation."""
    user = person(request)
    employee = get_open_employee(user, employee_id)
    what = "lien" if employee.professional_email else "code"
    if request.method == "POST":
        if services.revoke(employee=employee, by=user):
            return told(request, employee, messages.SUCCESS, f"Le {what} {of(employee.full_name)} est révoqué.")
        return told(request, employee, messages.INFO, f"{employee.full_name} n’avait pas de {what} valable.")
    context = {
        "employee": employee,
        "what": what,
        "here": carried(request, employee.employer),
        "fiche": FROM_PAGE in request.GET,
        "back": where(request, employee),
    }
    return render(request, "dispenses/employer/revoquer.html", context)

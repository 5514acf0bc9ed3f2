"""What a correspondent declares of an employment: its last day, and the affiliation to the employer's cover."""

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import services
from accounts.exceptions import AlreadyPreAffiliated, EmploymentRefused
from accounts.models import Employee, User
from accounts.permissions import get_open_employee, person
from dispenses.employer.forms import AffiliationForm, DepartureForm, EmploymentForm
from dispenses.employer.place import of_employee
from portal.lib.typography import of, short_day

CANCEL = "annuler"


def depart(request: HttpRequest, employee_id: int) -> HttpResponse:
    """Declare, move or cancel the departure of an employee."""

    def declare(employee: Employee, user: User, day: date | None) -> str:
        services.declare_departure(employee=employee, by=user, left_on=day)
        if day is None:
            return f"Le départ {of(employee.full_name)} est annulé."
        return f"Le départ {of(employee.full_name)} est enregistré\xa0: dernier jour de travail le {short_day(day)}."

    return _declare(request, employee_id, DepartureForm, declare, "dispenses/employer/depart.html")


def affiliation(request: HttpRequest, employee_id: int) -> HttpResponse:
    """Declare that an employee joined the employer's cover, or take it back."""

    def declare(employee: Employee, user: User, day: date | None) -> str:
        services.declare_affiliation(employee=employee, by=user, affiliated_on=day)
        if day is None:
            return f"{employee.full_name} n’est plus déclaré(e) affilié(e)."
        return f"{employee.full_name} est déclaré(e) affilié(e) depuis le {short_day(day)}."

    return _declare(request, employee_id, AffiliationForm, declare, "dispenses/employer/affiliation.html")


def _declare(
    request: HttpRequest,
    employee_id: int,
    form_class: type[EmploymentForm],
    declare: Callable[[Employee, User, date | None], str],
    template: str,
) -> HttpResponse:
    """A page with one date, which `declare` writes (None to take it back) and says."""
    user = person(request)
    employee = get_open_employee(user, employee_id)
    back = of_employee(request, employee)
    cancelled = CANCEL in request.POST
    form = form_class(request.POST if request.method == "POST" and not cancelled else None, employee=employee)
    if request.method == "POST" and (cancelled or form.is_valid()):
        try:
            said = declare(employee, user, None if cancelled else form.cleaned_data["day"])
        except (AlreadyPreAffiliated, EmploymentRefused) as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, said)
        return redirect(back)
    return render(request, template, {"form": form, "employee": employee, "employer": employee.employer, "back": back})

"""Whom a transfer of a company takes, and which requests pass with them."""

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Employee, Employer, employed
from dispenses.models import Dispense, Transfer
from dispenses.workflow import OPEN_STATUSES, Status


def passing(former: Employer, day: date, establishment: str = "") -> QuerySet[Employee]:
    """Employees at work for `former` on `day`, hired before it; of that establishment alone, unless ""."""
    begun = Q(transferred_on__isnull=True) | Q(transferred_on__lt=day)
    here = Employee.objects.filter(employed(day), begun, employer=former, hired_on__lt=day)
    return here.filter(establishment_siret=establishment) if establishment else here


def with_twins(employees: QuerySet[Employee], new: Employer, day: date) -> QuerySet[Employee]:
    """Those who would stay: the new employer has somebody of the same matricule, address or account.

    One question for each of the three, each in two halves that an index answers: together they would read all of the
    new employer's people for each one who passes.
    """

    def there(**same: OuterRef) -> Q:
        rows = Employee.objects.filter(employer=new, **same)
        rows = rows.exclude(professional_email="") if "professional_email" in same else rows
        return Q(Exists(rows.filter(left_on__isnull=True))) | Q(Exists(rows.filter(left_on__gte=day)))

    return employees.filter(
        there(matricule=OuterRef("matricule"))
        | there(professional_email=OuterRef("professional_email"))
        | there(user=OuterRef("user"))
    )


def carried(day: date) -> Q:
    """Requests that pass: granted and not over before `day`, even if they ended since, or open; a draft as well."""
    going_on = Q(ends_on__isnull=True) | Q(ends_on__gte=day)
    since = Q(status=Status.ENDED.value, ends_on__gte=day)
    open_now = Q(status__in=[status.value for status in OPEN_STATUSES])
    return Q(going_on, status=Status.ACCEPTED.value) | since | open_now


def passed(transfer: Transfer) -> QuerySet[Any]:
    """The requests that passed, as they are now."""
    return Dispense.objects.filter(transfers__transfer=transfer).select_related("employee", "motif").order_by("number")

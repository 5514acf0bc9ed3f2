"""Requests of the employers that have the insurer's contract."""

from datetime import date

from django.db.models import Exists, OuterRef, Q

from accounts.models import Employee


def of_insured(day: date) -> Q:
    """Requests whose employer has the insurer's contract on `day`.

    Said by those that have it no more, who are few: a join would read every employee to know of each that theirs goes
    on (accounts.models.insured says the same of rows that are few).
    """
    return Q(~Exists(Employee.objects.filter(pk=OuterRef("employee"), employer__insured_until__lt=day)))

"""Dispenses granted, and what was told of them."""

from datetime import date, timedelta
from typing import Any

from accounts.models import Employee
from dispenses.models import Complement, Dispense, LifeStep, Motif
from notifications.models import OutgoingEmail
from portal.lib import dates
from tests.ending import ending
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, StaffFactory, answers_to

DAY = date(2027, 3, 10)
LAW = "acte_f_couverture_collective"


def granted(
    *, code: str = "conjoint", ends_on: date | None = None, confirm_by: date | None = None, **fields: Any
) -> Dispense:
    """A dispense granted two years before DAY, of an employee whose company has a correspondent."""
    employee = fields.pop("employee", None) or EmployeeFactory(activated=True)
    if not employee.employer.correspondents.exists():
        CorrespondentFactory(employer=employee.employer)
    motif = Motif.objects.get(code=code)
    known = ending(ends_on, fields.pop("end_cause", "rule"))
    dispense: Dispense = DispenseFactory(
        employee=employee, motif=Motif.objects.get(code="conjoint"), answers=answers_to("conjoint"), accepted=True
    )
    long_ago = dates.instant(DAY - timedelta(days=730), 10)
    Dispense.objects.filter(pk=dispense.pk).update(
        **{
            "motif": motif,
            "submitted_at": long_ago,
            "decided_at": long_ago,
            "effective_on": DAY - timedelta(days=730),
            "confirm_by": confirm_by,
            **known,
            **fields,
        }
    )
    dispense.refresh_from_db()
    OutgoingEmail.objects.all().delete()
    return dispense


def complement(employee: Employee, asked: date, answered: date | None = None) -> Complement:
    """A complement asked of an earlier request of the employee."""
    other = DispenseFactory(employee=employee, withdrawn=True)
    return Complement.objects.create(
        dispense=other,
        message="Il manque une pièce.",
        asked_at=dates.instant(asked, 9),
        asked_by=StaffFactory(),
        answered_at=dates.instant(answered, 9) if answered else None,
    )


def steps(dispense: Dispense) -> list[tuple[str, date]]:
    return list(LifeStep.objects.filter(dispense=dispense).order_by("pk").values_list("step", "target"))


def mails(dispense: Dispense) -> list[str]:
    """Kinds of the mails about the dispense, in their order."""
    return list(OutgoingEmail.objects.filter(about=str(dispense.number)).order_by("pk").values_list("kind", flat=True))


def mail(kind: str) -> OutgoingEmail:
    return OutgoingEmail.objects.get(kind=kind)

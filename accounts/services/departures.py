"""The end of an employment and the affiliation to the employer's cover, as a correspondent declares them."""

from datetime import date

from django.db import transaction

from accounts.enums import CompanyAct
from accounts.exceptions import Code, EmploymentRefused
from accounts.models import Employee, User
from accounts.services.journal import note_act
from accounts.services.updating import update_employee


def refuse_rehired(employee: Employee) -> None:
    """Raises EmploymentRefused for an employment that a later one of the same person follows: it is kept as it was."""
    if again := employee.rehires.order_by("hired_on").first():
        raise EmploymentRefused(
            f"{employee.full_name} a été embauché(e) de nouveau le {again.hired_on:%d/%m/%Y}\xa0: "
            "la fiche d’avant ne change plus.",
            code=Code.REHIRED,
        )


@transaction.atomic
def declare_departure(*, employee: Employee, by: User, left_on: date | None) -> bool:
    """Declare, move or, with None, cancel the last day at work. False when nothing changes.

    Raises EmploymentRefused once the person was hired again, AlreadyPreAffiliated when the matricule or the address of
    a departure that is cancelled is somebody else's by now.
    """
    refuse_rehired(employee)
    former = employee.left_on
    if not update_employee(employee=employee, values={"left_on": left_on}, by=by.full_name):
        return False
    act = CompanyAct.DEPARTED if left_on else CompanyAct.DEPARTURE_CANCELLED
    note_act(act=act, by=by, employer=employee.employer, employee=employee, detail=_moved(former, left_on))
    return True


@transaction.atomic
def declare_affiliation(*, employee: Employee, by: User, affiliated_on: date | None) -> bool:
    """Declare the first day of the employer's cover or, with None, take it back. False when nothing changes.

    Raises EmploymentRefused once the person was hired again.
    """
    refuse_rehired(employee)
    former = employee.affiliated_on
    if not update_employee(employee=employee, values={"affiliated_on": affiliated_on}, by=by.full_name):
        return False
    act = CompanyAct.AFFILIATED if affiliated_on else CompanyAct.AFFILIATION_CANCELLED
    note_act(act=act, by=by, employer=employee.employer, employee=employee, detail=_moved(former, affiliated_on))
    return True


def _moved(former: date | None, day: date | None) -> str:
    """« 30/11/2026 », or « 30/11/2026 → 15/12/2026 »."""
    return " → ".join(f"{one:%d/%m/%Y}" for one in (former, day) if one)

"""The end of an employment and the affiliation to the employer's cover, as a correspondent declares them."""

from datetime import date

from django.db import transaction

from accounts.enums import CompanyAct
from accounts.exceptions import Code, EmploymentRefused
from accounts.models import Employee, User
from accounts.services.journal import note_act
from accounts.services.updating import refuse_transferred, update_employee


def refuse_rehired(employee: Employee) -> None:
    """Raises EmploymentRefused for an employment that a later one of the same person follows: it is kept as it was."""
    if again := employee.rehires.order_by("hired_on").first():
        raise EmploymentRefused(
            f"{employee.full_name} a été embauché(e) de nouveau le {again.hired_on:%d/%m/%Y}\xa0: "
            "la fiche d’avant ne change plus.",
            code=Code.REHIRED,
        )
    refuse_transferred(employee)


@transaction.atomic
def declare_departure(*, employee: Employee, by: User, left_on: date | None) -> bool:
    """Declare, move or, with None, cancel the last day at work. False when nothing changes.

    Raises EmploymentRefused once the person was hired again, AlreadyPreAffiliated when the matricule or the address of
    a departure that is cancelled is somebody else's by now.
    """
    acts = (CompanyAct.DEPARTED, CompanyAct.DEPARTURE_CANCELLED)
    return _declare(employee, by, "left_on", left_on, *acts)


@transaction.atomic
def declare_affiliation(*, employee: Employee, by: User, affiliated_on: date | None) -> bool:
    """Declare the first day of the employer's cover or, with None, take it back. False when nothing changes.

    Raises EmploymentRefused once the person was hired again.
    """
    acts = (CompanyAct.AFFILIATED, CompanyAct.AFFILIATION_CANCELLED)
    return _declare(employee, by, "affiliated_on", affiliated_on, *acts)


def _declare(
    employee: Employee, by: User, attribute: str, day: date | None, declared: CompanyAct, taken_back: CompanyAct
) -> bool:
    refuse_rehired(employee)
    former = getattr(employee, attribute)
    if not update_employee(employee=employee, values={attribute: day}, by=by.full_name):
        return False
    act = declared if day else taken_back
    note_act(act=act, by=by, employer=employee.employer, employee=employee, detail=_moved(former, day))
    return True


def _moved(former: date | None, day: date | None) -> str:
    """« 30/11/2026 », or « 30/11/2026 → 15/12/2026 »."""
    return " → ".join(f"{one:%d/%m/%Y}" for one in (former, day) if one)

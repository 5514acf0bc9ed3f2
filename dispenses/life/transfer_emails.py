"""Mails of a transfer: to each employee who has an account, then to the correspondents of both employers."""

from collections.abc import Sequence

from accounts.models import Employee
from accounts.services import tell_correspondents
from dispenses.life import messages
from dispenses.models import Dispense, Transfer
from dispenses.workflow import Status
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance
from portal.lib.typography import long_day

NOTHING = "Vous n’avez aucune demande en cours ni dispense\xa0: rien ne change dans votre espace."


def tell_employee(transfer: Transfer, employee: Employee, requests: Sequence[Dispense]) -> None:
    """What becomes of the requests that pass with the row `employee`; nobody to write to without an account."""
    if employee.user is None:
        return
    enqueue(
        messages.ContractTransferred(
            person_name=employee.full_name,
            former_name=transfer.former.name,
            new_name=transfer.new.name,
            day=transfer.day,
            requests="\n".join(_said(one) for one in requests) or NOTHING,
            follow_url=absolute(entrance("requests")),
        ),
        to=employee.user.email,
        dedup_key=f"contract-transferred:{employee.pk}",
    )


def _said(dispense: Dispense) -> str:
    if dispense.status == Status.ACCEPTED:
        return f"Votre dispense N°{dispense.number} continue, aux mêmes dates\xa0: vous n’avez rien à refaire."
    if dispense.status == Status.ENDED and dispense.ends_on:
        over = f"Votre dispense N°{dispense.number}, finie le {long_day(dispense.ends_on)},"
        return f"{over} passe au nouvel employeur avec ses preuves\xa0: rien ne change pour vous."
    return f"Votre demande N°{dispense.number} suit son cours\xa0: vous n’avez rien à refaire."


def tell_correspondents_of(transfer: Transfer) -> None:
    """How many passed and how many stayed, to both employers; once for each time that the list was gone through."""
    left = len(transfer.left_out)
    many = "s" if left > 1 else ""
    verb = "restent" if left > 1 else "reste"
    stayed = f"{left} salarié{many} {verb} à transférer\xa0: le centre de gestion s’en occupe." if left else ""
    at = transfer.finished_at.timestamp() if transfer.finished_at else 0
    for employer, kind in (
        (transfer.former, messages.EmployeesPassed),
        (transfer.new, messages.EmployeesArrived),
    ):
        message = kind(
            former_name=transfer.former.name,
            new_name=transfer.new.name,
            day=transfer.day,
            count=transfer.moved,
            stayed=stayed,
            list_url=f"{absolute(entrance('employees'))}?employeur={employer.pk}",
        )
        tell_correspondents(employer, message, key=f"transfer:{transfer.pk}:{employer.pk}:{at:.0f}")

"""A contract of employment that goes on with another employer (Code du travail, art. L1224-1): one person at a time.

The former employer keeps its row, which ends on the eve; the new one gets a row of the same contract: same account,
same hire, same end. dispenses.life.transfers says what becomes of the requests, and calls this.
"""

from datetime import date, datetime

from django.utils import timezone

from accounts.employee.fields import ATTRIBUTES
from accounts.enums import CompanyAct
from accounts.exceptions import AlreadyPreAffiliated, Code
from accounts.listing import uninvited
from accounts.models import LIVE, Employee, Employer, Invitation, employed
from accounts.services import employee_events
from accounts.services.invitations import refuse_duplicate, replace_link
from accounts.services.journal import CENTRE, note_act
from portal.lib.dates import ONE_DAY
from portal.lib.typography import of, short_day

OF_THE_FORMER = frozenset({"affiliated_on", "establishment_siret"})
"""What was true of the former employer alone: its cover, its establishment. Whoever comes back finds theirs again."""


def refuse_twin(employee: Employee, to: Employer, day: date) -> None:
    """Raises AlreadyPreAffiliated when `to` has somebody of this matricule, this address or this account on `day`."""
    refuse_duplicate(to, employee.professional_email, employee.matricule, day)
    if employee.user_id is None:
        return
    if twin := Employee.objects.filter(employed(day), employer=to, user=employee.user_id).first():
        raise AlreadyPreAffiliated(
            f"Le même compte y a déjà la fiche {of(twin.full_name)} (matricule {twin.matricule}).", code=Code.TWIN
        )


def _before_at(employee: Employee, to: Employer) -> Employee | None:
    """The last row of the same contract at `to`, whatever it went through since; None without any."""
    row = employee.transferred_from
    while row and row.employer_id != to.pk:
        row = row.transferred_from
    return row


def transfer_employee(employee: Employee, to: Employer, day: date, at: datetime) -> Employee:
    """The row of the locked employee at `to`, from `day` on; theirs here ends on the eve. Called in a transaction.

    Whoever has not activated keeps the link that they received; who waited for the day of an import has theirs
    now. Raises AlreadyPreAffiliated, and nothing is written.
    """
    refuse_twin(employee, to, day)
    values = {name: getattr(employee, name) for name in ATTRIBUTES if name not in OF_THE_FORMER}
    if before := _before_at(employee, to):
        values |= {name: getattr(before, name) for name in OF_THE_FORMER}
    there = Employee.objects.create(
        employer=to,
        user_id=employee.user_id,
        activated_at=employee.activated_at,
        transferred_from=employee,
        transferred_on=day,
        **values,
    )
    Invitation.objects.filter(LIVE, employee=employee).update(employee=there)
    held = Employee.objects.filter(uninvited(), pk=employee.pk, user__isnull=True).exists()
    if held and there.professional_email and not there.has_left(timezone.localdate(at)):
        replace_link(there)  # the day of the former employer's import does not come here
    employee.left_on, employee.held_import = day - ONE_DAY, None
    employee.save(update_fields=["left_on", "held_import"])
    employee_events.note_change([employee.pk, there.pk], at)
    note_act(
        act=CompanyAct.TRANSFERRED,
        by=None,
        label=CENTRE,
        employer=employee.employer,
        employee=employee,
        detail=f"vers {to.name}, à compter du {short_day(day)}",
    )
    note_act(
        act=CompanyAct.TRANSFERRED,
        by=None,
        label=CENTRE,
        employer=to,
        employee=there,
        detail=f"depuis {employee.employer.name}, à compter du {short_day(day)}",
    )
    return there

"""What the employer corrects of an employee already declared."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.employee.fields import ATTRIBUTES
from accounts.enums import RevocationReason
from accounts.exceptions import Code, EmploymentRefused
from accounts.listing import uninvited
from accounts.models import Employee
from accounts.read_only import refuse_over
from accounts.services import employment
from accounts.services.address_changes import NO_ADDRESS, AddressChange, tell_address_changes
from accounts.services.invitations import (
    refuse_duplicate,
    refuse_early_link,
    replace_link,
    revoke_live,
    revoke_of_leaver,
)
from portal.lib.typography import of


def refuse_transferred(employee: Employee) -> None:
    """Raises EmploymentRefused for a row whose contract goes on at another employer: it is kept as it was."""
    if elsewhere := employee.transfers.select_related("employer").first():
        raise EmploymentRefused(
            f"Le contrat {of(employee.full_name)} se poursuit chez {elsewhere.employer.name} depuis le "
            f"{elsewhere.here_since:%d/%m/%Y}\xa0: cette fiche ne change plus.",
            code=Code.TRANSFERRED,
        )


@transaction.atomic
def update_employee(
    *, employee: Employee, values: dict[str, Any], by: str, gathered: list[AddressChange] | None = None
) -> list[str]:
    """Write the values that differ, by attribute of Employee. Returns their names, none when nothing changed.

    A new address before the activation kills the link sent to the former one and sends another, none leaves it to a
    letter; in all cases the
    correspondents are told that it changed, and `by` whom, in words. Who changes many `gathered` tells them together.
    Raises AlreadyPreAffiliated when the address or the matricule is another employee's, SentTooOften for a new address
    when links have just left, ContractOver once the employer's contract is over, EmploymentRefused for somebody who
    passed to another employer with their contract; nothing changes then.
    """
    refuse_over(employee.employer)
    if employment.concerns(name for name in values if getattr(employee, name) != values[name]):
        employment.hold(employee.pk)
    locked = (
        Employee.objects.select_for_update(of=("self",), no_key=True).select_related("employer").get(pk=employee.pk)
    )
    changed = [name for name in ATTRIBUTES if name in values and getattr(locked, name) != values[name]]
    if not changed:
        return []
    refuse_transferred(locked)
    before = {name: getattr(locked, name) for name in changed}
    for name in changed:
        setattr(locked, name, values[name])
    locked.changed_at = timezone.now()
    kept = (locked.professional_email, locked.matricule, locked.hired_on)
    refuse_duplicate(locked.employer, *kept, but=locked)
    try:
        with transaction.atomic():
            locked.save(update_fields=[*changed, "changed_at"])
    except IntegrityError:  # given to another at the same instant
        refuse_duplicate(locked.employer, *kept, but=locked)
        raise
    today = timezone.localdate(locked.changed_at)
    if locked.has_left(today):
        revoke_of_leaver(locked)
    elif "professional_email" in changed:
        _follow(locked, before["professional_email"], by, gathered)
    if employment.concerns(changed):
        employment.tell(employment.Change(locked, before, locked.changed_at))
    return changed


def _follow(employee: Employee, before: str, by: str, gathered: list[AddressChange] | None) -> None:
    """What a new address brings about."""
    if employee.user_id is None and Employee.objects.filter(uninvited(), pk=employee.pk).exists():
        pass  # its first link leaves on the day chosen for the import, to the address of that day
    elif employee.user_id is None and employee.professional_email:
        refuse_early_link(employee, timezone.now())
        replace_link(employee)
    elif employee.user_id is None:
        revoke_live(employee, RevocationReason.RESENT)
    change = AddressChange(employee.full_name, before or NO_ADDRESS, employee.professional_email or NO_ADDRESS)
    if gathered is None:
        tell_address_changes(employer=employee.employer, changes=[change], by=by)
    else:
        gathered.append(change)

"""Second pass: the valid lines, a piece per transaction, so that a killed worker loses and repeats nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from accounts.employee.fields import DATES, Declared
from accounts.employee.together import complete, default_contract
from accounts.exceptions import AlreadyPreAffiliated, EmploymentRefused, SentTooOften
from accounts.imports.matching import Known, addresses
from accounts.models import Employee, Employer, ImportRun, User
from accounts.nir import clear_nir
from accounts.services.address_changes import AddressChange
from accounts.services.many import pre_affiliate_many
from accounts.services.updating import update_employee


@dataclass
class Written:
    """What a piece gave. `left_out`: line and reason; `addresses`: those that changed, of which nobody is told yet."""

    created: int = 0
    updated: int = 0
    left_out: list[tuple[int, str]] = field(default_factory=list)
    addresses: list[AddressChange] = field(default_factory=list)


def write(
    *,
    employer: Employer,
    by: User,
    lines: Sequence[str],
    now: datetime,
    still_new: bool = False,
    held: ImportRun | None = None,
) -> Written:
    """Write these lines of JSON over what the employer has now; those of the import `held` are not invited yet.

    The caller holds the lock of the employer. Raises IntegrityError when someone was declared by hand meanwhile; with
    `still_new`, nobody is looked for whom the file was alone to know, so that it is raised for them too.
    """
    read = [_read(line) for line in lines]
    doubtful = [values for _, values, new in read if not (new and still_new)]
    known = Known(employer, [v["matricule"] for v in doubtful], addresses(doubtful))
    new: list[Declared] = []
    written = Written()
    for line, values, _ in read:
        employee = known.employee_of(values)
        if refusal := known.problem(values):
            written.left_out.append((line, f"L’adresse {values['professional_email']} {refusal}"))
        elif employee is None:
            complete(values)  # one who was known when the file was read, and is no more
            implied = {"contract_type": default_contract(values), "first_name": "", "professional_email": ""}
            new.append(Declared(**{**implied, **values}))
        else:
            written.updated += _update(employee, line, values, by, written)
    pre_affiliate_many(by=by, employer=employer, people=new, now=now, held=held)
    written.created = len(new)
    return written


def _read(line: str) -> tuple[int, dict[str, Any], bool]:
    """Number, values, and whether nobody was known by them when the file was read."""
    number, values, *new = json.loads(line)
    for name in DATES:
        if values.get(name):
            values[name] = date.fromisoformat(values[name])
    return number, values, new == [True]


def _update(employee: Employee, line: int, values: dict[str, Any], by: User, written: Written) -> bool:
    values = {name: value for name, value in values.items() if name != "matricule"}  # by which the employee is known
    if "sealed_nir" in values and clear_nir(values["sealed_nir"]) == clear_nir(employee.sealed_nir):
        values = {name: value for name, value in values.items() if name != "sealed_nir"}  # sealed anew, yet the same
    try:
        return bool(update_employee(employee=employee, values=values, by=by.full_name, gathered=written.addresses))
    except (AlreadyPreAffiliated, EmploymentRefused, SentTooOften) as refusal:
        written.left_out.append((line, str(refusal)))
        return False

"""Second pass: the valid lines, a piece per transaction, so that a killed worker loses and repeats nothing."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from accounts.employee.fields import DATES, Declared
from accounts.employee.together import default_contract
from accounts.exceptions import AlreadyPreAffiliated
from accounts.imports.matching import Known, clear_nir
from accounts.models import Employee, Employer, User
from accounts.services.many import pre_affiliate_many
from accounts.services.updating import update_employee


def write(
    *, employer: Employer, by: User, lines: Sequence[str], now: datetime
) -> tuple[int, int, list[tuple[int, str]]]:
    """Write these lines of JSON over what the employer has now. Returns (created, updated, left out with the reason).

    The caller holds the lock of the employer. Raises IntegrityError when someone was declared by hand meanwhile.
    """
    read = [_read(line) for line in lines]
    matricules = [values["matricule"] for _, values in read]
    known = Known(employer, matricules, [values["professional_email"] for _, values in read])
    new: list[Declared] = []
    updated = 0
    left_out: list[tuple[int, str]] = []
    for line, values in read:
        matricule, email = values["matricule"], values["professional_email"]
        employee = known.by_matricule.get(matricule)
        if refusal := known.problem(matricule, email):
            left_out.append((line, f"L’adresse {email} {refusal}"))
        elif employee is None:
            new.append(Declared(**{"contract_type": default_contract(values), **values}))
        else:
            updated += _update(employee, line, values, left_out)
    pre_affiliate_many(by=by, employer=employer, people=new, now=now)
    return len(new), updated, left_out


def _read(line: str) -> tuple[int, dict[str, Any]]:
    number, values = json.loads(line)
    for name in DATES:
        if values.get(name):
            values[name] = date.fromisoformat(values[name])
    return number, values


def _update(employee: Employee, line: int, values: dict[str, Any], left_out: list[tuple[int, str]]) -> int:
    values = {name: value for name, value in values.items() if name != "matricule"}  # by which the employee is known
    if "sealed_nir" in values and clear_nir(values["sealed_nir"]) == clear_nir(employee.sealed_nir):
        values = {name: value for name, value in values.items() if name != "sealed_nir"}  # sealed anew, yet the same
    try:
        return 1 if update_employee(employee=employee, values=values) else 0
    except AlreadyPreAffiliated as refusal:
        left_out.append((line, str(refusal)))
        return 0

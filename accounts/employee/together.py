"""What several fields of an employee say together: what follows from them, what contradicts itself."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from accounts.employee.values import LEFT_AHEAD, Code, ValueRefused
from accounts.enums import ContractType


def complete(given: dict[str, Any]) -> None:
    """Add, by attribute of Employee, what follows from what was given: the name used, that a CDI has no end.

    Who has one name alone has it as last name, whichever it was given as.
    """
    if not given.get("last_name") and given.get("birth_name"):
        given["last_name"] = given["birth_name"]
    if not given.get("last_name") and given.get("first_name"):
        given["last_name"], given["first_name"] = given["first_name"], ""
    if given.get("contract_type") == ContractType.CDI:
        given.setdefault("contract_ends_on", None)


def read_end_as_departure(given: dict[str, Any], contract_type: str, today: date) -> None:
    """The end that payroll gives for a CDI is the day on which the person leaves.

    One that is more than a year away, or before the hire, stays, to be refused.
    """
    ends_on = given.get("contract_ends_on")
    if contract_type != ContractType.CDI or not ends_on:
        return
    if given.get("hired_on", ends_on) <= ends_on <= today + LEFT_AHEAD:
        given.setdefault("left_on", ends_on)
        given["contract_ends_on"] = None


def default_contract(given: Mapping[str, Any]) -> str:
    """A contract whose type is not told: one that ends is a CDD."""
    return ContractType.CDD.value if given.get("contract_ends_on") else ContractType.CDI.value


INVOLVED = {
    "contract_ends_on": {"contract_ends_on", "hired_on", "contract_type"},
    "left_on": {"left_on", "hired_on"},
    "birth_date": {"birth_date", "hired_on"},
    "sealed_nir": {"nir", "birth_date"},
}


def contradictions(
    given: Mapping[str, Any], nir: str, changed: Collection[str] | None = None
) -> Iterator[tuple[str, str, ValueRefused]]:
    """(attribute, the value shown, what is wrong) for values by attribute of Employee and a NIR in clear.

    With `changed` (attributes, and "nir"), what was so before and is not touched is left alone.
    """
    for attribute, shown, refusal in _contradictions(given, nir):
        if changed is None or INVOLVED[attribute].intersection(changed):
            yield attribute, shown, refusal


def _contradictions(given: Mapping[str, Any], nir: str) -> Iterator[tuple[str, str, ValueRefused]]:
    ends_on, hired_on, born_on = given.get("contract_ends_on"), given.get("hired_on"), given.get("birth_date")
    if ends_on and hired_on and ends_on < hired_on:
        said = ValueRefused(Code.ORDER, "précède la date d’embauche", "vérifiez les deux dates")
        yield "contract_ends_on", f"{ends_on:%d/%m/%Y}", said
    elif ends_on and given.get("contract_type") == ContractType.CDI:
        said = ValueRefused(Code.OPEN_ENDED, "ne va pas avec un CDI", "retirez-la ou écrivez CDD")
        yield "contract_ends_on", f"{ends_on:%d/%m/%Y}", said
    if (left_on := given.get("left_on")) and hired_on and left_on < hired_on:
        said = ValueRefused(Code.ORDER, "précède la date d’embauche", "vérifiez les deux dates")
        yield "left_on", f"{left_on:%d/%m/%Y}", said
    if born_on and hired_on and born_on >= hired_on:
        said = ValueRefused(Code.ORDER, "suit la date d’embauche", "vérifiez les deux dates")
        yield "birth_date", f"{born_on:%d/%m/%Y}", said
    if nir and born_on and not _born_then(nir, born_on):
        said = ValueRefused(Code.OTHER_BIRTH, "ne correspond pas à la date de naissance", "vérifiez les deux")
        yield "sealed_nir", "", said


def _born_then(nir: str, born_on: date) -> bool:
    """Whether year and month of a NIR, when it tells them, are those of the birth."""
    year, month = int(nir[1:3]), int(nir[3:5])
    return year == born_on.year % 100 and (month > 12 or month == born_on.month)

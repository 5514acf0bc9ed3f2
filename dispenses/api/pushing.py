"""One employee sent by the employer's software: created, updated, left as it is, or refused with what to correct."""

from typing import Any

from accounts import services
from accounts.exceptions import AlreadyPreAffiliated
from accounts.forms import PreAffiliationForm
from accounts.models import ApiToken, Employee
from dispenses.api.schemas import EmployeeIn, PushOut, RowError, RowResult

FIELDS = ("first_name", "last_name", "professional_email", "hired_on", "contract_type")


def push_all(token: ApiToken, rows: list[EmployeeIn]) -> PushOut:
    """Do each row in its own savepoint: one that is refused leaves nothing, and stops no other."""
    known = _known(token, rows)
    seen: set[str] = set()
    results = []
    for index, row in enumerate(rows):
        matricule = _plain(row.matricule)
        result = _twice(row) if matricule in seen else _push(token, row, known.get(matricule))
        seen.add(matricule)
        results.append(result.model_copy(update={"index": index, "matricule": row.matricule[:100]}))
    counts = {status: sum(result.status == status for result in results) for status in PushOut.model_fields}
    counts.pop("results")
    return PushOut(**counts, results=results)


def _plain(matricule: str) -> str:
    return " ".join(matricule.split())


def _known(token: ApiToken, rows: list[EmployeeIn]) -> dict[str, Employee]:
    """The employer's employees among these matricules."""
    asked = {plain for row in rows if (plain := _plain(row.matricule)) and "\0" not in plain and len(plain) <= 30}
    found = Employee.objects.filter(employer_id=token.employer_id, matricule__in=asked)
    return {employee.matricule: employee for employee in found}


def _refused(errors: dict[str, str]) -> RowResult:
    told = [RowError(field=field, message=message) for field, message in errors.items()]
    return RowResult(status="invalid", id=None, errors=told)


def _twice(row: EmployeeIn) -> RowResult:
    return _refused({"matricule": "Ce matricule figure deux fois dans l’envoi\xa0: gardez une seule ligne"})


def _push(token: ApiToken, row: EmployeeIn, known: Employee | None) -> RowResult:
    form = PreAffiliationForm(_answers(row, known))
    if not form.is_valid():
        return _refused({field: str(messages[0]) for field, messages in form.errors.items()})
    values = form.cleaned_data
    try:
        if known is None:
            created = services.pre_affiliate(by=token.created_by, employer=token.employer, **values)
            return RowResult(status="created", id=created.pk)
        if all(getattr(known, field) == values[field] for field in FIELDS):
            return RowResult(status="unchanged", id=known.pk)
        changed = services.update_employee(employee=known, values={field: values[field] for field in FIELDS})
    except AlreadyPreAffiliated as twin:
        return _refused({twin.field: str(twin)})
    return RowResult(status="updated" if changed else "unchanged", id=known.pk, changed=changed)


def _answers(row: EmployeeIn, known: Employee | None) -> dict[str, Any]:
    """What the page's form would have received: the values sent, those known in place of the ones left out."""
    values = {field: getattr(row, field) for field in FIELDS}
    if known is not None:
        kept = {field: getattr(known, field) for field in FIELDS}
        kept["hired_on"] = known.hired_on.isoformat()
        values = {field: kept[field] if value is None else value for field, value in values.items()}
    return {
        **{field: value for field, value in values.items() if field != "hired_on" and value is not None},
        "matricule": row.matricule,
        "hired_on_0": values["hired_on"] or "",
    }

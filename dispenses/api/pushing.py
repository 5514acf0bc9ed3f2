"""Employees sent by the employer's software: created together, updated, left as they are, or refused one by one."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import services
from accounts.employee.fields import FIELDS, Declared
from accounts.employee.together import default_contract, read_end_as_departure
from accounts.employee.values import Code
from accounts.enums import CompanyAct
from accounts.exceptions import AlreadyPreAffiliated, EmploymentRefused, SentTooOften
from accounts.imports.matching import Known, differences, refuse_contradictions, refuse_gone
from accounts.imports.rows import Row
from accounts.models import ApiToken, Employee, Employer, normalize_email
from accounts.nir import seal_nir
from accounts.services.many import pre_affiliate_many
from dispenses.api import rows
from dispenses.api.schemas import EmployeeIn, PushOut, RowError, RowResult

TRIES = 3
LONGEST = 254  # characters of a matricule or an address that is looked for
SHOWN = 100  # characters of a matricule that a result repeats


@dataclass
class _Push:
    """One request: its token, what the employer has, what it already said, and what is found of each row."""

    token: ApiToken
    known: Known
    seen: dict[str, set[str]] = field(default_factory=lambda: {"matricule": set(), "professional_email": set()})
    new: dict[int, Declared] = field(default_factory=dict)
    results: list[RowResult] = field(default_factory=list)
    addresses: list[services.AddressChange] = field(default_factory=list)

    @property
    def by(self) -> str:
        """Who does all this, for people."""
        return f"le logiciel de l’entreprise (jeton «\xa0{self.token.name}\xa0»)"


def push_all(token: ApiToken, sent: list[EmployeeIn]) -> PushOut:
    """Do every row that can be; one that is refused leaves nothing, and stops no other.

    The employer's row is locked, as an import does. Somebody declared by hand meanwhile makes all be read anew.
    """
    Employer.objects.select_for_update(no_key=True).only("pk").get(pk=token.employer_id)
    for last in range(TRIES - 1, -1, -1):
        try:
            with transaction.atomic():
                results = _push(token, sent)
        except IntegrityError:
            if not last:
                raise
        else:
            break
    counts = Counter(result.status for result in results)
    return PushOut(
        created=counts["created"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        invalid=counts["invalid"],
        results=results,
    )


def _push(token: ApiToken, sent: list[EmployeeIn]) -> list[RowResult]:
    push = _Push(
        token,
        Known(
            token.employer,
            [text for row in sent for text in {_plain(row.matricule), row.matricule.strip()} if _may_be_stored(text)],
            [text for row in sent if (text := normalize_email(_plain(row.professional_email)))],
        ),
    )
    today = timezone.localdate()
    for index, row in enumerate(sent):
        known = push.known.by_matricule.get(row.matricule.strip()) or push.known.by_matricule.get(_plain(row.matricule))
        result = _one(push, index, rows.read(index, row, known, today))
        push.results.append(result.model_copy(update={"index": index, "matricule": row.matricule[:SHOWN]}))
    _create(push)
    services.tell_address_changes(employer=token.employer, changes=push.addresses, by=push.by)
    return push.results


def _plain(text: str | None) -> str:
    """A text as the portal keeps it; "" for one that it cannot keep."""
    plain = " ".join((text or "").split())
    return plain if _may_be_stored(plain) else ""


def _may_be_stored(text: str) -> bool:
    return 0 < len(text) <= LONGEST and "\0" not in text


def _one(push: _Push, index: int, row: Row) -> RowResult:
    """What becomes of one row; a new employee waits in `push.new` for the others."""
    if row.problems:
        return RowResult(status="invalid", errors=rows.errors(row))
    for name, said in (("matricule", "Ce matricule"), ("professional_email", "Cette adresse")):
        if row.values.get(name) in push.seen[name]:
            return _refused(name, Code.REPEATED, f"{said} figure deux fois dans l’envoi\xa0: gardez une seule ligne")
    matricule, email = row.values["matricule"], row.values.get("professional_email", "")
    if refusal := push.known.problem(row.values):
        return _refused("professional_email", refusal.code, f"L’adresse {email} {refusal}")
    push.seen["matricule"].add(matricule)
    if email:
        push.seen["professional_email"].add(email)
    employee = push.known.employee_of(row.values)
    if employee is not None:
        return _update(push, employee, row)
    refuse_gone(row, timezone.localdate())
    if row.problems:
        return RowResult(status="invalid", errors=rows.errors(row))
    sealed = {"sealed_nir": seal_nir(row.nir)} if row.nir else {}
    implied: dict[str, Any] = {
        "contract_type": default_contract(row.values),
        "first_name": "",
        "professional_email": "",
    }
    push.new[index] = Declared(**{**implied, **row.values, **sealed})
    return RowResult(status="created")


def _refused(name: str, code: str, message: str) -> RowResult:
    return RowResult(status="invalid", errors=[RowError(field=name, code=code, message=message)])


def _update(push: _Push, employee: Employee, row: Row) -> RowResult:
    read_end_as_departure(row.values, row.values.get("contract_type", employee.contract_type), timezone.localdate())
    changed = differences(employee, row.values, row.nir)
    refuse_contradictions(row, employee, changed)
    if row.problems:
        return RowResult(status="invalid", errors=rows.errors(row))
    values: dict[str, Any] = {name: after for name, (_, after) in changed.items() if name != "nir"}
    if "nir" in changed:
        values["sealed_nir"] = seal_nir(row.nir)
    if not values:
        return RowResult(status="unchanged", id=employee.pk)
    try:
        services.update_employee(employee=employee, values=values, by=push.by, gathered=push.addresses)
    except AlreadyPreAffiliated as twin:
        return _refused(twin.field, twin.code, str(twin))
    except SentTooOften as refusal:
        return _refused("professional_email", Code.TOO_SOON, str(refusal))
    except EmploymentRefused as refusal:
        return _refused("matricule", Code.TRANSFERRED, str(refusal))
    if "professional_email" in changed:
        _note_address(push, employee, *changed["professional_email"])
    names = [field.api_name for field in FIELDS if changed.keys() & {field.attribute, field.api_name}]
    return RowResult(status="updated", id=employee.pk, changed=names)


def _note_address(push: _Push, employee: Employee, before: str, after: str) -> None:
    services.note_act(
        act=CompanyAct.CORRECTED,
        by=push.token.holder,
        label=push.by,
        employer=push.token.employer,
        employee=employee,
        detail=f"adresse e-mail : {before} → {after}",
    )


def _create(push: _Push) -> None:
    """Declare the new ones together, and tell their ids."""
    token = push.token
    people = list(push.new.values())
    pre_affiliate_many(by=token.holder, employer=token.employer, people=people, now=timezone.now())
    made = Employee.objects.filter(employer=token.employer, matricule__in=[person.matricule for person in people])
    made = made.order_by("pk")  # of those hired again, the latest
    ids = dict(made.values_list("matricule", "pk"))
    for index, person in push.new.items():
        push.results[index] = push.results[index].model_copy(update={"id": ids[person.matricule]})

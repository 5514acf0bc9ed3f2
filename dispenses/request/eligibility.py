"""What the law and the acte open to one employee, from the rows: the one door to `dispenses.law.assessment`."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils import timezone

from accounts.models import Acte, Employee
from dispenses.law import editions
from dispenses.law.answers import clean_precisions
from dispenses.law.assessment import Assessment, assess
from dispenses.law.catalogue import BY_CODE
from dispenses.law.situation import Person, Situation, Standing
from dispenses.models import Dispense, Justificatif, Motif
from dispenses.workflow import GRANTED_STATUSES

GRANTED = tuple(status.value for status in GRANTED_STATUSES)


def person_of(employee: Employee, hired_on: date | None = None) -> Person:
    """The employee as declared, hired as the request says when it says it."""
    return Person(
        contract_type=employee.contract_type,
        hired_on=hired_on or employee.hired_on,
        contract_ends_on=employee.contract_ends_on,
        part_time=employee.part_time,
    )


def granted_until(employee: Employee, motif: Motif | None = None, *, but: int | None = None) -> dict[str, date]:
    """Last day of the latest dispense granted to the employee under each motif, by its code; `but`: not this one.

    Nothing is read for a `motif` that no earlier dispense tells anything about.
    """
    if motif and not ((entry := BY_CODE.get(motif.code)) and entry.individual):
        return {}
    rows = Dispense.objects.filter(employee=employee, status__in=GRANTED).exclude(number=but or 0)
    ended = rows.order_by("ends_on").values_list("motif__code", "ends_on")
    return {code: last_day for code, last_day in ended if last_day}


def offered(employee: Employee, day: date, *, hired_on: date | None = None) -> list[tuple[Motif, Assessment]]:
    """Each motif of the law of `day`, before any question is asked, for a page; what another makes useless is left out.

    Editions of other days are left out too, unless the motif opens later.
    """
    situation = Situation(
        person=person_of(employee, hired_on),
        actes=editions.actes_of(employee.employer_id),
        day=day,
        granted_until=granted_until(employee),
    )
    return offered_in(situation)


def offered_in(situation: Situation) -> list[tuple[Motif, Assessment]]:
    """The same for any situation."""
    found = [
        (motif, assess(motif, situation, motif.required_justificatifs.all()))
        for motif in editions.all_editions()
        if motif.in_force_until is None or motif.in_force_until >= situation.day
    ]
    open_codes = {motif.code for motif, one in found if one.standing is Standing.OPEN}
    return [(motif, one) for motif, one in found if not one.entry or not open_codes.intersection(one.entry.unless)]


def motif_for(employee: Employee, motif: Motif, day: date, *, hired_on: date | None = None) -> Assessment:
    """How one motif stands for the employee on `day`, before any question is asked; read from the database."""
    situation = Situation(
        person=person_of(employee, hired_on),
        actes=list(Acte.objects.filter(employer=employee.employer_id)),
        day=day,
        granted_until=granted_until(employee, motif),
    )
    return assess(motif, situation, motif.required_justificatifs.all())


def of_request(
    dispense: Dispense,
    *,
    answers: dict[str, str],
    actes: Sequence[Acte],
    files: Iterable[Justificatif],
    day: date | None = None,
) -> Assessment:
    """How the request's motif stands with its `answers` as typed and its `files`, signed on `day` (today when None).

    Raises ValueError for a request without a motif.
    """
    motif = dispense.motif
    if motif is None:
        raise ValueError("a request without a motif is not assessed")
    situation = Situation(
        person=person_of(dispense.employee, dispense.hired_on),
        actes=actes,
        day=day or timezone.localdate(),
        answers=clean_precisions(motif, answers)[0],
        provided={file.piece for file in files if file.stands},
        granted_until=granted_until(dispense.employee, motif, but=dispense.number),
    )
    return assess(motif, situation, motif.required_justificatifs.all())

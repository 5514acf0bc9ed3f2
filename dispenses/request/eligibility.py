"""What the law and the acte open to one employee, from the rows: the one door to `dispenses.law.assessment`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
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
from portal.lib.kept import Reading, kept

KEPT_PEOPLE = 200  # of some tens of kilobytes each
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


def granted_by(granted: Iterable[Dispense]) -> dict[str, date]:
    """The same of the dispenses granted to an employee, in hand with their motifs."""
    ended = [(one.ends_on, one.motif.code) for one in granted if one.motif and one.ends_on]
    return {code: last_day for last_day, code in sorted(ended)}


Found = tuple[Motif, Assessment]


def offered(
    employee: Employee, day: date, *, hired_on: date | None = None, granted: Mapping[str, date] | None = None
) -> Reading[Found]:
    """Each motif of the law of `day`, before any question is asked, for a page; what another makes useless is left out.

    Editions of other days are left out too, unless the motif opens later. `granted`: what `granted_until` says, when it
    was read already. To read only: several requests share the answer.
    """
    granted = granted_until(employee) if granted is None else granted
    return _offered(
        person_of(employee, hired_on),
        editions.actes_of(employee.employer_id),
        day,
        frozenset(granted.items()),
        editions.all_editions(),
    )


@kept(seconds=editions.KEPT_SECONDS, most=KEPT_PEOPLE)
def _offered(
    person: Person, actes: Reading[Acte], day: date, granted: frozenset[tuple[str, date]], motifs: Reading[Motif]
) -> Reading[Found]:
    """All that the rules read is in the arguments, which are the key."""
    return Reading(_assessed(Situation(person, actes, day, granted_until=dict(granted)), motifs))


def offered_in(situation: Situation) -> list[Found]:
    """The same for any situation."""
    return _assessed(situation, editions.all_editions())


def _assessed(situation: Situation, motifs: Iterable[Motif]) -> list[Found]:
    found = [
        (motif, assess(motif, situation, motif.required_justificatifs.all()))
        for motif in motifs
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
    person, today = person_of(dispense.employee, dispense.hired_on), timezone.localdate()
    provided = frozenset(file.piece for file in files if file.stands)
    granted, signed = _granted_before(dispense, motif), day or today
    if isinstance(actes, Reading):
        key = frozenset(answers.items()), provided, frozenset(granted.items())
        return _of_page(motif.pk, editions.all_editions(), person, actes, signed, today, *key)
    return _of(motif, Situation(person, actes, signed, None, provided, granted), answers)


@kept(seconds=editions.KEPT_SECONDS, most=KEPT_PEOPLE)
def _of_page(
    motif: int,
    motifs: Reading[Motif],
    person: Person,
    actes: Reading[Acte],
    day: date,
    today: date,
    answers: frozenset[tuple[str, str]],
    provided: frozenset[str],
    granted: frozenset[tuple[str, date]],
) -> Assessment:
    """All that the rules read is in the arguments, which are the key; `today`: of which the answers are judged."""
    asked = next((one for one in motifs if one.pk == motif), None) or Motif.objects.get(pk=motif)
    return _of(asked, Situation(person, actes, day, None, provided, dict(granted)), dict(answers))


def _of(motif: Motif, situation: Situation, answers: dict[str, str]) -> Assessment:
    answered = replace(situation, answers=clean_precisions(motif, answers)[0])
    return assess(motif, answered, motif.required_justificatifs.all())


def _granted_before(dispense: Dispense, motif: Motif) -> Mapping[str, date]:
    """What was granted to the employee beside that request, as the page read it or read now."""
    if dispense.granted_of_page is not None:
        return dispense.granted_of_page
    return granted_until(dispense.employee, motif, but=dispense.number)

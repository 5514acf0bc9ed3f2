"""Somebody hired again by an employer whom they had left: a new row, which knows the one before."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol

from django.db.models import Q

from accounts.enums import CompanyAct
from accounts.models import Employee, Employer, User, employed
from accounts.services.attaching import tell_attached
from accounts.services.journal import note_act
from portal.lib.searching import words

PIECE = 400  # values of one query, within the limit of the oldest SQLite


class Hired(Protocol):
    """What is read of somebody who is declared."""

    @property
    def matricule(self) -> str: ...
    @property
    def first_name(self) -> str: ...
    @property
    def last_name(self) -> str: ...
    @property
    def birth_name(self) -> str: ...
    @property
    def birth_date(self) -> date | None: ...
    @property
    def hired_on(self) -> date: ...


def former_employments(employer: Employer, people: Sequence[Hired]) -> list[Employee | None]:
    """For each of `people`, the latest employment that the same person had there and left before this hire."""
    candidates = list(_candidates(employer, people))
    return [_latest(one for one in candidates if _is_before(one, person)) for person in people]


def account_of(former: Employee | None, hired_on: date) -> User | None:
    """The account to which the new employment goes; None when there is none, or when it stands for somebody else."""
    if former is None or former.user is None or not former.user.is_active:
        return None
    others = Employee.objects.filter(employed(hired_on), employer=former.employer_id, user=former.user)
    return None if others.exists() else former.user


def tell_rehired(employee: Employee, former: Employee, by: User | None) -> None:
    """Write it down for the company, and tell the person whose account has the new employment."""
    left = f"{former.left_on:%d/%m/%Y}" if former.left_on else "–"
    said = f"fiche d’avant : matricule {former.matricule}, départ le {left}"
    note_act(act=CompanyAct.REHIRED, by=by, employer=employee.employer, employee=employee, detail=said)
    if employee.user is not None:
        tell_attached(employee, employee.user)


def _candidates(employer: Employer, people: Sequence[Hired]) -> Iterator[Employee]:
    """Those who left and whom one of `people` may be, once each."""
    seen: set[int] = set()
    gone = Employee.objects.filter(employer=employer, left_on__isnull=False, rehires__isnull=True)
    for start in range(0, len(people), PIECE):
        some = people[start : start + PIECE]
        asked = Q(matricule__in=[one.matricule for one in some])
        if births := [one.birth_date for one in some if one.birth_date]:
            asked |= Q(birth_date__in=births)
        for employee in gone.filter(asked).select_related("user"):
            if employee.pk not in seen:
                seen.add(employee.pk)
                yield employee


def _is_before(former: Employee, person: Hired) -> bool:
    """Whether `former` is an employment of `person` that ended before this one.

    A matricule alone proves nothing, since some are given again: a name, or the date of birth, must go with it.
    """
    if former.left_on is None or former.left_on >= person.hired_on:
        return False
    born = person.birth_date is not None and person.birth_date == former.birth_date
    named = bool(_names(former) & _names(person))
    return (named or born) if former.matricule == person.matricule else (named and born)


def _names(person: Hired) -> set[tuple[str, ...]]:
    """The full names that the person may be known by, in any order of their words."""
    lasts = {person.last_name, person.birth_name} - {""}
    return {tuple(sorted(words(f"{person.first_name} {last}"))) for last in lasts}


def _latest(found: Iterable[Employee]) -> Employee | None:
    return max(found, key=lambda one: (one.left_on or date.min, one.pk), default=None)

"""What falls due of employees within a week: each is a filter of the list and a line of the correspondent's week.

Whoever knows a date declares what falls due by it: the rooms above when their app is ready, this one below.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import Employee
from accounts.states import Standing
from portal.lib.dates import end_of_day

AHEAD = timedelta(days=6)  # today and the six days that follow


@dataclass(frozen=True)
class Due:
    """Something that falls due of some employees.

    `key`: in addresses; `label`: in the filter; `one`, `many`: after a number, in the week; `find`: given employees
    and today, those of whom it falls due, annotated with `due_on`, its day.
    """

    key: str
    label: str
    one: str
    many: str
    find: Callable[[QuerySet[Employee], date], QuerySet[Any]]


_declared: dict[str, Due] = {}


def declare(*found: Due) -> None:
    """Make these filters of the list and lines of the week, in this order."""
    _declared.update({due.key: due for due in found})


def declared() -> list[Due]:
    """All of them, in the order in which they were declared."""
    return list(_declared.values())


def labels() -> dict[str, str]:
    """What the filter says of each, by key."""
    return {due.key: due.label for due in declared()}


def find(employees: QuerySet[Employee], key: str, today: date) -> QuerySet[Any]:
    """Those of whom what `key` names falls due, annotated with `due_on`. Raises KeyError for an unknown key."""
    return _declared[key].find(employees, today)


def _links(employees: QuerySet[Employee], today: date) -> QuerySet[Any]:
    found = employees.filter(
        standing=Standing.INVITED,
        invitations__used_at__isnull=True,
        invitations__revoked_at__isnull=True,
        invitations__expired_at__isnull=True,
        invitations__expires_at__gt=timezone.now(),
        invitations__expires_at__lt=end_of_day(today + AHEAD),
    )
    return found.annotate(due_on=TruncDate("invitations__expires_at"))


def _contracts(employees: QuerySet[Employee], today: date) -> QuerySet[Any]:
    lasting = employees.filter(left_on__isnull=True, contract_ends_on__gte=today, contract_ends_on__lte=today + AHEAD)
    return lasting.annotate(due_on=F("contract_ends_on"))


def _untold_departures(employees: QuerySet[Employee], today: date) -> QuerySet[Any]:
    over = employees.filter(left_on__isnull=True, contract_ends_on__lt=today)
    return over.annotate(due_on=F("contract_ends_on"))


def _departures(employees: QuerySet[Employee], today: date) -> QuerySet[Any]:
    return employees.filter(left_on__gte=today, left_on__lte=today + AHEAD).annotate(due_on=F("left_on"))


declare(
    Due(
        key="sans_depart",
        label="Contrat fini, départ à déclarer",
        one="contrat a pris fin\xa0: déclarez le départ ou la prolongation",
        many="contrats ont pris fin\xa0: déclarez les départs ou les prolongations",
        find=_untold_departures,
    ),
    Due(
        key="lien",
        label="Lien d’activation qui expire",
        one="lien d’activation expire sans avoir servi",
        many="liens d’activation expirent sans avoir servi",
        find=_links,
    ),
    Due(
        key="contrat",
        label="Contrat de travail qui finit",
        one="contrat de travail finit",
        many="contrats de travail finissent",
        find=_contracts,
    ),
    Due(
        key="depart",
        label="Départ de l’entreprise",
        one="salarié quitte l’entreprise",
        many="salariés quittent l’entreprise",
        find=_departures,
    ),
)

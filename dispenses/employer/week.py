"""« À faire cette semaine »: what waits for a correspondent, by date, each line a list of « Mes salariés ».

Nothing is stored for it: it is counted from what falls due (accounts.due) and from where the employees stand.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import CharField, Count, DateField, Min, Value
from django.utils import timezone

from accounts import due, listing
from accounts.models import Employee, Employer
from accounts.states import STATES
from dispenses.queue.standing import Counts
from portal.lib import shared
from portal.lib.typography import long_day

KEPT = timedelta(seconds=60)
NOW, AWAITED = "dès maintenant", "réponse attendue"
# By the filter that lists them: what one employee, and several, are said to be.
ASKED = ("lien", "demande", "salarié demande un nouveau lien", "salariés demandent un nouveau lien")
TO_AFFILIATE = ("etat", "a_affilier", "salarié à affilier", "salariés à affilier")
ANSWERS = [
    ("etat", state.key, f"salarié {state.awaited[0]}", f"salariés {state.awaited[1]}")
    for state in reversed(STATES)
    if state.awaited[0]
]
Found = list[tuple[str, int, str]]  # a key of `due`, or that of ASKED; how many; the first day, "" without one


@dataclass(frozen=True)
class Line:
    """So many employees, what is said of them, by when, and the end of the address of their list."""

    count: int
    words: str
    when: str
    query: str
    late: bool = False


def week(employer: Employer, counted: Counts, now: datetime) -> list[Line]:
    """What waits, the most pressing first: what is late, what has no date, what has one, then whose answer is awaited.

    One query; of the last minute for a large employer, as its counts are.
    """
    today = timezone.localdate(now)
    found = {key: (count, first) for key, count, first in _found(employer, counted, today, now)}
    dated = []
    for one in due.declared():
        count, first = found.get(one.key, (0, ""))
        if count:
            day = date.fromisoformat(first)
            when = f"depuis le {long_day(day)}" if day < today else f"le {long_day(day)}"
            said = when if count == 1 else f"{when} pour le premier"
            line = _line(count, "echeance", one.key, one.one, one.many, said, late=day < today)
            dated.append((day, line))
    dated.sort(key=lambda pair: pair[0])
    asked = found.get(ASKED[1], (0, ""))[0]
    lines = [
        *(line for day, line in dated if day < today),
        _line(counted.by_state["a_affilier"], *TO_AFFILIATE, NOW),
        _line(asked, *ASKED, NOW),
        *(line for day, line in dated if day >= today),
        *(_line(counted.by_state[answer[1]], *answer, AWAITED) for answer in ANSWERS),
    ]
    return [line for line in lines if line.count]


def _line(count: int, name: str, key: str, one: str, many: str, when: str, *, late: bool = False) -> Line:
    sort = {"tri": "echeance"} if name == "echeance" else {}
    return Line(count, one if count == 1 else many, when, urlencode({name: key, **sort}), late)


def _found(employer: Employer, counted: Counts, today: date, now: datetime) -> Found:
    """How many of the employer's employees each date concerns, and the first of their days."""
    key = f"week:{employer.pk}:{today}"
    large = counted.kept_at is not None
    kept: Found | None = shared.recall(key) if large else None
    if kept is not None:
        return [(name, count, first) for name, count, first in kept]
    mine = Employee.objects.filter(employer=employer)
    asked = listing.filtered(mine, listing.Filters(lien=ASKED[1]), now).annotate(due_on=Value(today, DateField()))
    counts = [
        rows.order_by()
        .annotate(key=Value(name, CharField()))
        .values("key")
        .annotate(n=Count("pk"), first=Min("due_on"))
        for name, rows in [*((one.key, one.find(mine, today)) for one in due.declared()), (ASKED[1], asked)]
    ]
    rows = counts[0].union(*counts[1:], all=True)
    found = [(row["key"], row["n"], row["first"].isoformat()) for row in rows if row["n"]]
    if large:
        shared.keep(key, found, seconds=KEPT.total_seconds())
    return found

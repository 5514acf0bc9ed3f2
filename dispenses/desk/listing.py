"""One page of the queue: the rows that criteria ask for, from one place of the order to the next, and bounded counts.

Nothing here counts a table: a count stops at COUNTED, a search at FOUND rows, and a page starts from the last row of
the one before, so that rows which leave the queue meanwhile neither repeat nor hide another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, IntegerField, Model, Q, QuerySet, Subquery

from accounts.models import Employer, User
from dispenses.desk.ahead import Ahead, through
from dispenses.desk.criteria import ALL, LATE, ME, NOBODY, SOON, SOON_DAYS, TODAY, Criteria
from dispenses.models import Dispense, QueueEntry
from dispenses.parties import Interests
from dispenses.queue.assignments import BY_DUE_DATE, being_decided
from dispenses.queue.delays import shift
from dispenses.request.permissions import MAX_NUMBER
from dispenses.workflow import Status
from portal.lib import keyset, searching
from portal.lib.dates import end_of_day, start_of_day

PAGE = 50
COUNTED = 1000
FOUND = 500
EMPLOYERS = 100
NEWEST_FIRST = keyset.Order(("submitted_at", "pk"), descending=True)


@dataclass(frozen=True)
class Reader:
    """Who looks, when, since when a request is new to them, and the requests that are closed to them."""

    user: User
    today: date
    since: datetime
    interests: Interests


@dataclass(frozen=True)
class Cursor:
    """A place in the order, next to a row. `back`: what is wanted comes before it."""

    place: keyset.Place
    back: bool = False


class ByDayAhead(keyset.Order):
    """A day of the request, then its number: of two tables, so that no index is entered by both at once.

    The day alone bounds the rows, and PostgreSQL knows how many it will pass over, which it does not of a pair.
    """

    def following(
        self, found: "QuerySet[keyset.M, keyset.Row]", place: Sequence[Any], *, back: bool = False
    ) -> "QuerySet[keyset.M, keyset.Row]":
        day, number = place
        name, way = self.names[0], "lt" if back else "gt"
        beyond = Q(**{f"{name}__{way}": day}) | Q(**{f"pk__{way}": number})
        return found.filter(beyond, **{f"{name}__{way}e": day}).order_by(*self.by(back=back))

    def read(self, model: type[Model], text: str) -> keyset.Place | None:
        return keyset.Order((self.names[0].removeprefix("dispense__"), "pk")).read(Dispense, text)


Page = keyset.Page[dict[str, Any]]

COLUMNS = {
    "number": F("pk"),
    "last_name": F("dispense__employee__last_name"),
    "first_name": F("dispense__employee__first_name"),
    "matricule": F("dispense__matricule"),
    "employer_name": F("employer__name"),
    "motif_id": F("dispense__motif_id"),
    "reviewer_id": F("assigned_to_id"),
    "reviewer_first": F("assigned_to__first_name"),
    "reviewer_last": F("assigned_to__last_name"),
}
OWN_COLUMNS = ("status", "submitted_at", "active_at", "decided_at", "due_on", "days_left")


def entries(criteria: Criteria, reader: Reader) -> QuerySet[QueueEntry]:
    """The rows asked for, without order; never those to which the reader is a party."""
    found = QueueEntry.objects.exclude(reader.interests.of_queue()).order_by()
    if criteria.status != ALL:
        found = found.filter(status=criteria.status)
    if criteria.status == Status.IN_PROGRESS:
        found = found.exclude(pk__in=being_decided())
    if criteria.ahead:
        found = found.filter(through(criteria.ahead.condition(reader.today), "dispense"))
    found = _by_date(found, criteria, reader)
    if criteria.motif:
        found = found.filter(motif_code=criteria.motif)
    if criteria.employeur:
        found = found.filter(employer_id__in=employer_ids(criteria.employeur))
    if criteria.qui == ME:
        found = found.filter(assigned_to=reader.user)
    elif criteria.qui:
        found = found.filter(assigned_to=None if criteria.qui == NOBODY else int(criteria.qui))
    if criteria.nouveau:
        found = found.filter(active_at__gt=reader.since)
    return _searched(found, criteria.q) if criteria.q else found


def _by_date(found: QuerySet[QueueEntry], criteria: Criteria, reader: Reader) -> QuerySet[QueueEntry]:
    if criteria.echeance:
        limit = {LATE: reader.today - timedelta(days=1), TODAY: reader.today}.get(criteria.echeance)
        found = found.filter(days_left__isnull=True, due_on__lte=limit or shift(reader.today, SOON_DAYS))
        if criteria.echeance in (TODAY, SOON):
            found = found.filter(due_on__gte=reader.today)
    if criteria.age:
        found = found.filter(submitted_at__lt=start_of_day(reader.today - timedelta(days=int(criteria.age) - 1)))
    if first := criteria.day("envoyee_du"):
        found = found.filter(submitted_at__gte=start_of_day(first))
    if last := criteria.day("envoyee_au"):
        found = found.filter(submitted_at__lt=end_of_day(last))
    return found


def _searched(found: QuerySet[QueueEntry], text: str) -> QuerySet[QueueEntry]:
    """Those that hold every word, or bear the number; at most FOUND of them, so that a common name costs no more."""
    patterns = searching.patterns(text)
    if not patterns or all(len(pattern.strip()) < 2 for pattern in patterns):
        return found.none()
    wanted = found
    for pattern in patterns:
        wanted = wanted.filter(search__contains=pattern)
    number = text.strip().upper().removeprefix("N°").strip()
    if number.isascii() and number.isdigit():
        exact = found.filter(pk=min(int(number), MAX_NUMBER))
        return found.filter(Q(pk__in=exact.values("pk")) | Q(pk__in=wanted.values("pk")[:FOUND]))
    return found.filter(pk__in=wanted.values("pk")[:FOUND])


def employer_ids(text: str) -> list[int]:
    """The employer of this SIRET or this very name, else those whose name holds `text`, EMPLOYERS at most."""
    siret = "".join(text.split())
    exact = list(Employer.objects.filter(Q(siret=siret) | Q(name=text)).order_by("pk").values_list("pk", flat=True)[:2])
    if exact:
        return exact
    found = _named(text) if searching.words(text) else Employer.objects.none()
    return list(found.order_by("sort_name", "pk").values_list("pk", flat=True)[:EMPLOYERS])


def _named(text: str) -> QuerySet[Employer]:
    """Employers whose name holds every word typed, without accents nor case."""
    found = Employer.objects.all()
    for pattern in searching.patterns(text):
        found = found.filter(search__contains=pattern)
    return found


def suggested_employers(text: str, limit: int = 12) -> list[str]:
    """Names of employers that begin with, then hold, what is typed."""
    if len(text.strip()) < 2:
        return []
    begins = Employer.objects.filter(siret__startswith="".join(text.split()))
    if start := searching.sort_key(text):
        begins |= Employer.objects.filter(sort_name__startswith=start) | _named(text)
    found = begins.order_by("sort_name", "pk")
    names = list(dict.fromkeys(found.values_list("name", flat=True)[: limit * 4]))
    return sorted(names, key=lambda name: not searching.sort_key(name).startswith(start))[:limit]


class BoundedCount(Subquery):
    """How many rows a query gives; COUNTED + 1 stands for more than COUNTED."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS bounded)"
    output_field = IntegerField()


def counts(asked: list[Criteria], reader: Reader) -> list[int]:
    """How many rows each of the criteria gives, in one query; COUNTED + 1 stands for more than COUNTED."""
    bounded = [BoundedCount(entries(criteria, reader).values("pk")[: COUNTED + 1]) for criteria in asked]
    return list(User.objects.filter(pk=reader.user.pk).values_list(*bounded).get())


def searched(criteria: Criteria, reader: Reader) -> list[int]:
    """Numbers of the requests that a search finds, in no order: read once for the page and for its count."""
    return list(entries(criteria, reader).values_list("pk", flat=True)[: FOUND + 1])


def first(criteria: Criteria, reader: Reader, limit: int, *, but_own: bool = False) -> list[int]:
    """Numbers of the first requests of the list, in the order shown; `but_own` without those given to the reader."""
    found = ordered(criteria, reader)
    if but_own:
        found = found.exclude(assigned_to=reader.user)
    return list(found.values_list("pk", flat=True)[:limit])


def ordered(criteria: Criteria, reader: Reader) -> QuerySet[QueueEntry]:
    """The rows asked for, in the order shown."""
    return entries(criteria, reader).order_by(*_order(criteria).by())


def _order(criteria: Criteria) -> keyset.Order:
    if criteria.ahead:
        return ByDayAhead((f"dispense__{criteria.ahead.day}", "pk"))
    return BY_DUE_DATE if criteria.by_due_date else NEWEST_FIRST


def page(criteria: Criteria, reader: Reader, cursor: Cursor | None, numbers: list[int] | None = None) -> Page:
    """The rows around `cursor`, the first ones without it; among `numbers` when a search has found them."""
    found = entries(criteria, reader) if numbers is None else QueueEntry.objects.filter(pk__in=numbers).order_by()
    key, columns = "due_on" if criteria.by_due_date else "submitted_at", COLUMNS
    if criteria.ahead:
        key, columns = "ahead_on", {**COLUMNS, **_ahead_columns(criteria.ahead)}
    return keyset.page(
        found.values(*OWN_COLUMNS, **columns),
        _order(criteria),
        size=PAGE,
        after=cursor.place if cursor and not cursor.back else None,
        before=cursor.place if cursor and cursor.back else None,
        written=lambda row: keyset.write((row[key], row["number"])),
    )


def _ahead_columns(ahead: Ahead) -> dict[str, F]:
    noted = {f"ahead_noted_{rank}": F(f"dispense__{name}") for rank, name in enumerate(ahead.noted)}
    return {"ahead_on": F(f"dispense__{ahead.day}"), **noted}


def read_cursor(criteria: Criteria, after: str, before: str) -> Cursor | None:
    """The place that an address names; None when it names none, or that of another order."""
    place = _order(criteria).read(QueueEntry, after or before)
    return Cursor(place, back=not after) if place else None


def in_progress(**criteria: str) -> Criteria:
    """Criteria among what waits for the centre."""
    return Criteria(statut=Status.IN_PROGRESS.value, **criteria)

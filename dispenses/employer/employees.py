"""The correspondent's list: where each employee stands, and never more than that."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.contrib.messages import get_messages
from django.contrib.messages.storage.base import Message
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import due, listing, services, states
from accounts.models import Employee, Employer, Invitation
from accounts.permissions import managed_employers, person
from accounts.read_only import read_only_words
from accounts.services.insurance import NOTICE
from dispenses.employer import place
from dispenses.employer.week import week
from dispenses.queue.deadlines import MOST, deadline_of, with_deadline
from dispenses.queue.speaking import also_open, begins_later, said
from dispenses.queue.standing import GROUPS, Counts, counts, with_state
from portal.lib import keyset
from portal.lib.badges import Badge
from portal.lib.typography import long_day, short_day

PAGE = 25
MOST_ESTABLISHMENTS = 200
EXPORTS = (("salaries", "Salariés"), ("demandes", "Demandes"), ("correspondants", "Correspondants"))
BAR = 1000  # width of the bar, in units of its viewBox
GAP = 4
SORT_LABELS = {
    "": "Ce qui reste à faire d’abord",
    "-etat": "Ce qui est réglé d’abord",
    "nom": "Nom, de A à Z",
    "-nom": "Nom, de Z à A",
    "embauche": "Embauche, la plus ancienne d’abord",
    "-embauche": "Embauche, la plus récente d’abord",
    "echeance": "Échéance, la plus proche d’abord",
    "-echeance": "Échéance, la plus lointaine d’abord",
}
SHOWN = tuple(reversed(states.STATES))  # in the bar and its key, what is settled comes first


@dataclass(frozen=True)
class ListColumn:
    """A column of the page.

    `cell`: the template of one cell, given `row` and `e`, its employee; `spoken`: a heading for screen readers alone;
    `sort`: the word of listing.SORTS that sorts by it, "" for none.
    """

    heading: str
    cell: str
    spoken: bool = False
    sort: str = ""


@dataclass(frozen=True)
class Heading:
    """A column as the page heads it: `query` sorts by it, or turns its order round; `order` is what aria-sort says."""

    column: ListColumn
    query: str = ""
    order: str = ""


COLUMNS = (
    ListColumn("Salarié", "dispenses/employer/colonnes/salarie.html", sort="nom"),
    ListColumn("Embauche", "dispenses/employer/colonnes/embauche.html", sort="embauche"),
    ListColumn("État", "dispenses/employer/colonnes/etat.html", sort="etat"),
    ListColumn("Depuis le", "dispenses/employer/colonnes/depuis.html"),
    ListColumn("Échéance", "dispenses/employer/colonnes/echeance.html", sort="echeance"),
    ListColumn("Actions", "dispenses/employer/colonnes/actions.html", spoken=True),
)


@dataclass(frozen=True)
class Row:
    """One line of the list, as the page says it."""

    employee: Employee
    badge: Badge
    detail: str
    since: datetime | None
    invited: bool
    on_paper: bool  # whether a letter may be printed: in place of a link, or for want of an address
    live: bool
    deadline: tuple[date, str] | None = None
    said: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Contract:
    """What is said of the end, near or past, of the employer's contract with the insurer."""

    words: str
    over: bool


def contract_of(employer: Employer, today: date) -> Contract | None:
    """The end of the contract when it is past, or near enough to be told; None otherwise."""
    end = employer.insured_until
    if end is None or end > today + NOTICE:
        return None
    if words := read_only_words(employer):
        return Contract(words, over=True)
    said = f"Le contrat de l’entreprise {employer.name} avec l’assureur a pour dernier jour le {long_day(end)}."
    return Contract(said, over=False)


def with_details(employees: QuerySet[Employee]) -> QuerySet[Any]:
    """What a row says besides the state: the last invitation, the request that speaks."""
    invitation = Invitation.objects.filter(employee=OuterRef("pk")).order_by("-pk")
    found: QuerySet[Any] = with_deadline(with_state(employees)).annotate(
        invited_at=Subquery(invitation.values("sent_at")[:1]),
        link_expires_at=Subquery(invitation.values("expires_at")[:1]),
        link_expired_at=Subquery(invitation.values("expired_at")[:1]),
        link_revoked_at=Subquery(invitation.values("revoked_at")[:1]),
        renewal_requested_at=Subquery(invitation.values("renewal_requested_at")[:1]),
        held_until=F("held_import__invite_at"),
        **said("motif__family", "effective_on", "ends_on", "status_at"),
        asks_anew=Exists(also_open()),
    )
    return found


@require_safe
def salaries(request: HttpRequest) -> HttpResponse:
    """Employees of one of one's employers, those to remind first, with search, filters and keyset pages."""
    employers = list(managed_employers(person(request)))
    if request.session.get("correspondent") != bool(employers):
        request.session["correspondent"] = bool(employers)  # given or withdrawn since the sign-in
    if not employers:
        return render(request, "dispenses/employer/salaries_aucun.html", status=403)
    employer = _chosen(request, employers)
    now, filters, sort = timezone.now(), listing.read_filters(request.GET), listing.read_sort(request.GET)
    everyone = Employee.objects.filter(employer=employer)
    counted = counts(employer.pk, now)
    found = listing.filtered(everyone, filters, now)
    dated = _may_sort_by_deadline(found, counted, filters)
    if sort.endswith("echeance") and not dated:
        sort = ""
    page = _page(found, everyone, listing.order_of(sort), request)
    shown = {employee.pk for employee in page.rows}
    home = not filters.any and not page.before
    told, above = _told(request, shown)
    context = {
        "employer": employer,
        "employers": employers,
        "contract": contract_of(employer, timezone.localdate(now)),
        "read_only": read_only_words(employer),
        "bars": _bars(counted.by_state),
        "total": counted.total,
        "counted_at": counted.kept_at,
        "week": week(employer, counted, now) if home else [],
        "planned": services.planned(employer) if home else None,
        "headings": _headings(sort, dated=dated),
        "rows": [replace(row_of(one, now), said=tuple(told.get(one.pk, ()))) for one in page.rows],
        "said": above,
        "page": page,
        "filters": filters,
        "sort": sort,
        "sorted_by": SORT_LABELS[sort],
        "sorts": SORT_LABELS if dated else {key: said for key, said in SORT_LABELS.items() if key[-8:] != "echeance"},
        "undated": None if dated else MOST,
        "here": place.of_list(employer, request.GET),
        "list_query": place.of_list(employer, request.GET, paged=False),
        "unsorted": place.of_list(employer, request.GET, paged=False, ordered=False),
        "states": SHOWN,
        "links": listing.LINKS,
        "dues": due.labels(),
        "establishments": _establishments(employer) if filters.etablissement or "plus" in request.GET else [],
        "more": bool(filters.du or filters.au or filters.etablissement or filters.categorie or "plus" in request.GET),
        "exports": EXPORTS,
    }
    return render(request, "dispenses/employer/salaries.html", context)


def _told(request: HttpRequest, shown: set[int]) -> tuple[dict[int, list[Message]], list[Message]]:
    """What there is to say: by employee, for those whose row is shown; and above the list, for the others."""
    rows: dict[int, list[Message]] = {}
    above: list[Message] = []
    for message in get_messages(request):
        key = (message.extra_tags or "").removeprefix("s")
        if key.isdecimal() and int(key) in shown:
            rows.setdefault(int(key), []).append(message)
        else:
            above.append(message)
    return rows, above


def _may_sort_by_deadline(found: QuerySet[Employee], counted: Counts, filters: listing.Filters) -> bool:
    """Whether the list is short enough to be sorted by a date that is computed for each of its employees."""
    if counted.total <= MOST:
        return True
    return filters.any and found.order_by()[: MOST + 1].count() <= MOST


def _headings(sort: str, *, dated: bool) -> list[Heading]:
    """The columns: by which one the list is sorted, and what sorts it by another."""
    now, turned = sort.removeprefix("-") or "etat", sort.startswith("-")
    made = []
    for column in COLUMNS:
        if not column.sort or (column.sort == "echeance" and not dated):
            made.append(Heading(column))
        elif column.sort == now:
            made.append(Heading(column, column.sort if turned else f"-{now}", "descending" if turned else "ascending"))
        else:
            made.append(Heading(column, column.sort))
    return made


def _page(
    found: QuerySet[Employee], everyone: QuerySet[Employee], order: keyset.Order, request: HttpRequest
) -> keyset.Page[Any]:
    """The rows that precede « avant », or follow « apres », the first ones otherwise. A place is an employee's id."""
    begin, end = (_place(everyone, order, request.GET.get(name, "")) for name in place.PAGES)
    return keyset.page(
        with_details(found),
        order,
        size=PAGE,
        after=begin if end is None else None,
        before=end,
        written=lambda employee: str(employee.pk),
    )


def _place(everyone: QuerySet[Employee], order: keyset.Order, text: str) -> keyset.Place | None:
    """The place of an employee of this employer; None for anybody else, or when the address names nobody."""
    number = keyset.Order(("pk",)).read(Employee, text)
    found = with_deadline(everyone) if "deadline" in order.names else everyone
    employee = found.filter(pk=number[0]).first() if number else None
    return order.place(employee) if employee else None


def _establishments(employer: Employer) -> list[str]:
    """The employer's first establishments, for the list of choices."""
    sirets = Employee.objects.filter(employer=employer).exclude(establishment_siret="").order_by("establishment_siret")
    return list(sirets.values_list("establishment_siret", flat=True).distinct()[:MOST_ESTABLISHMENTS])


def _chosen(request: HttpRequest, employers: list[Employer]) -> Employer:
    """The employer asked for among one's own, the first by name otherwise. Raises Http404 for another's."""
    asked = request.GET.get("employeur")
    if not asked:
        return employers[0]
    for employer in employers:
        if str(employer.pk) == asked:
            return employer
    raise Http404


def row_of(employee: Any, now: datetime) -> Row:
    """What is said of an employee annotated by `with_state` and `with_details`."""
    expired = employee.link_expired_at or (employee.link_expires_at and employee.link_expires_at <= now)
    invited = employee.standing == states.Standing.INVITED
    awaited = employee.user_id is None and not employee.has_left(timezone.localdate(now))
    return Row(
        employee=employee,
        badge=_badge(employee, expired=bool(expired)),
        detail=GROUPS.get(employee.speaking_family or "", "") if employee.speaking_status else "",
        since=employee.invited_at if invited else (employee.speaking_status_at or employee.activated_at),
        invited=invited,
        on_paper=awaited and (invited or not employee.professional_email),
        live=awaited and bool(employee.invited_at) and not expired and not employee.link_revoked_at,
        deadline=deadline_of(employee),
    )


def _badge(employee: Any, *, expired: bool) -> Badge:
    """The badge of the state; of somebody invited, what became of the link comes first."""
    state = states.BY_STANDING[employee.standing]
    if state.standing is states.Standing.INVITED:
        if not employee.professional_email and (expired or employee.link_revoked_at or not employee.invited_at):
            return states.LETTER_TO_PRINT
        if employee.held_import_id and not employee.invited_at:
            return _held(employee.held_until)
        if employee.renewal_requested_at:
            return states.LINK_ASKED_AGAIN
        if employee.link_revoked_at:
            return states.LINK_REVOKED
        return states.LINK_EXPIRED if expired else state.badge
    if begins_later(employee.speaking_status, employee.speaking_effective_on, timezone.localdate()):
        return replace(state.badge, label=f"Dispensé à partir du {short_day(employee.speaking_effective_on)}")
    return state.badge


def _held(until: datetime | None) -> Badge:
    """The badge of somebody whose first invitation waits for a day, or for one to be chosen."""
    if until is None:
        return states.NOT_INVITED
    return replace(states.NOT_INVITED, label=f"Invitation le {short_day(timezone.localdate(until))}")


def _bars(counts: dict[str, int]) -> list[dict[str, Any]]:
    """The 100 % bar: for each state its count, and where its rectangle starts and how wide it is."""
    total = sum(counts.values())
    bars: list[dict[str, Any]] = []
    seen = 0
    for state in SHOWN:
        count = counts.get(state.key, 0)
        start, stop = (round(BAR * part / total) if total else 0 for part in (seen, seen + count))
        seen += count
        gap = GAP if count and seen < total else 0
        bars.append(
            {"state": state, "count": count, "words": state.of(count), "x": start, "width": max(stop - start - gap, 1)}
        )
    return bars

"""The correspondent's list: where each employee stands, and never more than that."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Employee, Employer, Invitation
from accounts.permissions import managed_employers
from dispenses.models import Dispense
from dispenses.standing import GROUPS, STATES, TO_REMIND, with_state
from dispenses.views.member import person
from dispenses.workflow import Status

PAGE = 25
BAR = 1000  # width of the bar, in units of its viewBox
GAP = 4


@dataclass(frozen=True)
class Row:
    """One line of the list, as the page says it."""

    employee: Employee
    css: str
    icon: str
    label: str
    detail: str
    since: datetime | None
    invited: bool
    live: bool


def _with_details(employees: QuerySet[Employee]) -> QuerySet[Employee]:
    latest = Invitation.objects.filter(employee=OuterRef("pk")).order_by("-pk")
    sent = Dispense.objects.filter(employee=OuterRef("pk")).exclude(status=Status.DRAFT.value).order_by("-number")
    return employees.annotate(
        invited_at=Subquery(latest.values("sent_at")[:1]),
        link_expires_at=Subquery(latest.values("expires_at")[:1]),
        link_expired_at=Subquery(latest.values("expired_at")[:1]),
        link_revoked_at=Subquery(latest.values("revoked_at")[:1]),
        renewal_requested_at=Subquery(latest.values("renewal_requested_at")[:1]),
        family=Subquery(sent.values("motif__family")[:1]),
        ends_on=Subquery(sent.values("ends_on")[:1]),
        status_at=Subquery(sent.values("status_at")[:1]),
    )


@require_safe
def salaries(request: HttpRequest) -> HttpResponse:
    """Employees of one of one's employers, those to remind first, with search, filter and keyset pages."""
    employers = list(managed_employers(person(request)))
    if request.session.get("correspondent") != bool(employers):
        request.session["correspondent"] = bool(employers)  # given or withdrawn since the sign-in
    if not employers:
        return render(request, "dispenses/salaries_aucun.html", status=403)
    employer = _chosen(request, employers)
    everyone = with_state(Employee.objects.filter(employer=employer))
    counts = {row["state"]: row["total"] for row in everyone.order_by().values("state").annotate(total=Count("pk"))}
    query, state, after = (request.GET.get(key, "").strip()[:100] for key in ("q", "etat", "apres"))
    state = state if state in TO_REMIND else ""
    found = _searched(everyone, query, state).order_by("rank", "last_name", "first_name", "id")
    page = list(_with_details(_after(found, everyone, after))[: PAGE + 1])
    now = timezone.now()
    context = {
        "employer": employer,
        "employers": employers,
        "bars": _bars(counts),
        "total": sum(counts.values()),
        "rows": [_row(employee, now) for employee in page[:PAGE]],
        "next": page[PAGE - 1].pk if len(page) > PAGE else None,
        "q": query,
        "etat": state,
        "apres": after,
        "states": STATES,
    }
    return render(request, "dispenses/salaries.html", context)


def _chosen(request: HttpRequest, employers: list[Employer]) -> Employer:
    """The employer asked for among one's own, the first by name otherwise. Raises Http404 for another's."""
    asked = request.GET.get("employeur")
    if not asked:
        return employers[0]
    for employer in employers:
        if str(employer.pk) == asked:
            return employer
    raise Http404


def _searched(employees: QuerySet[Any], query: str, state: str) -> QuerySet[Any]:
    """Employees in `state` whose names, matricule or address hold every word of `query`."""
    for word in query.split():
        employees = employees.filter(
            Q(last_name__icontains=word)
            | Q(first_name__icontains=word)
            | Q(matricule__icontains=word)
            | Q(professional_email__icontains=word)
        )
    return employees.filter(state=state) if state else employees


def _after(found: QuerySet[Employee], everyone: QuerySet[Any], after: str) -> QuerySet[Employee]:
    """Rows that follow the employee whose id is `after`, in the order of the list."""
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        return found
    last: Any = everyone.filter(pk=int(after)).first()
    if last is None:
        return found
    return found.filter(
        Q(rank__gt=last.rank)
        | Q(rank=last.rank, last_name__gt=last.last_name)
        | Q(rank=last.rank, last_name=last.last_name, first_name__gt=last.first_name)
        | Q(rank=last.rank, last_name=last.last_name, first_name=last.first_name, pk__gt=last.pk)
    )


def _row(employee: Any, now: datetime) -> Row:
    """What is said of an employee annotated by `with_state` and `_with_details`."""
    expired = employee.link_expired_at or (employee.link_expires_at and employee.link_expires_at <= now)
    invited = employee.state == "invite"
    css, icon, label = _badge(employee, expired=bool(expired))
    return Row(
        employee=employee,
        css=css,
        icon=icon,
        label=label,
        detail=GROUPS.get(employee.family or "", "") if employee.latest_status else "",
        since=employee.invited_at if invited else (employee.status_at or employee.activated_at),
        invited=invited,
        live=invited and bool(employee.invited_at) and not expired and not employee.link_revoked_at,
    )


def _badge(employee: Any, *, expired: bool) -> tuple[str, str, str]:
    """Colour, icon and words of the state."""
    if employee.state == "dispense":
        return "ea-badge--ok", "check", "Dispensé"
    if employee.state == "en_cours":
        return "ea-badge--run", "clock", "Dispense en cours"
    if employee.state == "a_completer":
        return "ea-badge--wait", "circle-alert", "Dossier à compléter"
    if employee.state == "active":
        return ("", "undo", "À affilier") if employee.latest_status else ("ea-badge--run", "user", "Choix à faire")
    if employee.renewal_requested_at:
        return "ea-badge--wait", "mail", "Nouveau lien demandé"
    if employee.link_revoked_at:
        return "", "ban", "Lien révoqué"
    return ("", "hourglass", "Lien expiré") if expired else ("", "mail", "Invité")


def _bars(counts: dict[str, int]) -> list[dict[str, Any]]:
    """The 100 % bar: for each state its count, and where its rectangle starts and how wide it is."""
    total = sum(counts.values())
    bars: list[dict[str, Any]] = []
    seen = 0
    for key, label, css in STATES:
        count = counts.get(key, 0)
        start, stop = (round(BAR * part / total) if total else 0 for part in (seen, seen + count))
        seen += count
        gap = GAP if count and seen < total else 0
        bars.append(
            {"key": key, "label": label, "css": css, "count": count, "x": start, "width": max(stop - start - gap, 1)}
        )
    return bars

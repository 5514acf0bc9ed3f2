"""The page of an employee's whole life, and its picture on a line of time."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import Employee
from accounts.permissions import MAX_ID
from accounts.states import BY_STANDING
from dispenses import parties
from dispenses.desk import whole_life
from dispenses.desk.rights import OTHER_EMPLOYERS, Desk, reader, refuse_parties
from dispenses.desk.timeline import Bar, Kind, Lane, Point, Scale, picture, scale
from dispenses.desk.whole_life import Asked, Gap, WholeLife, acte_in_words, between
from dispenses.law.numbers import KEPT_FROM_END
from dispenses.request.permissions import desk_dispenses
from portal.lib.dates import add_years
from portal.lib.typography import NBSP, long_day, short_day

AHEAD = timedelta(days=731)
"""Beyond today, a known end further away than this is written, and its bar goes on past the edge."""
TITLE = "Ligne de temps"


def page(desk: Desk, request: HttpRequest, employee_id: int) -> HttpResponse:
    """Everything dated about one employee.

    For whoever may read a request of theirs; one who sent none is for who may read employees. Raises Http404,
    PermissionDenied without the right to see requests, Forbidden to a party.
    """
    user = reader(desk, request)
    employee = Employee.objects.select_related("employer", "rehired_from").filter(pk=min(employee_id, MAX_ID)).first()
    if employee is None:
        raise Http404
    refuse_parties(parties.interests(user), owner=employee.user_id, employer=employee.employer_id)
    if not user.has_perm(OTHER_EMPLOYERS) and not desk_dispenses().filter(employee=employee).exists():
        raise Http404
    life = whole_life.read(employee, timezone.localdate())
    context: dict[str, Any] = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": f"Vie du dossier{NBSP}: {employee.full_name}",
        "media": desk.media,
        "life": life,
        "employee": employee,
        "state": BY_STANDING[employee.standing].badge,
        "said": said(life),
        "svg": svg(life),
        "years": [(year, list(facts)) for year, facts in groupby(life.facts, key=lambda fact: fact.day.year)],
        "may_read_employee": user.has_perm(OTHER_EMPLOYERS),
        "forgets": employee.hired_on < add_years(life.today, -KEPT_FROM_END),
    }
    return TemplateResponse(request, "dispenses/desk/vie.html", context)


def said(life: WholeLife) -> str:
    """The life in a sentence or two: what the picture shows, for who does not see it."""
    employee, count = life.employee, len(life.requests)
    left = f", parti(e) le {long_day(employee.left_on)}" if employee.left_on else ""
    asked = f"{count}{NBSP}demande{'s' if count > 1 else ''}" if count else "aucune demande envoyée"
    granted = sum(one.granted for one in life.requests)
    let_off = f", dont {granted} accordée{'s' if granted > 1 else ''}" if granted else ""
    due = sum(not gap.affiliated for gap in life.gaps)
    periods = f" {due}{NBSP}période{'s' if due > 1 else ''} sans dispense, affiliation due." if due else ""
    hired = "Embauche prévue le" if employee.hired_on > life.today else "Embauché(e) le"
    return f"{hired} {long_day(employee.hired_on)}{left}{NBSP}: {asked}{let_off}.{periods}"


def svg(life: WholeLife) -> SafeString:
    """The line of time: presence, each request, the days without a dispense, the actes behind."""
    points = [Point(fact.day, f"{fact.mark} {short_day(fact.day)}") for fact in life.facts if fact.mark]
    return picture("vie", TITLE, said(life), _scale(life), points=points, lanes=list(_lanes(life)), today=life.today)


def _scale(life: WholeLife) -> Scale:
    """From the first fact of the person, the actes of before left aside, to the last known day, AHEAD at most."""
    marked = [fact.day for fact in life.facts if fact.mark]
    asked = [day for one in life.requests for day in (one.first, one.last, *one.confirmed_on) if day]
    latest = life.today + AHEAD
    return scale([life.today, *(min(day, latest) for day in (*marked, *asked))])


def _lanes(life: WholeLife) -> Iterator[Lane]:
    employee = life.employee
    there = f"Dans l’entreprise {between(employee.hired_on, employee.left_on, 'à partir du')}"
    yield Lane(there, (Bar(employee.hired_on, employee.left_on, there, Kind.THERE),))
    for asked in life.requests:
        yield _lane_of(asked, life.today)
    for affiliated, kind in ((False, Kind.DUE), (True, Kind.RULES)):
        gaps = [gap for gap in life.gaps if gap.affiliated is affiliated]
        if gaps:
            yield _lane_of_gaps(gaps, kind, life.today)
    for acte in life.actes:
        words = acte_in_words(acte)
        yield Lane(words, (Bar(acte.in_force_from, acte.in_force_until, words, Kind.RULES),))


def _lane_of(asked: Asked, today: date) -> Lane:
    label = asked.dispense.get_status_display()
    words = f"N°{asked.dispense.number}, {label.lower()}{NBSP}: {asked.period}"
    if asked.confirmed_on:
        words += f", confirmée le {', le '.join(map(short_day, asked.confirmed_on))}"
    if asked.motif:
        words += f". {asked.motif}"
    last = asked.last if asked.granted else asked.last or today
    bar = Bar(asked.first, last, f"N°{asked.dispense.number}{NBSP}: {asked.period}", _kind(asked))
    diamonds = tuple(Point(day, f"Confirmée le {long_day(day)}") for day in asked.confirmed_on)
    return Lane(words, (bar,), diamonds)


def _kind(asked: Asked) -> Kind:
    return Kind.GRANTED if asked.granted else Kind.ASKED


def _lane_of_gaps(gaps: list[Gap], kind: Kind, today: date) -> Lane:
    """Drawn up to today, for nothing says what tomorrow will be."""
    label = "Affiliation déclarée" if gaps[0].affiliated else "Sans dispense, affiliation due"
    days = ", ".join(_short(gap) for gap in gaps)
    return Lane(f"{label}{NBSP}: {days}", tuple(Bar(gap.first, gap.last or today, gap.words, kind) for gap in gaps))


def _short(gap: Gap) -> str:
    if gap.last is None:
        return f"depuis le {short_day(gap.first)}"
    return f"{short_day(gap.first)} – {short_day(gap.last)}"

"""Chasing employees: who, why not the others, what they read, on which day; and giving up what is planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import services
from accounts.listing import Filters, filtered, read_filters
from accounts.models import Employee, Employer
from accounts.permissions import get_open_employer, get_reminder_run, person
from accounts.services import reminders
from accounts.services.sending_days import DayRefused, last_day, read_day, send_at
from accounts.states import BY_STANDING
from dispenses.employer import place
from notifications.rendering import render as render_mail
from portal.lib import numbers
from portal.lib.typography import long_day

MOST_TICKED = 500
CHOSEN, TICKED, DAY = "salarie", "choix", "jour"
SEE, SEEN = "voir", "vu"  # the button that only shows a day; the day that the page showed
WHY = {
    reminders.RECENT: f"a reçu un message depuis moins de {reminders.PAUSE_DAYS} jours",
    reminders.ON_PAPER: "n’a pas d’adresse e-mail\xa0: imprimez sa lettre",
    reminders.UNINVITED: "attend son invitation, prévue par un import",
    reminders.SETTLED: "n’a rien à faire dans l’immédiat",
    reminders.GONE: "a quitté l’entreprise",
}
WHY_MANY = {
    reminders.RECENT: f"ont reçu un message depuis moins de {reminders.PAUSE_DAYS} jours",
    reminders.ON_PAPER: "n’ont pas d’adresse e-mail\xa0: imprimez leurs lettres",
    reminders.UNINVITED: "attendent leur invitation, prévue par un import",
    reminders.SETTLED: "n’ont rien à faire dans l’immédiat",
    reminders.GONE: "ont quitté l’entreprise",
}


@dataclass(frozen=True)
class Reached:
    """So many employees who stand there, and the mail that the first of them would read."""

    count: int
    words: str
    subject: str
    text: str


@dataclass(frozen=True)
class Spared:
    """So many whom the chase leaves out, and why; the first names."""

    count: int
    words: str
    names: Sequence[str]


def relancer(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Chase the employees of a list, or those ticked: the GET says whom, why not the others and what they will read.

    A POST sends for the day that the page showed, and shows any other one first.
    """
    user = person(request)
    employer = get_open_employer(user, employer_id)
    if TICKED in request.GET and not _ticked(request):
        messages.error(request, "Cochez au moins un salarié, puis relancez.")
        return redirect(place.back(request, employer))
    now = timezone.now()
    today = timezone.localdate(now)
    day, wrong = _day(request.POST.get(DAY, request.GET.get(DAY, "")), today)
    employees = _asked(request, employer)
    if request.method == "POST" and not wrong:
        if SEE in request.POST or request.POST.get(SEEN, day.isoformat()) != day.isoformat():
            return _show(request, day)
        run = services.chase(employer=employer, by=user, employees=employees, day=day, now=now)
        if run is None:
            messages.info(request, "Plus personne n’est à relancer dans cette liste.")
        else:
            messages.success(request, _done(run.count, day, today))
        return HttpResponseRedirect(place.back(request, employer))
    at = send_at(day, now)
    proposal = reminders.propose(employees, at)
    context = {
        "employer": employer,
        "here": place.carried(request, employer),
        "day": day,
        "now": day <= today,
        "first": today,
        "last": last_day(today),
        "wrong": wrong,
        "count": proposal.total,
        "reached": _reached(employees, proposal, at),
        "spared": _spared(proposal),
        "planned": services.planned(employer),
        "pause": reminders.PAUSE_DAYS,
    }
    return render(request, "dispenses/employer/relancer.html", context, status=422 if wrong else 200)


def _show(request: HttpRequest, day: date) -> HttpResponse:
    """The page of another day; said to whoever meant to send at once."""
    if SEE not in request.POST:
        messages.warning(
            request,
            f"Vous avez changé le jour\xa0: voici qui serait relancé le {long_day(day)}. "
            "Rien n’est encore envoyé ni prévu\xa0: vérifiez, puis confirmez.",
        )
    query = request.GET.copy()
    query[DAY] = day.isoformat()
    return redirect(f"{request.path}?{query.urlencode()}")


def _ticked(request: HttpRequest) -> list[int]:
    """The employees ticked in the list, as their address says."""
    keys = (numbers.key(text) for text in request.GET.getlist(CHOSEN)[:MOST_TICKED])
    return [key for key in keys if key]


def _asked(request: HttpRequest, employer: Employer) -> QuerySet[Employee]:
    """Those ticked, else all those of the list as it was filtered."""
    mine = Employee.objects.filter(employer=employer)
    if TICKED in request.GET:
        return mine.filter(pk__in=_ticked(request))
    return filtered(mine, _filters(request), timezone.now())


def _filters(request: HttpRequest) -> Filters:
    return read_filters(QueryDict(request.GET.get(place.NAME, "")[: place.LONGEST]))


def _day(text: str, today: date) -> tuple[date, str]:
    """The day asked for, today without one, and what is wrong with it."""
    if not text:
        return today, ""
    try:
        return read_day(text, today), ""
    except DayRefused as refusal:
        return today, str(refusal)


def _done(count: int, day: date, today: date) -> str:
    several = "s" if count > 1 else ""
    if day <= today:
        return f"{count} salarié{several} relancé{several}\xa0: les messages partent."
    return f"{count} salarié{several} {'seront' if count > 1 else 'sera'} relancé{several} le {long_day(day)}."


def _reached(employees: QuerySet[Employee], proposal: reminders.Proposal, at: datetime) -> list[Reached]:
    made = []
    for standing, count in proposal.counts.items():
        first = reminders.reached(employees, standing, at) if count else None
        if first:
            subject, text, _ = render_mail(reminders.message_to(first, standing))
            made.append(Reached(count, BY_STANDING[standing].awaited[count > 1], subject, text))
    return made


def _spared(proposal: reminders.Proposal) -> list[Spared]:
    return [Spared(one.count, (WHY_MANY if one.count > 1 else WHY)[one.reason], one.names) for one in proposal.left_out]


@require_POST
def relance_annuler(request: HttpRequest, chase_id: int) -> HttpResponse:
    """Give a planned chase up."""
    user = person(request)
    run = get_reminder_run(user, chase_id)
    if services.cancel_chase(run=run, by=user):
        messages.success(request, "La relance est annulée\xa0: aucun message ne partira.")
    else:
        messages.info(request, "Cette relance est déjà partie, ou déjà annulée.")
    return redirect(f"{reverse('salaries')}?employeur={run.employer_id}")

"""One decision on up to 500 requests: a page to choose it, the run's progress, one result per request, undoing it."""

import re
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import User
from dispenses import parties
from dispenses.desk import listing, visits
from dispenses.desk.bulk_form import BulkForm, gesture
from dispenses.desk.queue import QUEUE, chosen, posted
from dispenses.desk.rights import UNDO_ALL, Desk, decider
from dispenses.enums import Opening, Pending
from dispenses.models import BulkLine, BulkRun, Dispense, PendingDecision
from dispenses.request import bulk
from dispenses.request import undo as request_undo
from dispenses.request.permissions import BULK, REASSIGN, desk_dispenses
from dispenses.workflow import OPEN_STATUSES, Role, allowed

RESULT = "admin:dispenses_dispense_lot_resultat"
RUNS_SHOWN = 20
Lines = list[tuple[int, str]]


@dataclass(frozen=True)
class Asked:
    """The requests posted, by whom, and how many are beyond the most that a run takes."""

    user: User
    lines: Lines
    left_out: int


def page(desk: Desk, request: HttpRequest) -> HttpResponse:
    """POST: the requests ticked and the decision to choose, then that decision started. GET: one's recent runs."""
    user = _bulk_decider(desk, request)
    if request.method != "POST":
        return _runs(desk, request, user)
    lines, left_out = _posted(request, user)
    if not lines:
        messages.warning(request, "Cochez au moins une demande.")
        return redirect(QUEUE)
    may_reassign = user.has_perm(REASSIGN)
    asked = Asked(user, lines, left_out)
    if "key" not in request.POST:
        return _page(desk, request, asked, BulkForm(initial={"key": uuid.uuid4()}, may_reassign=may_reassign))
    form = BulkForm(request.POST, may_reassign=may_reassign)
    if not form.is_valid() or left_out:
        return _page(desk, request, asked, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    key = form.cleaned_data["key"]
    if not bulk.start(key=key, by=user, order=form.order(), lines=lines):
        messages.warning(
            request,
            "Cette page avait déjà servi\xa0: voici ce qu’elle avait lancé. Rien d’autre n’a été décidé. "
            "Pour une autre décision, repartez de la file.",
        )
    return redirect(RESULT, key)


def result(desk: Desk, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Where the run stands, then one line per request as it is now. Raises Http404 for the run of another."""
    user = _bulk_decider(desk, request)
    run = get_object_or_404(BulkRun, key=key, by=user)
    lines = list(run.lines.select_related("decision"))
    people = desk_dispenses().filter(number__in=[line.number for line in lines]).select_related("employee")
    people = people.exclude(parties.interests(user).of_requests())
    names = {dispense.number: dispense.employee.full_name for dispense in people}
    shown = [_shown(line, names.get(line.number, "")) for line in lines if line.done is not None]
    context: dict[str, Any] = {
        **_common(desk, request, f"{gesture(run.name)} en lot"),
        "run": run,
        "running": run.finished_at is None,
        "gesture": gesture(run.name),
        "total": len(lines),
        "treated": len(shown),
        "done": [line for line in shown if line.kind == "done"],
        "undone": [line for line in shown if line.kind == "undone"],
        "refused": [line for line in shown if line.kind == "refused"],
        "waiting": sum(1 for line in shown if line.waiting),
        "again": [line.number for line in shown if line.kind != "done" and line.person],
    }
    return TemplateResponse(request, "dispenses/desk/lot_resultat.html", context)


def undo(desk: Desk, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Stop one's run, and undo what has not taken effect yet. Raises Http404 for the run of another."""
    user = _bulk_decider(desk, request)
    run = get_object_or_404(BulkRun, key=key, by=user)
    if request.method == "POST":
        done, stopped, refusals = bulk.undo(run=run, user=user, may_undo_all=user.has_perm(UNDO_ALL))
        for refusal in refusals:
            messages.warning(request, refusal)
        if done:
            plural = "s" if done > 1 else ""
            messages.success(request, f"{done}\xa0décision{plural} annulée{plural}\xa0: personne n’est prévenu.")
        if stopped:
            plural = "s" if stopped > 1 else ""
            messages.success(request, f"{stopped}\xa0demande{plural} laissée{plural} comme avant.")
        if not (done or stopped or refusals):
            messages.warning(request, "Il n’y a plus rien à annuler\xa0: ces décisions ont pris effet.")
    return redirect(RESULT, key)


@dataclass(frozen=True)
class ShownLine:
    """What the result page tells of one request; `kind`: done, undone or refused."""

    number: int
    person: str
    kind: str
    told: str
    waiting: bool


def _shown(line: BulkLine, person: str) -> ShownLine:
    kind, told, waiting = ("done" if line.done else "refused"), line.told, False
    if decision := line.decision:
        waiting = decision.state == Pending.WAITING
        if waiting:
            told = f"Prend effet à {timezone.localtime(decision.effective_at):%H:%M}"
        elif decision.state == Pending.UNDONE:
            kind, told = "undone", "Annulée avant d’avoir pris effet"
        elif decision.state == Pending.VOID:
            kind, told = "refused", decision.told
        else:
            told = "A pris effet"
    return ShownLine(line.number, person, kind, told, waiting)


def _bulk_decider(desk: Desk, request: HttpRequest) -> User:
    user = decider(desk, request)
    if not user.has_perm(BULK):
        raise PermissionDenied
    return user


def _common(desk: Desk, request: HttpRequest, title: str) -> dict[str, Any]:
    return {**desk.admin_site.each_context(request), "opts": desk.opts, "title": title, "media": desk.media}


def _runs(desk: Desk, request: HttpRequest, user: User) -> HttpResponse:
    undone, void = Q(lines__decision__state=Pending.UNDONE), Q(lines__decision__state=Pending.VOID)
    last = list(BulkRun.objects.filter(by=user).order_by("-at").values_list("pk", flat=True)[:RUNS_SHOWN])
    runs = BulkRun.objects.filter(pk__in=last).annotate(
        total=Count("lines"),
        made=Count("lines", filter=Q(lines__done=True) & ~undone & ~void),
        kept=Count("lines", filter=Q(lines__done=False) | void),
        undone=Count("lines", filter=undone),
    )
    found = [(gesture(run.name), run) for run in runs.order_by("-at")]
    context = {**_common(desk, request, "Mes décisions en lot"), "runs": found}
    return TemplateResponse(request, "dispenses/desk/lots.html", context)


def _page(
    desk: Desk, request: HttpRequest, asked: Asked, form: BulkForm, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """Without the requests to which the reader is a party: the page says how many."""
    seen = dict(asked.lines)
    found = desk_dispenses().filter(number__in=seen).select_related("employee__employer", "motif").order_by("number")
    interests = parties.interests(asked.user)
    closed = found.filter(interests.of_requests()).count() if interests else 0
    rows = list(found.exclude(interests.of_requests()))
    if not rows:
        told = "Vous êtes partie à ces demandes\xa0: un autre membre du centre doit s’en occuper."
        messages.warning(request, told if closed else "Aucune de ces demandes n’existe plus.")
        return redirect(QUEUE)
    context: dict[str, Any] = {
        **_common(desk, request, "Décider en lot"),
        "rows": [(row, seen[row.number] or row.status_at.isoformat()) for row in rows],
        "gone": len(seen) - len(rows) - closed,
        "closed": closed,
        "left_out": asked.left_out,
        "whole": "tout" in request.POST,
        "most": bulk.MAX_LINES,
        "de_droit": sum(1 for row in rows if row.motif and row.motif.opening == Opening.DROIT),
        "form": form,
        "choices": form.choices(_fit(rows)),
        "undo_minutes": request_undo.minutes(),
    }
    return TemplateResponse(request, "dispenses/desk/lot.html", context, status=status)


def _fit(rows: Iterable[Dispense]) -> Counter[str]:
    """How many of these requests each decision fits now."""
    numbers = [row.number for row in rows]
    waiting = PendingDecision.objects.filter(dispense__in=numbers, state=Pending.WAITING)
    decided = set(waiting.values_list("dispense_id", flat=True))
    fit: Counter[str] = Counter()
    for row in rows:
        if row.number not in decided:
            fit.update(move.name for move in allowed(row.status, Role.STAFF))
            fit[bulk.REASSIGNMENT] += row.status in OPEN_STATUSES
    return fit


def _posted(request: HttpRequest, user: User) -> tuple[Lines, int]:
    """(number, instant of the status seen) of each request, and how many are beyond the most that a run takes."""
    found: dict[int, str] = {}
    for text in request.POST.getlist("ligne"):
        if match := re.fullmatch(r"([0-9]{1,18})\|([0-9T:.+-]{1,40})", text):
            found.setdefault(int(match[1]), match[2])
    lines = list(found.items()) or [(number, "") for number in _chosen(request, user)]
    return lines[: bulk.MAX_LINES], max(0, len(lines) - bulk.MAX_LINES)


def _chosen(request: HttpRequest, user: User) -> list[int]:
    """The requests ticked, or all those of the list that the page showed, one more than a run takes at most."""
    if "tout" not in request.POST:
        return chosen(request)
    return listing.first(posted(request), visits.looking(user), bulk.MAX_LINES + 1)

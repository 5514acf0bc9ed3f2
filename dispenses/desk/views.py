"""One request on the desk: its page, the three decisions, its documents. Rights are checked before anything is read."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from dispenses.desk import decisions, preview, queries, shown, taken
from dispenses.desk.decisions import build, moves
from dispenses.desk.forms import FORMS, DecisionForm
from dispenses.desk.rights import UNDO_ALL, Desk, decider, reader
from dispenses.exceptions import TransitionRefused
from dispenses.models import Dispense, PendingDecision
from dispenses.queue import assignments
from dispenses.request import undo as request_undo
from dispenses.request.permissions import REOPEN


def request_page(desk: Desk, request: HttpRequest, number: int) -> HttpResponse:
    """Documents, declaration, facts, history and the decisions that the reader may take."""
    reader(desk, request)
    dispense = queries.get_request(number)
    return _page(desk, request, dispense, again=taken.begun_again(dispense, request.GET.get("reprendre", "")))


def request_with(
    desk: Desk, request: HttpRequest, dispense: Dispense, *, note: Form, status: HTTPStatus
) -> HttpResponse:
    """The page again, with a note as it was typed."""
    return _page(desk, request, dispense, status=status, note=note)


def _page(
    desk: Desk,
    request: HttpRequest,
    dispense: Dispense,
    bound: dict[str, DecisionForm] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    note: Form | None = None,
    again: PendingDecision | None = None,
    shown_mail: dict[str, Any] | None = None,
) -> HttpResponse:
    user = reader(desk, request)
    names = moves(dispense, user) if desk.has_change_permission(request, dispense) else []
    before = taken.around(dispense, user)
    names = [] if before["pending"] else names
    known = decisions.offered_phrases(dispense) if names else []
    forms = bound or {}
    if again and again.name in names:
        forms = {again.name: build(again.name, dispense, known=known, again=again)}
    context: dict[str, Any] = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": f"Dispense N°{dispense.number}",
        "media": desk.media,
        **shown.around(dispense),
        **shown.for_reader(dispense, user, note),
        **decisions.around(dispense, bound or {}),
        **before,
        "undo_minutes": request_undo.minutes(),
        "own": decisions.is_own(dispense, user),
        "preview": shown_mail,
        "decisions": [{"name": name, "form": forms.get(name) or build(name, dispense, known=known)} for name in names],
        "wrong": next((form for form in (*forms.values(), note) if form and form.errors), None),
        "opened": next(iter(forms), ""),
        "following": queries.following(dispense, user),
        "preceding": queries.preceding(dispense, user),
    }
    return TemplateResponse(request, "dispenses/desk/demande.html", context, status=status)


def decision(desk: Desk, request: HttpRequest, number: int, name: str) -> HttpResponse:
    """One decision posted from the page; a GET (sign-in in between, reload) goes back to the request."""
    if name not in FORMS:
        raise Http404
    user = decider(desk, request)
    if name == "reopen" and not user.has_perm(REOPEN):
        raise PermissionDenied
    dispense = queries.get_request(number)
    if request.method != "POST":
        return redirect("admin:dispenses_dispense_change", dispense.number)
    form = build(name, dispense, request.POST)
    if "composer" in request.POST:
        form.errors.clear()
        return _page(desk, request, dispense, {name: form})
    if not form.is_valid():
        return _page(desk, request, dispense, {name: form}, HTTPStatus.UNPROCESSABLE_ENTITY)
    data = decisions.content(name, form.cleaned_data)
    if "previsualiser" in request.POST and name == "request_complement":
        return _page(desk, request, dispense, {name: form}, shown_mail=preview.complement(dispense, user, data))
    try:
        pending = request_undo.take(number=number, name=name, user=user, seen=form.cleaned_data["seen"], data=data)
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
        return _refused(desk, request, dispense.number, name)
    messages.success(request, taken.said(dispense, name, pending))
    after = assignments.take_next(user=user, after=dispense, or_mine=True)
    if after:
        return redirect("admin:dispenses_dispense_change", after.number)
    return redirect("admin:dispenses_dispense_changelist")


def undo(desk: Desk, request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """« Annuler cette décision », while it has no effect yet."""
    user = decider(desk, request)
    dispense = queries.get_request(number)
    if request.method == "POST":
        try:
            request_undo.undo(number=dispense.number, pk=pk, user=user, may_undo_all=user.has_perm(UNDO_ALL))
        except PendingDecision.DoesNotExist as error:
            raise Http404 from error
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request,
                f"Décision annulée\xa0: la demande N°{number} est comme avant, rien n’est parti. "
                "Ce qui était écrit est revenu dans son formulaire.",
            )
            page = reverse("admin:dispenses_dispense_change", args=[dispense.number])
            return redirect(f"{page}?reprendre={pk}")
    return redirect("admin:dispenses_dispense_change", dispense.number)


def _refused(desk: Desk, request: HttpRequest, number: int, name: str) -> HttpResponse:
    """The request as it is now, with what was typed kept in the form, to be sent again once reread."""
    dispense = queries.get_request(number)
    data = request.POST.copy()
    data[f"{name}-seen"] = dispense.status_at.isoformat()
    return _page(desk, request, dispense, {name: build(name, dispense, data)}, HTTPStatus.CONFLICT)

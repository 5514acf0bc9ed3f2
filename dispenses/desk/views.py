"""One request on the desk: its page and its decisions. Rights are checked before anything is read."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import User
from dispenses import parties
from dispenses.desk import decisions, pending_words, queries, request_context
from dispenses.desk.rights import UNDO_ALL, Desk, decider, reader
from dispenses.exceptions import TransitionRefused
from dispenses.models import Dispense, PendingDecision
from dispenses.parties import Interests
from dispenses.queue import assignments
from dispenses.request import undo as request_undo
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.form import DecisionForm
from dispenses.request.decisions.registry import DECISIONS, content_of


def request_page(desk: Desk, request: HttpRequest, number: int) -> HttpResponse:
    """Documents, declaration, facts, history and the decisions that the reader may take."""
    user = reader(desk, request)
    interests = parties.interests(user)
    try:
        dispense = queries.get_request(number, interests)
    except Http404:
        queries.refuse_forgotten(number, interests)
        raise
    again = pending_words.begun_again(dispense, request.GET.get("reprendre", ""))
    return _page(desk, request, dispense, again=again, interests=interests)


def request_with(
    desk: Desk,
    request: HttpRequest,
    dispense: Dispense,
    *,
    status: HTTPStatus,
    note: Form | None = None,
    message: Form | None = None,
) -> HttpResponse:
    """The page again, with a note or a message as it was typed."""
    return _page(desk, request, dispense, status=status, note=note, message=message)


def _page(
    desk: Desk,
    request: HttpRequest,
    dispense: Dispense,
    bound: dict[str, DecisionForm] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    note: Form | None = None,
    message: Form | None = None,
    again: PendingDecision | None = None,
    shown_mail: dict[str, Any] | None = None,
    interests: Interests | None = None,
) -> HttpResponse:
    user = reader(desk, request)
    interests = parties.interests(user) if interests is None else interests
    offered = decisions.offered(dispense, user) if desk.has_change_permission(request, dispense) else []
    before = pending_words.around(dispense, user)
    offered = [] if before["pending"] else offered
    standard_phrases = decisions.offered_phrases(dispense) if offered else []
    forms = bound or {}
    lost = {name: form for name, form in forms.items() if name not in {one.name for one in offered}}
    for one in offered:
        if again and again.name == one.name:
            forms = {one.name: one.form(dispense, standard_phrases=standard_phrases, again=content_of(again))}
    context: dict[str, Any] = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": f"{dispense.employee.full_name}, N°{dispense.number}",
        "media": desk.media,
        **request_context.around(dispense, interests),
        **request_context.for_reader(dispense, user, interests, note, message),
        **decisions.around(dispense, lost),
        **before,
        "undo_minutes": request_undo.minutes(),
        "preview": shown_mail,
        "decisions": [
            {
                "name": one.name,
                "decision": one,
                "form": forms.get(one.name) or one.form(dispense, standard_phrases=standard_phrases),
            }
            for one in offered
        ],
        "wrong": next((form for form in (*forms.values(), note, message) if form and form.errors), None),
        "opened": next(iter(forms), ""),
        "following": queries.following(dispense, user, interests),
        "preceding": queries.preceding(dispense, user, interests),
    }
    return TemplateResponse(request, "dispenses/desk/demande.html", context, status=status)


def decision(desk: Desk, request: HttpRequest, number: int, name: str) -> HttpResponse:
    """One decision posted from the page; a GET (sign-in in between, reload) goes back to the request."""
    if name not in DECISIONS:
        raise Http404
    user, chosen = decider(desk, request), DECISIONS[name]
    if not user.has_perms(chosen.rights):
        raise PermissionDenied
    dispense = queries.get_request(number, parties.interests(user))
    if request.method != "POST":
        return redirect("admin:dispenses_dispense_change", dispense.number)
    form = chosen.form(dispense, standard_phrases=decisions.offered_phrases(dispense), data=request.POST)
    if "composer" in request.POST:
        form.errors.clear()
        return _page(desk, request, dispense, {name: form})
    if not form.is_valid():
        return _page(desk, request, dispense, {name: form}, HTTPStatus.UNPROCESSABLE_ENTITY)
    content = form.content()
    if "previsualiser" in request.POST and chosen.previews:
        return _page(desk, request, dispense, {name: form}, shown_mail=chosen.preview(dispense, user, content))
    try:
        pending = request_undo.take(number=number, user=user, seen=form.cleaned_data["seen"], content=content)
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
        return _refused(desk, request, dispense.number, user, chosen)
    messages.success(request, pending_words.said(dispense, chosen.done, pending))
    after = assignments.take_next(user=user, after=dispense, or_mine=True)
    if after:
        return redirect("admin:dispenses_dispense_change", after.number)
    return redirect("admin:dispenses_dispense_changelist")


def undo(desk: Desk, request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """« Annuler cette décision », while it has no effect yet."""
    user = decider(desk, request)
    dispense = queries.get_request(number, parties.interests(user))
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


def _refused(desk: Desk, request: HttpRequest, number: int, user: User, chosen: Decision[Any]) -> HttpResponse:
    """The request as it is now, with what was typed kept in the form, to be sent again once reread."""
    dispense = queries.get_request(number, parties.interests(user))
    data = request.POST.copy()
    data[f"{chosen.name}-seen"] = dispense.status_at.isoformat()
    form = chosen.form(dispense, standard_phrases=decisions.offered_phrases(dispense), data=data)
    return _page(desk, request, dispense, {chosen.name: form}, HTTPStatus.CONFLICT)

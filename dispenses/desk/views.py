"""One request on the desk: its page, the three decisions, its documents. Rights are checked before anything is read."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.models import User
from dispenses import services
from dispenses.desk import queries, shown
from dispenses.desk.decisions import decide
from dispenses.desk.documents import complement_for
from dispenses.desk.forms import FORMS, DecisionForm
from dispenses.desk.rights import Desk, reader
from dispenses.enums import Opening
from dispenses.exceptions import TransitionRefused
from dispenses.models import Dispense
from dispenses.workflow import Role, allowed

DONE = {
    "request_complement": "complément demandé, le salarié est prévenu.",
    "accept": "dispense validée, le salarié est prévenu.",
    "refuse": "demande refusée, le salarié est prévenu.",
}


def request_page(desk: Desk, request: HttpRequest, number: int) -> HttpResponse:
    """Documents, declaration, facts, history and the decisions that the reader may take."""
    reader(desk, request)
    return _page(desk, request, queries.get_request(number))


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
) -> HttpResponse:
    user = reader(desk, request)
    may_decide = desk.has_change_permission(request, dispense)
    moves = allowed(dispense.status, Role.STAFF) if may_decide else []
    initial = {"seen": dispense.status_at.isoformat(), "message": complement_for(dispense.justificatifs.all())}
    forms = bound or {}
    context: dict[str, Any] = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": f"Dispense N°{dispense.number}",
        "media": desk.media,
        **shown.around(dispense),
        **shown.for_reader(dispense, user, note),
        "decisions": [
            {"name": m.name, "form": forms.get(m.name) or FORMS[m.name](initial=initial, prefix=m.name)} for m in moves
        ],
        "wrong": next((form for form in (*forms.values(), note) if form and form.errors), None),
        "opened": next(iter(forms), ""),
        "ends_on": services.computed_end(dispense),
        "de_droit": dispense.motif is not None and dispense.motif.opening == Opening.DROIT,
        "following": queries.following(dispense, user),
        "preceding": queries.preceding(dispense, user),
    }
    return TemplateResponse(request, "admin/dispenses/dispense/demande.html", context, status=status)


def decision(desk: Desk, request: HttpRequest, number: int, name: str) -> HttpResponse:
    """One decision posted from the page; a GET (sign-in in between, reload) goes back to the request."""
    if name not in FORMS:
        raise Http404
    if not desk.has_change_permission(request) or not isinstance(request.user, User):
        raise PermissionDenied
    dispense = queries.get_request(number)
    if request.method != "POST":
        return redirect("admin:dispenses_dispense_change", dispense.number)
    form = FORMS[name](request.POST, prefix=name)
    if not form.is_valid():
        return _page(desk, request, dispense, {name: form}, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        decide(
            number=dispense.number,
            name=name,
            user=request.user,
            seen=form.cleaned_data["seen"],
            data=form.cleaned_data,
        )
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
        return _refused(desk, request, dispense.number, name)
    messages.success(request, f"Demande N°{dispense.number}\xa0: {DONE[name]}")
    after = services.take_next(user=request.user, after=dispense, or_mine=True)
    if after:
        return redirect("admin:dispenses_dispense_change", after.number)
    return redirect("admin:dispenses_dispense_changelist")


def _refused(desk: Desk, request: HttpRequest, number: int, name: str) -> HttpResponse:
    """The request as it is now, with what was typed kept in the form, to be sent again once reread."""
    dispense = queries.get_request(number)
    data = request.POST.copy()
    data[f"{name}-seen"] = dispense.status_at.isoformat()
    return _page(desk, request, dispense, {name: FORMS[name](data, prefix=name)}, HTTPStatus.CONFLICT)

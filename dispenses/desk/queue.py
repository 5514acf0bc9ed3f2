"""The queue's page, and what is done from it: take the next request, share requests out, keep a view."""

import re
from collections import Counter
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from dispenses.desk import listing, queue_context, saved_views, visits
from dispenses.desk.criteria import Criteria, read
from dispenses.desk.rights import Desk, decider, reader
from dispenses.exceptions import TransitionRefused
from dispenses.models import QueueEntry, SavedView
from dispenses.queue import assignments
from dispenses.request import bulk
from dispenses.request.permissions import MAX_NUMBER

QUEUE = "admin:dispenses_dispense_changelist"
FRAGMENT = "X-Fragment"


def _back(criteria: Criteria) -> HttpResponse:
    query = criteria.query
    return redirect(f"{reverse(QUEUE)}?{query}" if query else reverse(QUEUE))


def posted(request: HttpRequest) -> Criteria:
    """The filters of the page from which a form was sent."""
    return read(QueryDict(str(request.POST.get("filtres", ""))[:2000]))


def queue_page(
    desk: Desk, request: HttpRequest, form: saved_views.SaveViewForm | None = None, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """What awaits a decision, most urgent first, unless the address asks for something else."""
    user = reader(desk, request)
    criteria = read(request.GET) if request.method == "GET" else posted(request)
    who = visits.looking(user)
    results = queue_context.results(criteria, who, request.GET)
    may_decide = desk.has_change_permission(request)
    common = {
        "base": reverse(QUEUE),
        "criteria": criteria,
        "may_decide": may_decide,
        "may_bulk": may_decide and user.has_perm("dispenses.bulk_decide_dispense"),
        **results,
    }
    if request.headers.get(FRAGMENT):
        return TemplateResponse(request, "dispenses/desk/file/resultats.html", common)
    context: dict[str, Any] = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": "Demandes de dispense",
        "media": desk.media,
        "may_see_pictures": user.has_perm("dispenses.view_pictures"),
        "form": form or saved_views.SaveViewForm(),
        "wrong": form if form and form.errors else None,
        **queue_context.around(criteria, who),
        **common,
    }
    return TemplateResponse(request, "dispenses/desk/file.html", context, status=status)


def take_next(desk: Desk, request: HttpRequest) -> HttpResponse:
    """The most urgent request that nobody has, now the reader's; among the filters of the page that asked."""
    user = decider(desk, request)
    if request.method != "POST":
        return redirect(QUEUE)
    criteria = posted(request)
    who = visits.looking(user)
    among = listing.entries(criteria.but(q="", statut="", suite="", qui=""), who)
    taken = assignments.take_next(user=user, among=QueueEntry.objects.filter(pk__in=among.values("pk")))
    if taken is None:
        messages.info(request, _nothing_left(criteria))
        return _back(criteria)
    return redirect("admin:dispenses_dispense_change", taken.number)


def _nothing_left(criteria: Criteria) -> str:
    if criteria.but(statut="", suite="", qui="", q="") != Criteria():
        return "Aucune demande libre ne correspond à ces filtres."
    return "Toutes les demandes en cours sont attribuées ou décidées."


def share_out(desk: Desk, request: HttpRequest) -> HttpResponse:
    """Take or release the requests ticked; each refusal is told, and stops no other."""
    user = decider(desk, request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    numbers = chosen(request)[: bulk.MAX_LINES]
    release = request.POST.get("geste") == "liberer"
    may_reassign = user.has_perm("dispenses.reassign_dispense")
    moved: Counter[bool] = Counter()
    for number in numbers:
        try:
            if release:
                moved[assignments.unassign(number=number, by=user, may_reassign=may_reassign)] += 1
            else:
                moved[assignments.assign(number=number, to=user, by=user, may_reassign=may_reassign)] += 1
        except TransitionRefused as refusal:
            messages.warning(request, str(refusal))
        except QueueEntry.DoesNotExist:
            messages.warning(request, f"La demande N°{number} n’existe pas.")
    if not numbers:
        messages.warning(request, "Cochez au moins une demande.")
    _tell_shared_out(request, done=moved[True], already=moved[False], release=release)
    return _back(posted(request))


def _tell_shared_out(request: HttpRequest, *, done: int, already: int, release: bool) -> None:
    """Say how many requests changed hands, and how many were as asked before: a gesture is never without an answer."""
    if done:
        plural = "s" if done > 1 else ""
        what = f"remise{plural} à tout le monde" if release else f"attribuée{plural} à vous"
        messages.success(request, f"{done}\xa0demande{plural} {what}.")
    if already:
        plural, verb = ("s", "étaient") if already > 1 else ("", "était")
        what = f"n’{verb} déjà à personne" if release else f"{verb} déjà à vous"
        messages.info(request, f"{already}\xa0demande{plural} {what}.")


def chosen(request: HttpRequest) -> list[int]:
    """Numbers ticked in a list, in the order of the page."""
    typed = [text for text in request.POST.getlist("numero") if re.fullmatch(r"[0-9]{1,18}", text)]
    return list(dict.fromkeys(int(text) for text in typed))


def employers(desk: Desk, request: HttpRequest) -> HttpResponse:
    """Names to complete what is typed in the employer's filter."""
    reader(desk, request)
    text = str(request.GET.get("q", "")).replace("\0", "").strip()[:100]
    return JsonResponse({"noms": listing.suggested_employers(text)})


def save_view(desk: Desk, request: HttpRequest) -> HttpResponse:
    """Keep the filters of the page under a name."""
    user = reader(desk, request)
    if request.method != "POST":
        return redirect(QUEUE)
    form, criteria = saved_views.SaveViewForm(request.POST), posted(request)
    if not form.is_valid():
        return queue_page(desk, request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    name = form.cleaned_data["name"]
    if problem := saved_views.save(owner=user, name=name, shared=form.cleaned_data["shared"], criteria=criteria):
        messages.error(request, problem)
    else:
        messages.success(request, f"Vue «\xa0{name}\xa0» enregistrée.")
    return _back(criteria)


def change_view(desk: Desk, request: HttpRequest, pk: int) -> HttpResponse:
    """Share, keep to oneself or delete one's own view. Raises Http404 for that of another."""
    user = reader(desk, request)
    if request.method != "POST":
        return redirect(QUEUE)
    view = get_object_or_404(SavedView, pk=min(pk, MAX_NUMBER), owner=user)
    gesture = request.POST.get("geste")
    if gesture == "supprimer":
        view.delete()
        messages.success(request, f"Vue «\xa0{view.name}\xa0» supprimée.")
    elif gesture in ("partager", "garder"):
        SavedView.objects.filter(pk=view.pk).update(shared=gesture == "partager")
        said = "partagée avec l’équipe" if gesture == "partager" else "gardée pour vous"
        messages.success(request, f"Vue «\xa0{view.name}\xa0» {said}.")
    else:
        raise Http404
    return _back(posted(request))

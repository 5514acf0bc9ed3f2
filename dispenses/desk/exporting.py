"""The centre's list of requests as a file, with the filters of the queue's page."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect

from dispenses.desk import listing, visits
from dispenses.desk.criteria import read
from dispenses.desk.rights import Desk, reader
from dispenses.exceptions import ExportRefused
from dispenses.exports import leaving
from dispenses.exports.lists import Listing
from dispenses.workflow import STATUS_LABELS
from portal.lib.cells import Value

REQUESTS = (
    "Numéro", "Nom", "Prénom", "Matricule", "Employeur", "SIRET", "Motif", "Statut", "Envoyée le", "Décidée le",
    "À traiter avant le", "Gestionnaire",
)  # fmt: skip


def _shown(row: tuple[Any, ...]) -> Sequence[Value]:
    *request, status, submitted_at, decided_at, due_on, first_name, last_name = row
    reviewer = f"{first_name or ''} {last_name or ''}".strip()
    return [*request, STATUS_LABELS[status], submitted_at, decided_at, due_on, reviewer]


def exporter(desk: Desk, request: HttpRequest, forme: str) -> HttpResponseBase:
    """The requests that the page would list, oldest number first. PermissionDenied without the right to see them."""
    user = reader(desk, request)
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    criteria = read(request.GET)
    who = visits.looking(user)
    source = listing.entries(criteria, who).order_by("pk").values_list(
        "pk", "dispense__employee__last_name", "dispense__employee__first_name", "dispense__matricule",
        "employer__name", "employer__siret", "dispense__motif__label", "status", "submitted_at", "decided_at", "due_on",
        "assigned_to__first_name", "assigned_to__last_name",
    )  # fmt: skip
    found = Listing("file", "Demandes", REQUESTS, source, _shown, {"filtre": criteria.query} if criteria.query else {})
    try:
        return leaving.export(found, form=forme, user=user)
    except KeyError as error:
        raise Http404("Aucun format de ce nom.") from error
    except ExportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{desk.admin_site.name}:dispenses_dispense_changelist")

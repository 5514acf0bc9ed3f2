"""The centre's list of requests as a file, with the filters of the queue's page."""

from datetime import date

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed

from dispenses.desk import listing, visits
from dispenses.desk.ahead import cause_in_words, why_again
from dispenses.desk.criteria import read
from dispenses.desk.rights import Desk, reader
from dispenses.exports import download
from dispenses.exports.columns import Column, Listing
from dispenses.exports.lists import name_in_full, once_granted, status_in_words
from dispenses.models import in_full
from dispenses.request.looks import CAUSES
from dispenses.workflow import Status

_LOOK = ("status", "dispense__superseded_by")


def _once_wanted(day: date | None, status: str | None, superseded_by: int | None) -> date | None:
    return day if status == Status.ACCEPTED and superseded_by is None else None


def _why_again(
    acte_on: date | None, card_by: date | None, transfer_on: date | None, status: str | None, superseded_by: int | None
) -> str:
    return why_again(*(_once_wanted(day, status, superseded_by) for day in (acte_on, card_by, transfer_on)))


REQUESTS: tuple[Column, ...] = (
    Column("Numéro", ("pk",)),
    Column("Nom", ("dispense__employee__last_name",)),
    Column("Prénom", ("dispense__employee__first_name",)),
    Column("Matricule", ("dispense__matricule",)),
    Column("Employeur", ("employer__name",)),
    Column("SIRET", ("employer__siret",)),
    Column("Motif", ("dispense__motif__family", "dispense__motif__label"), in_full),
    Column("Statut", ("status",), status_in_words),
    Column("Envoyée le", ("submitted_at",)),
    Column("Décidée le", ("decided_at",)),
    Column("À traiter avant le", ("due_on",)),
    Column("Dispense à compter du", ("dispense__effective_on", "status"), once_granted),
    Column("Dispense jusqu’au", ("dispense__ends_on",)),
    Column("Pourquoi cette fin", ("dispense__end_cause",), cause_in_words),
    Column("À confirmer avant le", ("dispense__confirm_by",)),
    Column("Preuve à renouveler depuis le", ("dispense__unconfirmed_since",)),
    Column("Deuxième regard à partir du", ("dispense__look_on", *_LOOK), _once_wanted),
    Column("Pourquoi un deuxième regard", (*(f"dispense__{name}" for name in CAUSES), *_LOOK), _why_again),
    Column("Gestionnaire", ("assigned_to__first_name", "assigned_to__last_name"), name_in_full),
)


def exporter(desk: Desk, request: HttpRequest, forme: str) -> HttpResponseBase:
    """The requests that the page would list, oldest number first, those of a view of what comes in its own order.

    Raises PermissionDenied without the right to see them.
    """
    user = reader(desk, request)
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    criteria = read(request.GET)
    who = visits.looking(user)
    source = listing.ordered(criteria, who) if criteria.ahead else listing.entries(criteria, who).order_by("pk")
    found = Listing("file", "Demandes", REQUESTS, source, {"filtre": criteria.query} if criteria.query else {})
    back = f"{desk.admin_site.name}:dispenses_dispense_changelist"
    return download.answer(request, found, form=forme, user=user, back=back)

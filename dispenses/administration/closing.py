"""What a version of an acte closes, for the centre: a page, and the same list as a file."""

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import Acte, Employer, User
from accounts.permissions import MAX_ID
from dispenses import parties
from dispenses.exports import download
from dispenses.exports.columns import Column, Listing
from dispenses.models import Dispense, in_full
from dispenses.request import closing
from dispenses.request.closing import Closed

READ = "dispenses.view_dispense"
SHOWN = 200


def columns(closed: list[Closed]) -> tuple[Column, ...]:
    """The columns of the file; why each dispense is in it is told by its edition of the motif."""
    why = {one.motif.pk: one.reason.words for one in closed}
    return (
        Column("Dispense", ("number",)),
        Column("Matricule", ("matricule",)),
        Column("Nom", ("employee__last_name",)),
        Column("Prénom", ("employee__first_name",)),
        Column("Motif", ("motif__family", "motif__label"), in_full),
        Column("Fondement", ("motif__legal_basis",)),
        Column("Dispense à compter du", ("effective_on",)),
        Column("Dispense jusqu’au", ("ends_on",)),
        Column("Pourquoi", ("motif",), lambda pk: why.get(pk, "")),
    )


def page(desk: ModelAdmin[Employer], request: HttpRequest, pk: int, acte_id: int) -> HttpResponse:
    """The dispenses granted that the version does not open any more: who, which motif, since when. Nothing ends."""
    acte, _ = _asked(request, pk, acte_id)
    closed = closing.closed_motifs(acte)
    found = _rows(request, acte, closed)
    why = {one.motif.pk: one.reason.words for one in closed}
    rows = list(found.select_related("employee", "motif")[:SHOWN])
    context = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": "Ce que cette version ferme",
        "acte": acte,
        "former": acte.before(),
        "closed": closed,
        "rows": [(row, why[row.motif_id]) for row in rows if row.motif_id],
        "count": found.count(),
    }
    return TemplateResponse(request, "dispenses/administration/ferme.html", context)


def export(desk: ModelAdmin[Employer], request: HttpRequest, pk: int, acte_id: int, forme: str) -> HttpResponseBase:
    """The same list, whole. Raises Http404 for an unknown form."""
    acte, user = _asked(request, pk, acte_id)
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    closed = closing.closed_motifs(acte)
    filters = {"version": acte.in_force_from.isoformat()}
    listing = Listing("acte-ferme", "Ce que l’acte ferme", columns(closed), _rows(request, acte, closed), filters)
    back = reverse("admin:accounts_employer_ferme", args=[pk, acte_id])
    return download.answer(request, listing, form=forme, user=user, back=back, employer=acte.employer)


def _asked(request: HttpRequest, pk: int, acte_id: int) -> tuple[Acte, User]:
    """The version, for who may see requests. Raises PermissionDenied, Http404."""
    if not isinstance(request.user, User) or not request.user.has_perm(READ):
        raise PermissionDenied
    acte = Acte.objects.select_related("employer").filter(employer=min(pk, MAX_ID), pk=min(acte_id, MAX_ID)).first()
    if acte is None:
        raise Http404
    return acte, request.user


def _rows(request: HttpRequest, acte: Acte, closed: list[Closed]) -> "QuerySet[Dispense]":
    """Those of the list to which the reader is no party."""
    found = parties.interests(request.user) if isinstance(request.user, User) else None
    rows = closing.closed_dispenses(acte, closed)
    return rows.exclude(found.of_requests()) if found else rows

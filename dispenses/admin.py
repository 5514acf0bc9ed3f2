"""The management centre's queue in the admin. Only decisions change a request: no field is edited."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path

from dispenses.administration import as_employee
from dispenses.administration import employers as _employers  # noqa: F401 – these register their pages
from dispenses.administration import evidence as _evidence  # noqa: F401
from dispenses.administration import forgetting as _forgetting  # noqa: F401
from dispenses.administration import journal as _journal  # noqa: F401
from dispenses.administration import motifs as _motifs  # noqa: F401
from dispenses.administration import people as _people  # noqa: F401
from dispenses.administration import phrases as _phrases  # noqa: F401
from dispenses.administration import transfers as _transfers  # noqa: F401
from dispenses.desk import (
    bulk,
    consultations,
    documents,
    exchanges,
    exporting,
    life_page,
    notes,
    pictures,
    presence,
    queries,
    queue,
    views,
)
from dispenses.desk import questions as _questions  # noqa: F401 – registers its page
from dispenses.desk.rights import reader
from dispenses.models import Dispense
from dispenses.parties import interests
from dispenses.request.permissions import desk_dispenses


@admin.register(Dispense)
class DispenseAdmin(admin.ModelAdmin[Dispense]):
    """The queue (dispenses.desk.queue) and the page of a request (dispenses.desk.views), without the admin's forms."""

    class Media:
        css = {"all": ["gestion-desk.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Dispense | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispense]:
        """Never a draft, whatever the address says."""
        return desk_dispenses()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return queue.queue_page(self, request)

    # One request

    def get_urls(self) -> list[URLPattern]:
        """The desk's own addresses, before those of the admin."""
        wrap = self.admin_site.admin_view
        prefix = "dispenses_dispense"
        own = [
            path("consultations/", wrap(self.journal_view), name=f"{prefix}_journal"),
            path(
                "consultations/exporter/<slug:forme>/",
                wrap(partial(consultations.exporter, self)),
                name=f"{prefix}_journal_exporter",
            ),
            path("<int:number>/consultations/", wrap(self.consultations_view), name=f"{prefix}_consultations"),
            path(
                "<int:number>/comme-le-salarie/",
                wrap(partial(as_employee.page, self)),
                name=f"{prefix}_comme_le_salarie",
            ),
            path("<int:number>/presence/", wrap(self.presence_view), name=f"{prefix}_presence"),
            path("<int:number>/notes/", wrap(self.note_view), name=f"{prefix}_note"),
            path("<int:number>/messages/", wrap(partial(exchanges.message, self)), name=f"{prefix}_message"),
            path("exporter/<slug:forme>/", wrap(partial(exporting.exporter, self)), name=f"{prefix}_exporter"),
            path("salarie/<int:employee_id>/", wrap(partial(life_page.page, self)), name=f"{prefix}_vie"),
            path("suivante/", wrap(partial(queue.take_next, self)), name=f"{prefix}_suivante"),
            path("attribuer/", wrap(partial(queue.share_out, self)), name=f"{prefix}_attribuer"),
            path("employeurs/", wrap(partial(queue.employers, self)), name=f"{prefix}_employeurs"),
            path("chiffres/", wrap(partial(pictures.page, self)), name=f"{prefix}_chiffres"),
            path("chiffres/<slug:name>/", wrap(partial(pictures.table, self)), name=f"{prefix}_tableau"),
            path("vues/", wrap(partial(queue.save_view, self)), name=f"{prefix}_vue_enregistrer"),
            path("vues/<int:pk>/", wrap(partial(queue.change_view, self)), name=f"{prefix}_vue"),
            path("<int:number>/decision/<slug:name>/", wrap(self.decision_view), name=f"{prefix}_decision"),
            path("<int:number>/decision/<int:pk>/annuler/", wrap(partial(views.undo, self)), name=f"{prefix}_annuler"),
            path("lot/", wrap(partial(bulk.page, self)), name=f"{prefix}_lot"),
            path("lot/<uuid:key>/annuler/", wrap(partial(bulk.undo, self)), name=f"{prefix}_lot_annuler"),
            path("lot/<uuid:key>/", wrap(partial(bulk.result, self)), name=f"{prefix}_lot_resultat"),
            path("<int:number>/justificatif/<int:pk>/", wrap(self.justificatif_view), name=f"{prefix}_justificatif"),
            path("<int:number>/justificatif/<int:pk>/original/", wrap(self.original_view), name=f"{prefix}_original"),
            path("<int:number>/justificatif/<int:pk>/<int:page>/", wrap(self.page_view), name=f"{prefix}_page"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of a request; it has no form of its own. Raises Http404 for a draft."""
        return views.request_page(self, request, _number(object_id))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The admin's log of a request. Raises Http404 for a draft, Forbidden for a party to it."""
        queries.state_of(_number(object_id), interests(reader(self, request)))
        return super().history_view(request, object_id, extra_context)

    def decision_view(self, request: HttpRequest, number: int, name: str) -> HttpResponse:
        return views.decision(self, request, number, name)

    def justificatif_view(self, request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
        return documents.justificatif(self, request, number, pk)

    def original_view(self, request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
        return documents.original(self, request, number, pk)

    def page_view(self, request: HttpRequest, number: int, pk: int, page: int) -> HttpResponse:
        return documents.page(self, request, number, pk, page)

    def presence_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return presence.heartbeat(self, request, number)

    def note_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return notes.note(self, request, number)

    def consultations_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return consultations.of_request(self, request, number)

    def journal_view(self, request: HttpRequest) -> HttpResponse:
        return consultations.journal(self, request)


def _number(object_id: str) -> int:
    """The number in an address of the admin. Raises Http404 for anything else."""
    if not (object_id.isascii() and object_id.isdigit()):
        raise Http404
    return int(object_id[:20])

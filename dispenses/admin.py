"""The management centre's queue in the admin. Only decisions change a request: no field is edited."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone

from dispenses.administration import employers as _employers  # noqa: F401 – these register their pages
from dispenses.administration import motifs as _motifs  # noqa: F401
from dispenses.administration import phrases as _phrases  # noqa: F401
from dispenses.desk import consultations, documents, notes, presence, views
from dispenses.desk.filters import EmployerFilter, MotifFilter, PeriodFilter, StatusFilter
from dispenses.models import Dispense
from dispenses.permissions import MAX_NUMBER, desk_dispenses
from dispenses.workflow import Status


@admin.register(Dispense)
class DispenseAdmin(admin.ModelAdmin[Dispense]):
    """Queue by age, filters, search; a request has its own page (dispenses.desk.views)."""

    list_display = ("number", "employee_name", "employer_name", "motif", "shown_status", "submitted_on", "age")
    list_display_links = ("number", "employee_name")
    list_filter = (StatusFilter, MotifFilter, EmployerFilter, PeriodFilter)
    list_select_related = ("employee__employer", "motif")
    search_fields = ("employee__last_name", "employee__first_name", "matricule")
    search_help_text = "Numéro de la demande, nom du salarié ou matricule, quel que soit le statut"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    actions = None

    class Media:
        css = {"all": ["gestion-desk.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Dispense | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispense]:
        """Never a draft, whatever the address says."""
        return desk_dispenses().order_by(*self.get_ordering(request))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The queue oldest first, everything else newest first."""
        waiting = request.GET.get("statut", Status.IN_PROGRESS.value) == Status.IN_PROGRESS.value
        if waiting and not request.GET.get("q"):
            return ("submitted_at", "number")
        return ("-submitted_at", "-number")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Dispense], search_term: str
    ) -> tuple[QuerySet[Dispense], bool]:
        """Digits are a number or a whole matricule; anything else is looked for in names and matricules."""
        term = search_term.replace("\0", "").strip()
        number = term.upper().removeprefix("N°").strip()
        if number.isascii() and number.isdigit():
            return queryset.filter(Q(number=min(int(number), MAX_NUMBER)) | Q(matricule=number)), False
        return super().get_search_results(request, queryset, term)

    @admin.display(description="salarié", ordering="employee__last_name")
    def employee_name(self, dispense: Dispense) -> str:
        return f"{dispense.employee.last_name} {dispense.employee.first_name}"

    @admin.display(description="employeur", ordering="employee__employer__name")
    def employer_name(self, dispense: Dispense) -> str:
        return dispense.employee.employer.name

    @admin.display(description="statut", ordering="status")
    def shown_status(self, dispense: Dispense) -> str:
        return render_to_string("partials/status_badge.html", {"status": dispense.status})

    @admin.display(description="envoyée le", ordering="submitted_at")
    def submitted_on(self, dispense: Dispense) -> str:
        return f"{timezone.localtime(dispense.submitted_at):%d/%m/%Y}"

    @admin.display(description="âge", ordering="submitted_at")
    def age(self, dispense: Dispense) -> str:
        """Days from the sending to the decision, or to today."""
        until = timezone.localdate(dispense.decided_at) if dispense.decided_at else timezone.localdate()
        days = (until - timezone.localdate(dispense.submitted_at)).days
        return f"{days}\xa0jour{'s' if days > 1 else ''}"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Demandes de dispense", **(extra_context or {})})

    # One request

    def get_urls(self) -> list[URLPattern]:
        """The desk's own addresses, before those of the admin."""
        wrap = self.admin_site.admin_view
        prefix = "dispenses_dispense"
        own = [
            path("suivante/", wrap(self.next_view), name=f"{prefix}_suivante"),
            path("consultations/", wrap(self.journal_view), name=f"{prefix}_journal"),
            path("<int:number>/consultations/", wrap(self.consultations_view), name=f"{prefix}_consultations"),
            path("<int:number>/presence/", wrap(self.presence_view), name=f"{prefix}_presence"),
            path("<int:number>/notes/", wrap(self.note_view), name=f"{prefix}_note"),
            path("<int:number>/decision/<slug:name>/", wrap(self.decision_view), name=f"{prefix}_decision"),
            path("<int:number>/justificatif/<int:pk>/", wrap(self.justificatif_view), name=f"{prefix}_justificatif"),
            path("<int:number>/justificatif/<int:pk>/<int:page>/", wrap(self.page_view), name=f"{prefix}_page"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of a request; it has no form of its own. Raises Http404 for a draft."""
        if not (object_id.isascii() and object_id.isdigit()):
            raise Http404
        return views.request_page(self, request, int(object_id[:20]))

    def next_view(self, request: HttpRequest) -> HttpResponse:
        return views.next_request(self, request)

    def decision_view(self, request: HttpRequest, number: int, name: str) -> HttpResponse:
        return views.decision(self, request, number, name)

    def justificatif_view(self, request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
        return documents.justificatif(self, request, number, pk)

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

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The admin's own log says nothing of a request: its events are on its page, its readings in the journal."""
        if not (object_id.isascii() and object_id.isdigit()):
            raise Http404
        return consultations.of_request(self, request, int(object_id[:20]))

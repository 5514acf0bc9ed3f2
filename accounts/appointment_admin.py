"""Members of the centre asked for as correspondents: another administrator than whoever asked agrees or refuses."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from accounts import services
from accounts.enums import AppointmentState
from accounts.exceptions import CompanyRefused
from accounts.models import Appointment, User
from accounts.permissions import MAX_ID
from portal.lib.read_only import ReadOnly
from portal.lib.typography import of

PAGE = "admin:accounts_appointment_change"
GESTURES = {"confirmer": True, "refuser": False}


@admin.register(Appointment)
class AppointmentAdmin(ReadOnly, admin.ModelAdmin[Appointment]):
    """To read, and to decide while it waits; both names stay."""

    list_display = ("user", "employer", "asked_by", "asked_at", "state", "settled_by", "settled_at")
    list_select_related = ("user", "employer", "asked_by", "settled_by")
    list_filter = ("state",)
    search_fields = ("user__email", "user__last_name", "employer__name", "employer__siret")
    show_full_result_count = False
    actions = None
    change_form_template = "admin/accounts/appointment/change_form.html"
    fields = readonly_fields = ("user", "employer", "asked_by", "asked_at", "state", "settled_by", "settled_at")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the two buttons, for those who may decide of it."""
        found = context.get("original")
        context |= {"waits": False, "may_decide": False}
        if isinstance(found, Appointment) and found.state == AppointmentState.WAITING:
            may_decide = services.deciders(found).filter(pk=request.user.pk or 0).exists()
            context |= {"waits": True, "may_decide": may_decide}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "accounts_appointment_decider"
        return [path("<int:pk>/decider/", wrap(self.decide_view), name=name), *super().get_urls()]

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """« Confirmer » or « Refuser », logged. A GET (sign-in in between) goes back to the page."""
        if not request.user.has_perm(services.DECIDE_APPOINTMENT) or not isinstance(request.user, User):
            raise PermissionDenied
        found = self.get_queryset(request).select_related("user", "employer").filter(pk=min(pk, MAX_ID)).first()
        gesture = request.POST.get("geste", "")
        if found is None or (request.method == "POST" and gesture not in GESTURES):
            raise Http404
        if request.method == "POST":
            confirm = GESTURES[gesture]
            try:
                services.settle_appointment(appointment=found, by=request.user, confirm=confirm)
            except CompanyRefused as refusal:
                messages.error(request, str(refusal))
            else:
                done = "confirmée" if confirm else "refusée"
                self.log_change(request, found, f"Nomination {done}")
                messages.success(
                    request,
                    f"La nomination {of(str(found.user))} pour {found.employer} est {done}\xa0: "
                    "les personnes sont averties.",
                )
        return redirect(PAGE, found.pk)

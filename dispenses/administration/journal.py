"""The journal of administration: read, filtered, taken out as a file; written by nobody's hand."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.enums import Act
from accounts.models import JournalEntry, User
from dispenses import parties
from dispenses.administration.closed import closed_transfers
from dispenses.exports import download
from dispenses.exports.columns import Column, Listing
from dispenses.models import Dispense, LegalHold, Transfer
from portal.lib.read_only import ReadOnly

PERIODS = {"7": "7 derniers jours", "30": "30 derniers jours", "365": "12 derniers mois"}


def _act_in_words(act: str) -> str:
    return Act(act).label


COLUMNS: tuple[Column, ...] = (
    Column("Le", ("at",)),
    Column("Par", ("who",)),
    Column("Acte", ("act",), _act_in_words),
    Column("Sur", ("kind",)),
    Column("Numéro", ("object_id",)),
    Column("Objet", ("object",)),
    Column("Détail", ("detail",)),
)


class PeriodFilter(admin.SimpleListFilter):
    """The last days."""

    title = "période"
    parameter_name = "periode"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(PERIODS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[JournalEntry]) -> QuerySet[JournalEntry]:
        if self.value() not in PERIODS:
            return queryset
        return queryset.filter(at__gte=timezone.now() - timedelta(days=int(self.value() or 0)))


def _without(lines: QuerySet[JournalEntry], rows: QuerySet[Any]) -> QuerySet[JournalEntry]:
    """The lines but for those about one of these rows."""
    keys = rows.order_by().annotate(key=Cast("pk", CharField())).values("key")
    return lines.exclude(kind=rows.model._meta.verbose_name, object_id__in=keys)


@admin.register(JournalEntry)
class JournalAdmin(ReadOnly, admin.ModelAdmin[JournalEntry]):
    """Who did what in the administration. The file holds what the filters and the search leave."""

    list_display = ("at", "who", "act", "kind", "object", "in_lines")
    list_filter = (PeriodFilter, "act")
    search_fields = ("who", "object", "kind", "detail")
    search_help_text = "Un nom, une adresse e-mail, un objet."
    show_full_result_count = False
    actions = None
    fields = readonly_fields = ("at", "who", "act", "kind", "object_id", "object", "in_lines")
    change_list_template = "admin/accounts/journalentry/liste.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[JournalEntry]:
        """But for the lines on requests to which the reader is a party, on their holds and on transfers of theirs."""
        lines = super().get_queryset(request)
        if not isinstance(request.user, User):
            return lines
        if transfers := closed_transfers(request.user):
            lines = _without(lines, Transfer.objects.filter(transfers))
        if found := parties.interests(request.user):
            lines = lines.exclude(kind=Dispense._meta.verbose_name, object_id__in=parties.numbers(found))
            lines = _without(lines, LegalHold.objects.filter(found.of_holds()))
        return lines

    @admin.display(description="détail")
    def in_lines(self, entry: JournalEntry) -> SafeString:
        """One change a line."""
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in entry.detail.splitlines()))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "accounts_journalentry_exporter"
        return [path("exporter/<slug:form>/", wrap(self.export_view), name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """The list as CSV or XLSX, with its filters; the taking out is written down first."""
        if not self.has_view_permission(request) or not isinstance(request.user, User):
            raise PermissionDenied
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        source = self.get_changelist_instance(request).get_queryset(request)
        filters = {name: str(value) for name, value in request.GET.items() if value}
        found = Listing("administration", "Administration", COLUMNS, source, filters)
        back = "admin:accounts_journalentry_changelist"
        return download.answer(request, found, form=form, user=request.user, back=back)

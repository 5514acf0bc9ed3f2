from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from notifications import outbox
from notifications import texts_admin as _texts_admin  # noqa: F401 – registers its pages
from notifications.messages import declared, label_of
from notifications.models import OutgoingEmail
from portal.lib.read_only import ReadOnly


class KindFilter(admin.SimpleListFilter):
    """The mails that the rooms declare; the address of the page may name one that no room declares any more."""

    title = "nature"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(message.kind, message.label) for message in declared()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutgoingEmail]) -> QuerySet[OutgoingEmail]:
        return queryset if self.value() is None else queryset.filter(kind=self.value())


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ReadOnly, admin.ModelAdmin[OutgoingEmail]):
    """What left, what waits and what failed; only « Renvoyer » acts, and the purge deletes."""

    list_display = ("created_at", "shown_kind", "to", "status", "attempts", "sent_at", "last_error")
    list_filter = ("status", KindFilter)
    search_fields = ("=to",)
    search_help_text = "Adresse complète du destinataire"
    show_full_result_count = False
    list_per_page = 50
    actions = ("resend",)
    fields = (
        "shown_kind", "to", "subject", "status", "attempts", "next_try_at", "created_at", "sent_at", "last_error",
        "message_id", "attachment_name", "shown_text",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingEmail]:
        """Without what a list never shows: bodies and files."""
        return super().get_queryset(request).defer("html_body", "attachment")

    @admin.display(description="nature", ordering="kind")
    def shown_kind(self, row: OutgoingEmail) -> str:
        """The label of its class."""
        return label_of(row.kind)

    @admin.display(description="texte")
    def shown_text(self, row: OutgoingEmail) -> str:
        """The text, unless it carries a secret."""
        return "Masqué : ce message porte un secret." if row.sensitive else row.text_body

    @admin.action(description="Renvoyer les e-mails en échec", permissions=["view"])
    def resend(self, request: HttpRequest, queryset: QuerySet[OutgoingEmail]) -> None:
        """Only those in failure go back in the queue."""
        count = sum(outbox.resend(email=row) for row in queryset)
        if count:
            self.message_user(request, f"E-mails remis en file\u00a0: {count}", messages.SUCCESS)
        else:
            self.message_user(request, "Aucun e-mail en échec dans la sélection.", messages.WARNING)

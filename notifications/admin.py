import re
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from notifications import matters, outbox
from notifications import texts_admin as _texts_admin  # noqa: F401 – registers its pages
from notifications.messages import declared, label_of
from notifications.models import OutgoingEmail
from portal.lib.read_only import ReadOnly

CLOSED = "reserve:"  # before the name of a matter, in the address of the list
HIDDEN = "Masqué\xa0: réservé à qui peut lire la demande."
SEALED = "Masqué\xa0: ce message porte un secret."
LINK = re.compile(r"https?://\S+")


class KindFilter(admin.SimpleListFilter):
    """The mails that the rooms declare; the address of the page may name one that no room declares any more.

    Those that are closed to the reader are one nature: which of them a mail is would tell what it says. The parameter
    is no column, so that no lookup of Django goes around this filter.
    """

    title = "nature"
    parameter_name = "nature"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        closed = matters.closed_to(request.user)
        unread = {name for name in closed if not matters.reads(name, request.user)}
        kinds = [(message.kind, message.label) for message in declared() if message.matter not in unread]
        return [*((CLOSED + name, matters.label_of(name)) for name in closed), *kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutgoingEmail]) -> QuerySet[OutgoingEmail]:
        value = self.value()
        if value is None:
            return queryset
        if value.startswith(CLOSED):
            return queryset.filter(closed=value.removeprefix(CLOSED))  # type: ignore[misc]  # of matters.marked
        return queryset.filter(kind=value, closed="")  # type: ignore[misc]


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
        "shown_kind", "to", "shown_subject", "status", "attempts", "next_try_at", "created_at", "sent_at", "last_error",
        "message_id", "shown_attachment", "shown_text",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingEmail]:
        """Without bodies and files, which a list never shows; each with what closes it to the reader, if anything."""
        return matters.marked(super().get_queryset(request).defer("html_body", "attachment"), request.user)

    @admin.display(description="nature")
    def shown_kind(self, row: OutgoingEmail) -> str:
        """The label of its class, or of what it speaks of. Never sorted by: the order would tell."""
        return matters.label_of(row.closed) if row.closed else label_of(row.kind)  # type: ignore[attr-defined]

    @admin.display(description="objet")
    def shown_subject(self, row: OutgoingEmail) -> str:
        return HIDDEN if _is_closed(row) else row.subject

    @admin.display(description="pièce jointe")
    def shown_attachment(self, row: OutgoingEmail) -> str:
        return HIDDEN if _is_closed(row) and row.attachment_name else row.attachment_name

    @admin.display(description="texte")
    def shown_text(self, row: OutgoingEmail) -> str:
        """The text, unless it carries a secret or is closed to the reader; its links are hidden from everybody."""
        if _is_closed(row):
            return HIDDEN
        return SEALED if row.sensitive else LINK.sub("[lien masqué]", row.text_body)

    @admin.action(description="Renvoyer les e-mails en échec", permissions=["view"])
    def resend(self, request: HttpRequest, queryset: QuerySet[OutgoingEmail]) -> None:
        """Only those in failure go back in the queue."""
        count = sum(outbox.resend(email=row) for row in queryset)
        if count:
            self.message_user(request, f"E-mails remis en file\u00a0: {count}", messages.SUCCESS)
        else:
            self.message_user(request, "Aucun e-mail en échec dans la sélection.", messages.WARNING)


def _is_closed(row: OutgoingEmail) -> bool:
    """Whether the reader may not read it; nobody reads one whose class is gone: nothing says what it speaks of."""
    return bool(row.closed) or row.kind not in {message.kind for message in declared()}  # type: ignore[attr-defined]

"""Wrong passwords that count: read, and unlocked. Nobody edits them by hand, a superuser included."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts import services
from accounts.models import TryCount
from portal.lib.read_only import ReadOnly


class WaitingFilter(admin.SimpleListFilter):
    """Those who have to wait now, or the others."""

    title = "attente"
    parameter_name = "attente"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("oui", "En attente"), ("non", "Libres")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TryCount]) -> QuerySet[TryCount]:
        waiting = {"open_at__gt": timezone.now()}
        if self.value() == "oui":
            return queryset.filter(**waiting)
        return queryset.exclude(**waiting) if self.value() == "non" else queryset


@admin.register(TryCount)
class TryCountAdmin(ReadOnly, admin.ModelAdmin[TryCount]):
    """Whose password was wrong, from where, how often, until when the next try waits; « Débloquer » forgets them."""

    list_display = ("account_asked", "where", "kind", "wrong", "tried_at", "waits")
    list_filter = (WaitingFilter, "kind")
    search_fields = ("account", "address")
    show_full_result_count = False
    actions = ("unlock",)
    fields = readonly_fields = ("account_asked", "where", "kind", "wrong", "tried_at", "waits")

    @admin.display(description="compte demandé", ordering="account")
    def account_asked(self, count: TryCount) -> str:
        return count.account or "tous"

    @admin.display(description="depuis", ordering="address")
    def where(self, count: TryCount) -> str:
        return count.where

    @admin.display(description="mots de passe faux")
    def wrong(self, count: TryCount) -> int:
        return count.failures(timezone.now())

    @admin.display(description="attend jusqu’à", ordering="open_at")
    def waits(self, count: TryCount) -> str:
        if count.open_at is None or count.open_at <= timezone.now():
            return "n’attend pas"
        return f"{timezone.localtime(count.open_at):%d/%m/%Y %H:%M:%S}"

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        """Whoever may delete these counts: that is what unlocking does."""
        return request.user.has_perm("accounts.delete_trycount")

    @admin.action(description="Débloquer ces connexions", permissions=["unlock"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[TryCount]) -> None:
        """Forget the wrong passwords of these accounts, wherever they came from, and of these addresses; logged."""
        for count in queryset:
            self.log_change(request, count, f"Débloqué : {count.account or 'tous les comptes'}, depuis {count.where}")
            if count.account:
                services.forget_tries(email=count.account)
            else:
                count.delete()
        messages.success(request, "Connexions débloquées\xa0: ces personnes peuvent réessayer.")

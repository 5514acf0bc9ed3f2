"""Failed sign-ins: read, and unlocked. Evidence: nobody edits or deletes them by hand, a superuser included."""

from typing import Any

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin, IsLockedOutFilter
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from axes.utils import reset
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

admin.site.unregister([AccessAttempt, AccessLog, AccessFailureLog])


class Evidence:
    """Nothing is changed or deleted."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccessAttempt)
class SignInAttemptAdmin(Evidence, AccessAttemptAdmin):  # type: ignore[misc]  # axes has no types
    """Failures that count today: who, from where, locked or not; « Débloquer » forgets them."""

    list_display = ("username", "ip_address", "attempt_time", "failures_since_start", "locked")
    list_filter = (IsLockedOutFilter,)
    search_fields = ("username", "ip_address")
    show_full_result_count = False
    actions = ("unlock",)
    fields = readonly_fields = (
        "username",
        "ip_address",
        "user_agent",
        "path_info",
        "attempt_time",
        "failures_since_start",
        "locked",
    )
    fieldsets = None

    @admin.display(description="bloqué")
    def locked(self, attempt: AccessAttempt) -> str:
        return "Oui" if attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT else "Non"

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        """Whoever may delete attempts: that is what unlocking does."""
        return request.user.has_perm("axes.delete_accessattempt")

    @admin.action(description="Débloquer ces connexions", permissions=["unlock"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        """Forget the failures of these identifiers at these addresses, and write down who did it."""
        for attempt in queryset:
            self.log_change(request, attempt, f"Débloqué : {attempt.username}, depuis {attempt.ip_address}")
            reset(username=attempt.username, ip=attempt.ip_address)
        messages.success(request, "Connexions débloquées\xa0: ces personnes peuvent réessayer.")


@admin.register(AccessLog)
class SignInLogAdmin(Evidence, AccessLogAdmin):  # type: ignore[misc]  # axes has no types
    """Sign-ins, where axes writes them."""


@admin.register(AccessFailureLog)
class SignInFailureLogAdmin(Evidence, AccessFailureLogAdmin):  # type: ignore[misc]  # axes has no types
    """Failures, where axes writes them."""

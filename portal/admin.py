"""The admin site of the management centre, at /gestion/, behind the portal's own sign-in."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.views.second_factor import may_enter


class PortalAdminSite(AdminSite):
    site_header = "Centre de gestion"
    site_title = "Centre de gestion"
    index_title = "Demandes et dossiers"
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff whose session gave its second factor (SecondFactorMiddleware sends the others to that step)."""
        return super().has_permission(request) and may_enter(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "second_factor_off": settings.PORTAL_SECOND_FACTOR == "aucun"}

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The portal's sign-in page, back here afterwards. Raises PermissionDenied for a signed-in non-member."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        target = request.GET.get("next") or reverse("admin:index")
        if request.user.is_authenticated:
            return redirect_to_login(target, reverse("accueil"))
        return redirect_to_login(target)

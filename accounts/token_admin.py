"""Tokens of the API, for the centre: whose they are, who holds them, when they last served; and their revocation."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts import services
from accounts.enums import ApiScope, TokenState
from accounts.models import ApiToken, User
from accounts.permissions import MAX_ID
from portal.lib.read_only import ReadOnly
from portal.lib.typography import of

REVOKE = "accounts.revoke_apitoken"


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly, admin.ModelAdmin[ApiToken]):
    """To consult; correspondents make them. What they open is closed here at once."""

    list_display = ("name", "employer", "begins", "made_by", "held_by", "state", "last_used_at", "until")
    search_fields = ("employer__name", "employer__siret", "name", "prefix", "holder__email", "holder__last_name")
    show_full_result_count = False
    actions = None
    change_form_template = "admin/accounts/apitoken/change_form.html"
    fields = readonly_fields = (
        *("name", "employer", "begins", "rights", "state", "made_by", "created_at", "held_by", "last_used_at"),
        *("until", "stopped_at", "revoked_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return super().get_queryset(request).select_related("employer", "holder", "created_by")

    @admin.display(description="commence par", ordering="prefix")
    def begins(self, token: ApiToken) -> str:
        return f"{token.prefix}…"

    @admin.display(description="créé par")
    def made_by(self, token: ApiToken) -> str:
        return token.created_by.full_name if token.created_by else "un compte supprimé"

    @admin.display(description="tenu par")
    def held_by(self, token: ApiToken) -> str:
        return token.holder_name

    @admin.display(description="état")
    def state(self, token: ApiToken) -> str:
        return token.state(timezone.now()).label

    @admin.display(description="jusqu’au", ordering="expires_at")
    def until(self, token: ApiToken) -> str:
        return f"{token.last_day:%d/%m/%Y}"

    @admin.display(description="droits")
    def rights(self, token: ApiToken) -> str:
        return ", ".join(ApiScope(scope).label for scope in token.scopes)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "accounts_apitoken_revoquer"
        return [path("<int:pk>/revoquer/", wrap(self.revoke_view), name=name), *super().get_urls()]

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close the API to a token: what follows, then the deed, logged here and in the company's journal."""
        if not request.user.has_perm(REVOKE) or not isinstance(request.user, User):
            raise PermissionDenied
        token = self.get_queryset(request).filter(pk=min(pk, MAX_ID)).first()
        if token is None:
            raise Http404
        page = reverse("admin:accounts_apitoken_change", args=[token.pk])
        if request.method == "POST":
            if services.revoke_token(token=token, by=request.user, centre=True):
                self.log_change(request, token, f"Révoqué : jeton {of(str(token.employer))}")
                messages.success(request, f"Le jeton «\xa0{token.name}\xa0» est révoqué\xa0: il n’ouvre plus rien.")
            else:
                messages.info(request, f"Le jeton «\xa0{token.name}\xa0» était déjà révoqué.")
            return redirect(page)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Révoquer un jeton",
            "token": token,
            "revoked": token.state(timezone.now()) is TokenState.REVOKED,
            "page": page,
        }
        return TemplateResponse(request, "admin/accounts/apitoken/revoquer.html", context)

"""The admin site of the management centre, at /gestion/, behind the portal's own sign-in."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.templatetags import admin_list
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Media, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe

from accounts.services.admin_journal import with_values
from accounts.views.second_factor import may_enter
from dispenses.desk import day, menu
from dispenses.models import Dispense
from portal.lib import form_changes
from portal.operations import page as operations

icon_of: Callable[[bool | None], SafeString] = admin_list._boolean_icon  # type: ignore[attr-defined]  # not in the stubs
SAID = {True: "Oui", False: "Non", None: "On ne sait pas"}


def said_in_french(value: bool | None) -> SafeString:
    """Django's picture of a yes or a no, whose text it writes in Python: « True »."""
    return mark_safe(icon_of(value).replace(f'alt="{value}"', f'alt="{SAID[value]}"'))


admin_list._boolean_icon = said_in_french  # type: ignore[attr-defined]  # where each list and each page reads it

MAX_DIGITS = 18  # of a whole number that every database holds


class DeclaredAutocomplete(AutocompleteJsonView):
    """Django's, for the fields that a page declares: not for any key between two models whose names are guessed."""

    def process_request(self, request: HttpRequest) -> Any:
        """Raises PermissionDenied for a field that no page nor inline lists in `autocomplete_fields`."""
        found = super().process_request(request)  # type: ignore[misc]  # not in the stubs
        field = found[2]
        registry = {} if self.admin_site is None else self.admin_site._registry
        pages: list[Any] = [(page, model) for model, page in registry.items()]
        pages += [(inline, inline.model) for page, _ in pages for inline in page.inlines]
        if not any(model is field.model and field.name in page.autocomplete_fields for page, model in pages):
            raise PermissionDenied
        return found


class DeclaredLookups:
    """A list is filtered by what it shows in its filters, no further: any other column could be guessed bit by bit."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether `lookup` is one that the filters of this list build, and `value` one that a database takes."""
        if "\0" in value or (value.strip("+-").isdigit() and len(value) > MAX_DIGITS):
            return False
        filters = self.get_list_filter(request)  # type: ignore[attr-defined]  # of the ModelAdmin that it is mixed into
        declared = {item if isinstance(item, str) else getattr(item, "parameter_name", "") for item in filters}
        path = lookup.removesuffix("__isnull").removesuffix("__exact").removesuffix("__id")
        return path in declared - {""}


class DeclaredSelect(AutocompleteSelect):
    """Django's list that is searched, which breaks on a value that is no key when its page is shown again.

    It has no name for screen readers either: a script gives it that of its label.
    """

    @property
    def media(self) -> Media:
        return super().media + Media(js=["gestion-choix.js"])

    def optgroups(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [key for key in value if self._is_key(key)], attrs)

    def _is_key(self, text: Any) -> bool:
        try:
            self.field.target_field.to_python(text or None)
        except ValidationError:
            return False
        return len(str(text)) <= MAX_DIGITS


class DeclaredChoices(ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """Django's choice of several rows, which breaks on a key that is too large for the database."""

    def clean(self, value: Any) -> Any:
        """Raises ValidationError for a value that is no key, as for one that is nobody's."""
        for key in value if isinstance(value, list | tuple) else ():
            if len(str(key)) > MAX_DIGITS:
                raise ValidationError(self.error_messages["invalid_pk_value"], "invalid_pk_value", {"pk": key})
        return super().clean(value)


class DeclaredSelects:
    """The lists of a page that are searched are DeclaredSelect, its choices of several rows DeclaredChoices."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(  # type: ignore[misc]
            db_field, request, **{"form_class": DeclaredChoices, **kwargs}
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs["widget"] = DeclaredSelect(db_field, self.admin_site)  # type: ignore[attr-defined]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


class Journaled:
    """Whatever a page of the admin does reaches the journal, with the values that it changed."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        message = super().construct_change_message(request, form, formsets, add)  # type: ignore[misc]
        rows = [row for formset in formsets or () for row in formset.forms if row.has_changed()]
        return with_values(message, form_changes.described([form, *rows]))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """One line each: those that Django writes together send no signal."""
        return [super(Journaled, self).log_deletions(request, [row]) for row in queryset]  # type: ignore[misc]


class PortalAdminSite(AdminSite):
    site_header = "Centre de gestion"
    site_title = "Centre de gestion"
    index_title = "Demandes et dossiers"
    site_url = "/"
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Every page of ours and of others' gets DeclaredLookups, DeclaredSelects and Journaled."""
        page = admin_class or ModelAdmin
        super().register(
            model_or_iterable, type(page.__name__, (DeclaredLookups, DeclaredSelects, Journaled, page), {}), **options
        )

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff whose session gave its second factor (SecondFactorMiddleware sends the others to that step)."""
        return super().has_permission(request) and may_enter(request)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_view
        return [path("exploitation/", wrap(partial(operations.page, self)), name="exploitation"), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The models, then « Exploitation » for those who may open it."""
        return [*super().get_app_list(request, app_label), *([] if app_label else operations.entry(request))]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **super().each_context(request),
            "second_factor_off": settings.PORTAL_SECOND_FACTOR == "aucun",
            "centre_menu": menu.entries(request) if self.has_permission(request) else [],
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The day of whoever examines requests, then what is administered."""
        found = day.around(self._registry[Dispense], request)
        title = {"title": "Ma journée"} if found else {}
        return super().index(request, {"day": found, **title, **(extra_context or {})})

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:  # type: ignore[override]
        return DeclaredAutocomplete.as_view(admin_site=self)(request)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One's own password is changed where everybody's is: it ends the other sessions and tells the owner."""
        return redirect("mes_informations")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The portal's sign-in page, back here afterwards. Raises PermissionDenied for a signed-in non-member."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        target = request.GET.get("next") or reverse("admin:index")
        if request.user.is_authenticated:
            return redirect_to_login(target, reverse("accueil"))
        return redirect_to_login(target)

"""Packs, exports and holds, for the centre: who took what, and what is kept beyond its date."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from dispenses import parties
from dispenses.administration.closed import ClosedToParties
from dispenses.exceptions import PackRefused
from dispenses.models import Dispense, EvidencePack, LegalHold, ListExport, PackReading
from dispenses.packs import delivery
from dispenses.request.permissions import MAX_NUMBER
from portal.lib.read_only import ReadOnly

DOWNLOAD = "dispenses.download_evidencepack"
PARTY = (
    "Vous êtes partie à ces demandes, comme salarié ou comme correspondant de l’employeur\xa0: "
    "un autre administrateur doit poser ou lever cette conservation"
)
UNAVAILABLE = "Ce dossier n’est pas disponible pour l’instant. Réessayez dans quelques minutes."


class ReadingInline(ReadOnly, admin.TabularInline[PackReading, EvidencePack]):
    model = PackReading
    extra = 0
    fields = readonly_fields = ("user", "at")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("dispenses.view_evidencepack")


@admin.register(EvidencePack)
class EvidencePackAdmin(ClosedToParties, ReadOnly, admin.ModelAdmin[EvidencePack]):
    """Packs of evidence and who took them; the bytes only for who has the right."""

    list_display = ("employer", "first_day", "last_day", "status", "asked_by", "asked_at", "dispenses", "lacks")
    list_select_related = ("employer", "asked_by")
    list_filter = ("status",)
    search_fields = ("employer__name", "employer__siret")
    show_full_result_count = False
    fields = (
        "employer", ("first_day", "last_day"), "status", "failure", ("asked_by", "asked_at"),
        ("ready_at", "expires_at"),
        ("dispenses", "lacks"), ("size", "sha256"), "download",
    )  # fmt: skip
    readonly_fields = ("download",)
    inlines = [ReadingInline]

    @admin.display(description="fichier")
    def download(self, pack: EvidencePack) -> str | SafeString:
        if not pack.is_ready:
            return "—"
        url = reverse("admin:dispenses_evidencepack_telecharger", args=[pack.pk])
        return format_html('<a href="{}">Télécharger le dossier</a> (le téléchargement est consigné)', url)

    def get_urls(self) -> list[URLPattern]:
        name = "dispenses_evidencepack_telecharger"
        view = self.admin_site.admin_view(self.download_view)
        return [path("<int:pack_id>/telecharger/", view, name=name), *super().get_urls()]

    def download_view(self, request: HttpRequest, pack_id: int) -> HttpResponseBase:
        """The pack, for staff with the right who are no party to what it holds; the reading is written first."""
        if not request.user.has_perm(DOWNLOAD) or not isinstance(request.user, User):
            raise PermissionDenied
        pack = get_object_or_404(EvidencePack.objects.select_related("employer"), pk=min(pack_id, MAX_NUMBER))
        self.refuse_parties(request, pack.pk)
        try:
            return delivery.handed_over(pack, request.user)
        except (PackRefused, OSError) as error:
            messages.error(request, str(error) if isinstance(error, PackRefused) else UNAVAILABLE)
        return redirect("admin:dispenses_evidencepack_change", pack.pk)


@admin.register(ListExport)
class ListExportAdmin(ReadOnly, admin.ModelAdmin[ListExport]):
    """Lists taken out of the portal: who, when, with which filter, how many rows."""

    list_display = ("at", "user", "employer", "what", "form", "rows")
    list_select_related = ("user", "employer")
    list_filter = ("what", "form")
    search_fields = ("user__email", "user__last_name", "employer__name")
    show_full_result_count = False


class HoldForm(forms.ModelForm[LegalHold]):
    """The request by its number, which must be one of the employer's."""

    number = forms.IntegerField(
        label="Numéro de la demande",
        required=False,
        min_value=1,
        max_value=MAX_NUMBER,
        help_text="Vide\xa0: toutes les demandes de l’employeur.",
    )

    by: User  # who places it

    class Meta:
        model = LegalHold
        fields = ("employer", "reason")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        number, employer = data.get("number"), data.get("employer")
        if number and employer:
            theirs = Q(employee__employer=employer) | Q(transfers__former__employer=employer)
            found = Dispense.objects.filter(theirs, number=number).first()
            if found is None:
                raise ValidationError({"number": "Cet employeur n’a pas de demande de ce numéro"})
            self.instance.dispense = found
        if employer and parties.interests(self.by).in_hold(employer=employer.pk, number=number):
            raise ValidationError(PARTY)
        return data


class LiftForm(forms.ModelForm[LegalHold]):
    lift = forms.BooleanField(label="Lever cette conservation", required=True)

    class Meta:
        model = LegalHold
        fields: tuple[str, ...] = ()


@admin.register(LegalHold)
class LegalHoldAdmin(ClosedToParties, admin.ModelAdmin[LegalHold]):
    """Placed, then lifted; never rewritten nor deleted."""

    list_display = ("employer", "dispense", "reason", "placed_at", "placed_by", "lifted_at")
    list_select_related = ("employer", "dispense", "placed_by")
    search_fields = ("employer__name", "reason")
    autocomplete_fields = ("employer",)
    shown = ("employer", "dispense", "reason", "placed_at", "placed_by", "lifted_at", "lifted_by")

    def has_delete_permission(self, request: HttpRequest, obj: LegalHold | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LegalHold | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.lifted_at is None)

    def closed_to(self, interests: parties.Interests) -> Q:
        return interests.of_holds()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        may_lift = obj is not None and self.has_change_permission(request, obj)
        kwargs["form"] = HoldForm if obj is None else LiftForm if may_lift else ModelForm
        made = super().get_form(request, obj, change, **kwargs)
        made.by = request.user  # type: ignore[attr-defined]
        return made

    def get_fields(self, request: HttpRequest, obj: LegalHold | None = None) -> Any:
        if obj is None:
            return ("employer", "number", "reason")
        return (*self.shown, "lift") if self.has_change_permission(request, obj) else self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: LegalHold | None = None) -> Any:
        return self.shown if obj else ()

    def save_model(self, request: HttpRequest, obj: LegalHold, form: Any, change: bool) -> None:
        if not isinstance(request.user, User):
            raise TypeError("Page réservée aux personnes connectées.")
        if change:
            obj.lifted_at, obj.lifted_by = timezone.now(), request.user
        else:
            obj.placed_by = request.user
        obj.save()

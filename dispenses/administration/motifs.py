"""Editions of the motifs: read, prepared, dated. What a request used is never rewritten."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.enums import ContractType
from accounts.permissions import MAX_ID
from dispenses.administration.forms import CloseMotifForm, MotifForm, NewEditionForm, PieceForm, PieceFormSet
from dispenses.administration.preview import preview
from dispenses.exceptions import EditionRefused
from dispenses.law import editing, editions
from dispenses.law.questions import QUESTIONS
from dispenses.models import Dispense, Motif, RequiredJustificatif

CONTRACTS = dict(ContractType.choices)


class PieceInline(admin.StackedInline[RequiredJustificatif, Motif]):
    """Documents of an edition, under the same rule as the edition itself."""

    model = RequiredJustificatif
    form = PieceForm
    formset = PieceFormSet  # type: ignore[assignment]  # its forms are ours
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and editable(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and editable(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and editable(obj)


def editable(motif: Motif | None) -> bool:
    """Whether this edition may still be rewritten."""
    return motif is None or not editing.is_used(motif)


@admin.register(Motif)
class MotifAdmin(admin.ModelAdmin[Motif]):
    """One row an edition, the code's editions one under the other."""

    form = MotifForm
    inlines = [PieceInline]
    actions = None
    list_display = ("label", "code", "opening", "legal_basis", "from_day", "until_day", "state", "used")
    list_filter = ("family", "opening")
    ordering = ("position", "code", "in_force_from")
    readonly_fields = ("code", "from_day", "until_day", "shown_contracts", "shown_questions")
    change_form_template = "admin/dispenses/motif/change_form.html"

    # Rights

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new case of the law wants questions and a guide: it comes with the program (dispenses.law.catalogue)."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Motif | None = None) -> bool:
        return super().has_change_permission(request, obj) and editable(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Motif | None = None) -> bool:
        """The last edition, as long as no request uses it and another comes before it."""
        if obj is None or not super().has_delete_permission(request, obj) or not editable(obj):
            return False
        return obj.in_force_from is not None and Motif.objects.filter(code=obj.code).exclude(pk=obj.pk).exists()

    def may_date(self, request: HttpRequest) -> bool:
        """Whether the reader may begin and end editions, used ones included."""
        return super().has_change_permission(request)

    # List

    def get_queryset(self, request: HttpRequest) -> QuerySet[Motif]:
        return super().get_queryset(request).annotate(in_use=Exists(Dispense.objects.filter(motif=OuterRef("pk"))))

    @admin.display(description="depuis le", ordering="in_force_from")
    def from_day(self, motif: Motif) -> str:
        return f"{motif.in_force_from:%d/%m/%Y}" if motif.in_force_from else "toujours"

    @admin.display(description="jusqu’au", ordering="in_force_until")
    def until_day(self, motif: Motif) -> str:
        return f"{motif.in_force_until:%d/%m/%Y}" if motif.in_force_until else "sans fin"

    @admin.display(description="état")
    def state(self, motif: Motif) -> str:
        today = timezone.localdate()
        if motif.in_force_from and today < motif.in_force_from:
            return "À venir"
        return "Passée" if motif.in_force_until and motif.in_force_until < today else "En vigueur"

    @admin.display(description="utilisée", ordering="in_use")
    def used(self, motif: Motif) -> str:
        return "Oui" if getattr(motif, "in_use", False) else "Non"

    @admin.display(description="types de contrat")
    def shown_contracts(self, motif: Motif) -> str:
        return ", ".join(CONTRACTS.get(name, name) for name in motif.contract_types) or "Tous"

    @admin.display(description="précisions demandées")
    def shown_questions(self, motif: Motif) -> str:
        return ", ".join(QUESTIONS[key].label for key in motif.extra_fields if key in QUESTIONS) or "Aucune"

    # One edition

    def get_fieldsets(self, request: HttpRequest, obj: Motif | None = None) -> Any:
        free = self.has_change_permission(request, obj)
        contracts, questions = ("contract_types", "extra_fields") if free else ("shown_contracts", "shown_questions")
        return (
            ("Édition", {"fields": ("code", "from_day", "until_day")}),
            ("Ce que lit le salarié", {"fields": ("label", "help_text", "declaration", "legal_basis", "position")}),
            ("Qui peut l’invoquer", {"fields": ("family", "opening", "due_only", contracts)}),
            ("Ce qui est demandé, et la fin", {"fields": (questions, "end_rule", "yearly")}),
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        motif = self.get_object(request, object_id) if object_id else None
        known = {
            "edition_used": motif is not None and editing.is_used(motif),
            "edition_last": motif is not None and editing.is_last(motif),
            "may_date": self.may_date(request),
        }
        try:
            return super().changeform_view(request, object_id, form_url, {**known, **(extra_context or {})})
        except EditionRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:dispenses_motif_change", object_id)

    def save_model(self, request: HttpRequest, obj: Motif, form: Any, change: bool) -> None:
        editing.lock_editions(obj)
        editing.refuse_if_used(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        editions.forget()

    def delete_model(self, request: HttpRequest, obj: Motif) -> None:
        editing.discard_edition(motif=obj)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except EditionRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:dispenses_motif_change", object_id)

    # Dates and preview

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/edition/", wrap(self.edition_view), name="dispenses_motif_edition"),
            path("<int:pk>/fin/", wrap(self.close_view), name="dispenses_motif_fin"),
            path("<int:pk>/apercu/", wrap(self.preview_view), name="dispenses_motif_apercu"),
        ]
        return [*own, *super().get_urls()]

    def _edition(self, pk: int) -> Motif:
        motif = Motif.objects.filter(pk=min(pk, MAX_ID)).first()
        if motif is None:
            raise Http404
        return motif

    def _dated(
        self,
        request: HttpRequest,
        motif: Motif,
        form: forms.Form,
        act: Callable[..., Motif],
        words: dict[str, str],
    ) -> HttpResponse:
        """A page of one date: shown, refused in words, or done, logged and left for the edition's page."""
        if not self.may_date(request):
            raise PermissionDenied
        if form.is_bound and form.is_valid():
            try:
                done = act(motif=motif, **form.cleaned_data)
            except EditionRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                self.log_change(request, done, words["log"])
                messages.success(request, words["done"])
                return redirect("admin:dispenses_motif_change", done.pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "motif": motif, "form": form, **words}
        return TemplateResponse(request, "dispenses/administration/motif/dater.html", context)

    def edition_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """« Nouvelle édition à partir du … »"""
        form = NewEditionForm(request.POST if request.method == "POST" else None)
        words = {
            "title": "Nouvelle édition",
            "button": "Créer la nouvelle édition",
            "log": "Nouvelle édition créée",
            "done": "La nouvelle édition est créée, copie de la précédente. Modifiez-la avant qu’elle ne serve.",
        }
        return self._dated(request, self._edition(pk), form, editing.new_edition, words)

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The last day of a motif, or none."""
        motif = self._edition(pk)
        form = CloseMotifForm(
            request.POST if request.method == "POST" else None, initial={"last_day": motif.in_force_until}
        )
        words = {
            "title": "Fin du motif",
            "button": "Enregistrer cette fin",
            "log": "Fin du motif modifiée",
            "done": "La fin du motif est enregistrée.",
        }
        return self._dated(request, motif, form, editing.close_motif, words)

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the employee will see: of the edition as it is stored (GET), or as it was just typed (POST)."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        motif = self._edition(pk)
        if request.method != "POST":
            context = preview(motif, list(motif.required_justificatifs.all()))
            return TemplateResponse(request, "dispenses/administration/motif/apercu.html", {"typed": False, **context})
        if not self.has_change_permission(request, motif):
            raise PermissionDenied
        form = self.get_form(request, motif, change=True)(request.POST, instance=motif)
        formsets, _ = self._create_formsets(request, motif, change=True)  # type: ignore[attr-defined]
        right = form.is_valid()
        if not ([pieces.is_valid() for pieces in formsets] == [True] and right):
            wrong = [message for errors in form.errors.values() for message in errors]
            wrong += [message for pieces in formsets for message in _messages(pieces)]
            context = {**self.admin_site.each_context(request), "title": "Aperçu impossible", "wrong": wrong}
            return TemplateResponse(
                request, "dispenses/administration/motif/apercu_impossible.html", context, status=422
            )
        typed = [piece.instance for pieces in formsets for piece in pieces.forms if _kept(piece)]
        typed.sort(key=lambda piece: (piece.position, piece.pk or MAX_ID))
        return TemplateResponse(
            request, "dispenses/administration/motif/apercu.html", {"typed": True, **preview(form.instance, typed)}
        )


def _kept(form: Any) -> bool:
    return (form.has_changed() or form.instance.pk) and not form.cleaned_data.get("DELETE")


def _messages(formset: Any) -> list[str]:
    found = [str(message) for message in formset.non_form_errors()]
    return found + [str(message) for errors in formset.errors for line in errors.values() for message in line]

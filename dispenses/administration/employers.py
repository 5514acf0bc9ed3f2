"""Employers and the versions of their actes, with what only this room knows of them."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts import admin as people
from accounts.models import Acte, Employer
from accounts.permissions import MAX_ID, person
from dispenses.administration import actes, closing
from dispenses.administration.actes import ActeWithMotifsForm
from dispenses.documents import acte_texts, storage
from dispenses.documents.receiving import refusals
from dispenses.exceptions import NotReleased, StorageUnavailable
from dispenses.life import asking, renewal, second_look
from dispenses.models import ActeText
from dispenses.request.closing import closed_dispenses, closed_motifs
from portal.lib.typography import of, short_day, size

UNAVAILABLE = "Ce texte n’est pas disponible pour l’instant. Réessayez dans quelques minutes."
NOT_STORED = (
    "Le texte de l’acte n’a pas pu être enregistré\xa0: notre espace de stockage ne répond pas. Rien n’a été modifié. "
    "Recommencez dans quelques minutes."
)
FIRST = (
    (None, {"fields": ("kind", "in_force_from", "in_force_until")}),
    ("Première mise en place de la couverture", {"fields": ("first_set_up_on", "set_up_kind", "employee_share_from")}),
)
KEPT = ("employer_keeps_justificatifs", "withholds_c2s")
WRITTEN = (
    *FIRST,
    ("Ce que cette version ouvre", {"fields": ("opened_motifs",)}),
    ("Documents", {"fields": (*KEPT, "recommended_pieces")}),
    ("Confirmation annuelle", {"fields": ("yearly_policies",)}),
    ("Texte de l’acte", {"fields": ("texts", "text", "text_reason")}),
)
READ = (
    *FIRST,
    ("Ce que cette version ouvre", {"fields": ("opened",)}),
    ("Documents", {"fields": (*KEPT, "lowered")}),
    ("Confirmation annuelle", {"fields": ("asked_yearly",)}),
    ("Texte de l’acte", {"fields": ("texts",)}),
)


CLOSES = ("Ce que cette version ferme", {"fields": ("closes",)})


class ActeInline(people.ActeInline):
    """Each version, written by administrators, read by the centre in the same words."""

    form = ActeWithMotifsForm
    readonly_fields = ("texts", "opened", "lowered", "asked_yearly", "closes")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = WRITTEN if self.has_change_permission(request, obj) else READ
        return (*shown, CLOSES) if request.user.has_perm(closing.READ) else shown

    @admin.display(description="Texte gardé")
    def texts(self, acte: Acte) -> str | SafeString:
        found = ActeText.objects.filter(acte=acte.pk).select_related("acte", "received_from").order_by("-pk")
        lines = format_html_join("", "<li>{}</li>", ((_told(text),) for text in found))
        return format_html("<ul>{}</ul>", lines) if found else "Aucun"

    @admin.display(description="Dispenses accordées")
    def closes(self, acte: Acte) -> str | SafeString:
        closed = closed_motifs(acte) if acte.pk else []
        if not closed:
            return "Elle ouvre tout ce que la version précédente ouvrait" if acte.pk and acte.before() else "Aucune"
        url = reverse("admin:accounts_employer_ferme", args=[acte.employer_id, acte.pk])
        return format_html('<a href="{}">Voir celles dont elle n’ouvre plus le motif</a>', url)

    @admin.display(description="Motifs facultatifs ouverts")
    def opened(self, acte: Acte) -> str | SafeString:
        return _listed(actes.opened_in_words(acte))

    @admin.display(description="Documents seulement recommandés")
    def lowered(self, acte: Acte) -> str | SafeString:
        return _listed(actes.lowered_in_words(acte))

    @admin.display(description="Ce qui est demandé chaque année")
    def asked_yearly(self, acte: Acte) -> str | SafeString:
        return _listed(actes.policies_in_words(acte), "Ce que l’assureur demande, pour chaque motif")


def _warned(acte: Acte, count: int) -> str:
    many = "s" if count > 1 else ""
    return (
        f"La version du {short_day(acte.in_force_from)} n’ouvre plus le motif de {count}\xa0dispense{many} "
        f"accordée{many}\xa0: aucune ne prend fin d’elle-même, le centre de gestion en a la liste sur cette page."
    )


def _listed(lines: list[str], none: str = "Aucun") -> str | SafeString:
    if not lines:
        return none
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((line,) for line in lines)))


def _told(text: ActeText) -> SafeString:
    url = reverse("admin:accounts_employer_texte", args=[text.acte.employer_id, text.pk])
    until = f", remplacé le {timezone.localdate(text.replaced_at):%d/%m/%Y}" if text.replaced_at else ""
    why = f" Remplace le précédent\xa0: {text.reason}" if text.reason else ""
    return format_html(
        '<a href="{}">{}</a> ({}), reçu le {} {}{}.{}<br><small>SHA-256 <code>{}</code></small>',
        *(url, text.name, size(text.size), f"{timezone.localdate(text.received_at):%d/%m/%Y}"),
        *(of(str(text.received_from)), until, why, text.sha256),
    )


admin.site.unregister(Employer)


@admin.register(Employer)
class EmployerAdmin(people.EmployerAdmin):
    inlines = [ActeInline]

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "accounts_employer"
        closes = "<int:pk>/versions/<int:acte_id>/ferme/"
        own = [
            path("<int:pk>/textes/<int:text_id>/", wrap(self.text_view), name=f"{name}_texte"),
            path(closes, wrap(partial(closing.page, self)), name=f"{name}_ferme"),
            path(f"{closes}<slug:forme>/", wrap(partial(closing.export, self)), name=f"{name}_ferme_exporter"),
        ]
        return [*own, *super().get_urls()]

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """The forms of the actes learn which files were too large to be kept while they came in."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)  # type: ignore[misc]
        if isinstance(inline, ActeInline) and request.method == "POST":
            kwargs["form_kwargs"] = {"refused": refusals(request)}
        return kwargs

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """With its text a version is stored whole, or not at all."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except StorageUnavailable:
            messages.error(request, NOT_STORED)
            return redirect(request.path)

    def save_model(self, request: HttpRequest, obj: Employer, form: Any, change: bool) -> None:
        """An insurer's contract that goes on after it was over asks nothing for the time between."""
        over_on = Employer.objects.values_list("insured_until", flat=True).get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        renewal.resume(obj, over_on)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """With the texts; whoever writes a version learns whether it closes dispenses, which the centre may list."""
        super().save_formset(request, form, formset, change)
        for one in formset.forms:
            if isinstance(one, ActeWithMotifsForm) and (received := one.cleaned_data.get("text")):
                reason = one.cleaned_data["text_reason"]
                acte_texts.keep(one.instance, received, by=person(request), reason=reason)
        for acte in (one.instance for one in formset.forms if one.has_changed()):
            if (closed := closed_motifs(acte)) and (count := closed_dispenses(acte, closed).count()):
                messages.warning(request, _warned(acte, count))
        if formset.model is Acte:
            second_look.record_of(form.instance)
            asking.record_of(form.instance)

    def text_view(self, request: HttpRequest, pk: int, text_id: int) -> HttpResponseBase:
        """A text of the employer's acte, of today or of before, for whoever may see the employer."""
        found = ActeText.objects.filter(acte__employer=min(pk, MAX_ID), pk=min(text_id, MAX_ID)).first()
        if not self.has_view_permission(request):
            raise PermissionDenied
        if found is None:
            raise Http404
        acte_texts.settle(found)
        try:
            return storage.release(found)
        except (NotReleased, OSError) as error:
            messages.error(request, str(error) if isinstance(error, NotReleased) else UNAVAILABLE)
        return redirect("admin:accounts_employer_change", pk)

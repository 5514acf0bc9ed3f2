"""Transfers of a company: planned after a preview, followed, cancelled or taken up again (dispenses.life.transfers)."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from stdnum.exceptions import ValidationError as WrongNumber
from stdnum.fr import siret

from accounts.models import User
from accounts.permissions import person
from dispenses import parties
from dispenses.administration.closed import ClosedToParties, closed_transfers
from dispenses.exceptions import TransferRefused
from dispenses.life import transfer_look, transfers
from dispenses.models import Dispense, Transfer

READ = "dispenses.view_dispense"
PARTY = "Vous êtes salarié ou correspondant d’un de ces employeurs\xa0: un autre membre du centre doit s’en occuper"
NOT_INSURED = "En attente, car le contrat du nouvel employeur avec l’assureur prend fin avant"
GESTURES = {
    "annuler": (transfers.cancel, "Transfert annulé", "Le transfert est annulé\xa0: rien n’a changé."),
    "reprendre": (transfers.take_up, "Transfert repris", "Le transfert reprend pour ceux qui restaient."),
}


class TransferForm(forms.ModelForm[Transfer]):
    """Who passes, from where to where, from which day on."""

    day = forms.DateField(
        label="Premier jour chez le nouvel employeur",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Passé ou à venir. Un jour à venir est appliqué dans la première heure de ce jour.",
    )
    establishment = forms.CharField(
        label="SIRET de l’établissement transféré",
        required=False,
        max_length=30,
        help_text="Vide\xa0: tous les salariés. Sinon, ceux dont l’employeur a déclaré cet établissement.",
        widget=forms.TextInput(attrs={"size": 20}),
    )

    by: User  # who plans it

    class Meta:
        model = Transfer
        fields = ("former", "new", "day", "establishment")

    def clean_establishment(self) -> str:
        text = self.cleaned_data["establishment"].strip()
        try:
            return str(siret.validate(text)) if text else ""
        except WrongNumber as error:
            raise ValidationError("Ce SIRET n’existe pas\xa0: recopiez ses 14 chiffres") from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not {"former", "new", "day", "establishment"} <= data.keys():
            return data
        if parties.is_of(self.by, [data["former"].pk, data["new"].pk]):
            raise ValidationError(PARTY)
        try:
            transfers.check(data["former"], data["new"], data["day"], data["establishment"])
        except TransferRefused as refusal:
            self.add_error(refusal.field or None, str(refusal))
        return data

    def _post_clean(self) -> None:
        """Nothing of the row is made here: dispenses.life.transfers does."""


@admin.register(Transfer)
class TransferAdmin(ClosedToParties, admin.ModelAdmin[Transfer]):
    """Whoever acts for one of the two employers, or is or was employed there, neither reads nor changes any of it."""

    closed_words = f"{PARTY}."
    form = TransferForm
    list_display = ("former", "new", "day", "state", "moved", "staying", "planned_by")
    list_select_related = ("former", "new", "planned_by")
    search_fields = ("former__name", "new__name", "former__siret", "new__siret")
    autocomplete_fields = ("former", "new")
    show_full_result_count = False
    actions = None

    class Media:
        css = {"all": ["gestion-desk.css"]}

    def closed_for(self, user: User) -> Q | None:
        return closed_transfers(user)

    def has_delete_permission(self, request: HttpRequest, obj: Transfer | None = None) -> bool:
        return False

    @admin.display(description="état")
    def state(self, transfer: Transfer) -> str:
        return state_of(transfer, timezone.localdate())

    @admin.display(description="restés")
    def staying(self, transfer: Transfer) -> int:
        return len(transfer.left_out)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, then what the transfer would do, then the transfer, provided that it is the one that was shown."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        made_form: Any = self.get_form(request)
        made_form.by = person(request)
        form = made_form(request.POST if request.method == "POST" else None)
        seen = None
        if form.is_valid():
            asked = {name: form.cleaned_data[name] for name in TransferForm.Meta.fields}
            if request.POST.get("vu") == _key(**asked) and (done := self._plan(request, form, asked)):
                return done
            seen = transfer_look.preview(**asked) if form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Transférer des salariés à un autre employeur",
            "form": form,
            "media": self.media + form.media,
            "seen": seen,
            "reads": request.user.has_perm(READ),
            "key": _key(**asked) if seen else "",
            "asked": asked if seen else {},
            "later": bool(seen) and form.cleaned_data["day"] > timezone.localdate(),
        }
        return TemplateResponse(request, "dispenses/administration/transfert_nouveau.html", context)

    def _plan(self, request: HttpRequest, form: Any, asked: dict[str, Any]) -> HttpResponse | None:
        try:
            made = transfers.plan(**asked, by=person(request))
        except TransferRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
            return None
        self.log_addition(request, made, str(made))
        later = made.day > timezone.localdate()
        messages.success(request, "Le transfert attend son jour." if later else "Le transfert commence.")
        return redirect("admin:dispenses_transfer_change", made.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What became of a transfer, and what may still be done of it. Raises Http404, Forbidden to a party."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        transfer = self.get_object(request, object_id)
        if transfer is None:
            raise Http404
        if request.method == "POST":
            return self._act(request, transfer)
        today = timezone.localdate()
        count, listed = _to_look(request, transfer) if request.user.has_perm(READ) else (0, [])
        waiting = not transfer.finished_at and not transfer.cancelled_at
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Transfert d’entreprise",
            "media": self.media,
            "transfer": transfer,
            "state": state_of(transfer, today),
            "may_cancel": waiting and not transfer.position and self.has_change_permission(request),
            "may_take_up": bool(transfer.finished_at and transfer.left_out) and self.has_change_permission(request),
            "reads": request.user.has_perm(READ),
            "rows": listed,
            "count": count,
        }
        return TemplateResponse(request, "dispenses/administration/transfert.html", context)

    def _act(self, request: HttpRequest, transfer: Transfer) -> HttpResponse:
        gesture = request.POST.get("geste", "")
        if not self.has_change_permission(request):
            raise PermissionDenied
        if gesture not in GESTURES:
            raise Http404
        act, logged, said = GESTURES[gesture]
        try:
            act(transfer)
        except TransferRefused as refusal:
            messages.error(request, str(refusal))
        else:
            self.log_change(request, transfer, logged)
            messages.success(request, said)
        return redirect("admin:dispenses_transfer_change", transfer.pk)


def state_of(transfer: Transfer, today: date) -> str:
    """Where it stands, in words."""
    if transfer.cancelled_at:
        return "Annulé"
    if transfer.finished_at:
        return "Terminé"
    if transfers.not_insured(transfer.new, transfer.day, today):
        return NOT_INSURED
    return "Passage en cours" if transfer.day <= today else "Attend son jour"


def _key(*, former: Any, new: Any, day: date, establishment: str) -> str:
    """What was shown, so that nothing else is done."""
    return f"{former.pk}:{new.pk}:{day.isoformat()}:{establishment}"


def _to_look(request: HttpRequest, transfer: Transfer) -> tuple[int, list[tuple[Dispense, str]]]:
    """The dispenses that want a look, but those to which the reader is a party."""
    own = parties.interests(person(request)) if isinstance(request.user, User) else None
    return transfer_look.to_look_at(transfer, own.of_requests() if own else None)

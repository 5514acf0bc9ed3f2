"""One decision on up to 500 requests: a page to choose it, one result per request, whatever happens to the others."""

import logging
import re
import uuid
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import User
from dispenses import services
from dispenses.desk.queue import MAX_CHOSEN, QUEUE, chosen
from dispenses.desk.rights import BULK, REASSIGN, Desk, decider
from dispenses.enums import Opening
from dispenses.exceptions import TransitionRefused
from dispenses.models import BulkRun, Dispense, QueueEntry
from dispenses.permissions import desk_dispenses
from dispenses.services import window

logger = logging.getLogger(__name__)

GESTURES = {
    "accept": "Valider",
    "request_complement": "Demander un complément",
    "refuse": "Refuser",
    "reassign": "Réattribuer",
}
NEEDED = {
    "request_complement": {"message": "Indiquez ce qui manque\xa0: chaque salarié le lira"},
    "refuse": {
        "reason": "Indiquez la raison du refus\xa0: chaque salarié la lira",
        "rule": "Indiquez la règle sur laquelle les refus se fondent",
    },
    "reassign": {"to": "Choisissez à qui attribuer les demandes"},
}
Line = tuple[int, str]


class BulkForm(forms.Form):
    """What to do with all of them, and the words it needs."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.ChoiceField(
        label="Décision",
        choices=list(GESTURES.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la décision", "invalid_choice": "Choisissez la décision"},
    )
    message = forms.CharField(
        label="Complément\xa0: ce qui manque",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Chaque salarié lit ce texte tel quel\xa0: n’écrivez rien sur sa santé.",
    )
    reason = forms.CharField(
        label="Refus\xa0: la raison", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    rule = forms.CharField(label="Refus\xa0: la règle invoquée", required=False, max_length=200)
    de_droit = forms.BooleanField(
        label="Refus d’un motif de droit\xa0: je confirme que chacun se fonde sur la loi ou sur une preuve absente",
        required=False,
    )
    to = forms.ModelChoiceField(label="Réattribuer à", required=False, queryset=User.objects.none())

    def __init__(self, *args: Any, may_reassign: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_staff=True, is_active=True).order_by("last_name", "first_name", "pk")
        self.fields["to"].queryset = people  # type: ignore[attr-defined]
        if not may_reassign:
            del self.fields["to"]
            self.fields["name"].choices = [(k, v) for k, v in GESTURES.items() if k != "reassign"]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for field, words in NEEDED.get(cleaned.get("name", ""), {}).items():
            if field not in self.errors and not cleaned.get(field):
                self.add_error(field, words)
        return cleaned


def page(desk: Desk, request: HttpRequest) -> HttpResponse:
    """The requests ticked in the queue and the decision to choose; then that decision, taken on each."""
    user = decider(desk, request)
    if not user.has_perm(BULK):
        raise PermissionDenied
    if request.method != "POST":
        return redirect(QUEUE)
    lines = _posted(request)
    if not lines:
        messages.warning(request, "Cochez au moins une demande.")
        return redirect(QUEUE)
    may_reassign = user.has_perm(REASSIGN)
    if "key" not in request.POST:
        return _page(desk, request, lines, BulkForm(initial={"key": uuid.uuid4()}, may_reassign=may_reassign))
    form = BulkForm(request.POST, may_reassign=may_reassign)
    if not form.is_valid():
        return _page(desk, request, lines, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    key = form.cleaned_data["key"]
    try:
        with transaction.atomic():
            run = BulkRun.objects.create(key=key, by=user, name=form.cleaned_data["name"])
    except IntegrityError:  # sent twice: the first one does it
        return redirect("admin:dispenses_dispense_lot_resultat", key)
    run.results = [[number, *_one(number, seen, user, form.cleaned_data)] for number, seen in lines]
    run.save(update_fields=["results"])
    return redirect("admin:dispenses_dispense_lot_resultat", key)


def result(desk: Desk, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """One line per request. Raises Http404 for the run of another."""
    user = decider(desk, request)
    if not user.has_perm(BULK):
        raise PermissionDenied
    run = get_object_or_404(BulkRun, key=key, by=user)
    done = [line for line in run.results or [] if line[1]]
    context: dict[str, Any] = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": "Résultat de la décision en lot",
        "media": desk.media,
        "running": run.results is None,
        "gesture": GESTURES[run.name],
        "done": done,
        "refused": [line for line in run.results or [] if not line[1]],
    }
    return TemplateResponse(request, "admin/dispenses/dispense/lot_resultat.html", context)


def _page(
    desk: Desk, request: HttpRequest, lines: list[Line], form: BulkForm, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    found = desk_dispenses().filter(number__in=[number for number, _ in lines])
    rows = list(found.select_related("employee__employer", "motif").order_by("number"))
    if not rows:
        raise Http404
    seen = dict(lines)
    context: dict[str, Any] = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": "Décider en lot",
        "media": desk.media,
        "rows": [(row, seen[row.number] or row.status_at.isoformat()) for row in rows],
        "de_droit": sum(1 for row in rows if row.motif and row.motif.opening == Opening.DROIT),
        "form": form,
        "undo_minutes": window.minutes(),
    }
    return TemplateResponse(request, "admin/dispenses/dispense/lot.html", context, status=status)


def _posted(request: HttpRequest) -> list[Line]:
    """(number, instant of the status seen) of each request: one field each, 500 at most."""
    found: dict[int, str] = {}
    for text in request.POST.getlist("ligne"):
        if match := re.fullmatch(r"([0-9]{1,18})\|([0-9T:.+-]{1,40})", text):
            found.setdefault(int(match[1]), match[2])
    lines = list(found.items()) or [(number, "") for number in chosen(request)]
    return lines[:MAX_CHOSEN]


def _one(number: int, seen: str, user: User, data: dict[str, Any]) -> tuple[bool, str]:
    """(whether done, what is told) of one request; nothing of it stops the next."""
    name = data["name"]
    try:
        if name == "reassign":
            moved = services.assign(number=number, to=data["to"], by=user, may_reassign=True)
            return True, "Attribuée" if moved else "Déjà à cette personne"
        kept = {key: data[key] for key in ("message", "reason", "rule", "de_droit")}
        pending = window.take(number=number, name=name, user=user, seen=seen, data=kept)
    except TransitionRefused as refusal:
        return False, str(refusal)
    except (Dispense.DoesNotExist, QueueEntry.DoesNotExist):
        return False, "Cette demande n’existe pas."
    except DatabaseError:
        logger.exception("Décision en lot impossible sur la demande %s", number)
        return False, "Un problème est survenu chez nous\xa0: rien n’a été modifié. Réessayez."
    if pending is None:
        return True, "Fait"
    return True, f"Prend effet à {timezone.localtime(pending.effective_at):%H:%M}"

"""« Mes données »: a copy of them, who corrects them, the consent withdrawn, until when each request is kept."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.permissions import own_employments, person
from accounts.services import note_consent
from dispenses.exceptions import CopyRefused
from dispenses.keeping import copies, personal
from dispenses.law.numbers import KEPT_FROM_END
from dispenses.models import Dispense, LegalHold
from dispenses.request.permissions import own_dispenses
from dispenses.workflow import Status

SHOWN = 20
AFTERWARDS = f"jusqu’à la fin de la {KEPT_FROM_END}e\xa0année qui suit sa fin, et six ans au moins"
UNAVAILABLE = "La copie n’est pas disponible pour l’instant. Réessayez dans quelques minutes."


@dataclass(frozen=True)
class KeptRequest:
    """A request that was sent, and until when its evidence is kept: a day, or the words that say why there is none."""

    dispense: Dispense
    until: date | None
    words: str = ""


def mes_donnees(request: HttpRequest) -> HttpResponse:
    """The page; by POST, a copy asked for or the consent withdrawn."""
    user = person(request)
    if request.method == "POST":
        if "consentement" in request.POST:
            note_consent(user=user, consent=False)
            messages.success(request, "Vous ne recevrez plus nos offres par e-mail.")
        elif "copie" in request.POST:
            _ask(request, user)
        return redirect("mes_donnees")
    context = {
        "copy": copies.of(user),
        "employers": list(dict.fromkeys(one.employer for one in own_employments(user, timezone.localdate()).all)),
        "requests": [_kept(dispense) for dispense in _sent(user)[:SHOWN]],
        "draft": own_dispenses(user).filter(status=Status.DRAFT.value).first(),
        "shown": SHOWN,
    }
    return render(request, "dispenses/member/mes_donnees.html", context)


def _ask(request: HttpRequest, user: User) -> None:
    try:
        copies.ask(user=user)
    except CopyRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"La copie se prépare. Un e-mail partira à {user.email} quand elle sera prête.")


def _sent(user: User) -> list[Dispense]:
    rows = own_dispenses(user).exclude(status=Status.DRAFT.value).select_related("employee__employer", "motif")
    return list(rows.prefetch_related("declarations").order_by("-number")[:SHOWN])


def _kept(dispense: Dispense) -> KeptRequest:
    if LegalHold.suspends(dispense):
        return KeptRequest(dispense, None, "tant qu’un contrôle ou un litige la concerne")
    if until := personal.kept_until(dispense):
        return KeptRequest(dispense, until)
    if dispense.status == Status.ACCEPTED:
        return KeptRequest(dispense, None, f"tant que la dispense dure, puis {AFTERWARDS}")
    return KeptRequest(dispense, None, "tant qu’elle est en cours")


@require_safe
def mes_donnees_copie(request: HttpRequest) -> HttpResponseBase:
    """The copy of the person who asks, and of nobody else."""
    try:
        return copies.handed_over(person(request))
    except (CopyRefused, OSError) as error:
        messages.error(request, str(error) if isinstance(error, CopyRefused) else UNAVAILABLE)
    return redirect("mes_donnees")

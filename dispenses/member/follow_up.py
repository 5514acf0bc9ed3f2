"""What was sent and what becomes of it: « Suivi de mes demandes », the acknowledgement, taking a request back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.permissions import own_employments, person
from dispenses.exceptions import TransitionRefused
from dispenses.law.editions import with_motif
from dispenses.member.cards import cards
from dispenses.models import Dispense, QueueEntry
from dispenses.queue import promise
from dispenses.request import drafts, sending
from dispenses.request.permissions import get_own_dispense
from dispenses.request.receipts import receipt_pdf
from dispenses.workflow import STATUSES, Status
from portal.lib import keyset

PAGE = 10
NEWEST_FIRST = keyset.Order(("number",), descending=True)
EXPLAINED = tuple((status.value, facts.meaning) for status, facts in STATUSES.items())

FOLLOWED = (
    Dispense.objects.select_related("employee__employer")
    .annotate(**promise.DUE)
    .only(
        *("motif", "status", "status_at", "submitted_at", "abandoned_at", "decision_reason", "decision_rule"),
        *(
            "effective_on",
            "ends_on",
            "confirm_by",
            "unconfirmed_since",
            "end_cause",
            "ends",
            "superseded_by",
            "follows",
            "has_virus",
        ),
        *(
            "employee__first_name",
            "employee__last_name",
            "employee__employer__name",
            "employee__employer__insured_until",
        ),
    )
)
"""What the cards show: they leave most columns of an employee and of an employer unread."""


@require_safe
def demandes(request: HttpRequest) -> HttpResponse:
    """« Suivi de mes demandes », newest first, ten a page by number."""
    found = FOLLOWED.filter(employee__user=person(request))
    before = request.GET.get("avant", "")
    page = keyset.page(found, NEWEST_FIRST, size=PAGE, after=NEWEST_FIRST.read(Dispense, before))
    context = {
        "cards": cards(request, [with_motif(dispense) for dispense in page.rows]),
        "older": bool(before),
        "employees": [] if page.rows or before else own_employments(person(request), timezone.localdate()).current,
        "next": page.after,
        "meanings": EXPLAINED,
    }
    return render(request, "dispenses/member/demandes.html", context)


def _sent(request: HttpRequest, number: int) -> Dispense | HttpResponse:
    dispense = get_own_dispense(person(request), number)
    if dispense.status == Status.DRAFT:
        return redirect("demande_verification", number=dispense.number)
    return dispense


@require_safe
def demande_accuse(request: HttpRequest, number: int) -> HttpResponse:
    """Acknowledgement on screen."""
    dispense = _sent(request, number)
    if isinstance(dispense, HttpResponse):
        return dispense
    entry = QueueEntry.objects.filter(dispense=dispense.number).only("due_on").first()
    context = {
        "dispense": dispense,
        "effect": STATUSES[Status(dispense.status)].effect,
        "answer": promise.answer_words(dispense.status, entry.due_on if entry else None, timezone.localdate()),
        "delay": promise.delay_in_words(),
    }
    return render(request, "dispenses/member/accuse.html", context)


@require_safe
def demande_recu(request: HttpRequest, number: int) -> HttpResponse:
    """Acknowledgement as a PDF."""
    dispense = _sent(request, number)
    if isinstance(dispense, HttpResponse):
        return dispense
    response = HttpResponse(receipt_pdf(dispense), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="accuse-de-reception-{dispense.number}.pdf"'
    return response


def demande_annuler(request: HttpRequest, number: int) -> HttpResponse:
    """Take a sent request back: the GET asks for confirmation."""
    user = person(request)
    dispense = get_own_dispense(user, number)
    if request.method == "POST":
        try:
            sending.withdraw(dispense=dispense, user=user)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Votre demande N°{dispense.number} est annulée.")
        return redirect("demandes")
    return render(request, "dispenses/member/annuler.html", {"dispense": dispense})


def demande_abandonner(request: HttpRequest, number: int) -> HttpResponse:
    """Give a draft up: the GET asks, and it comes back for some days; « reprendre » undoes it."""
    dispense = get_own_dispense(person(request), number)
    if dispense.status != Status.DRAFT:
        messages.info(request, f"La demande N°{number} est déjà envoyée\xa0: elle ne s’abandonne plus.")
        return redirect("demandes")
    if request.method != "POST":
        context = {"dispense": dispense, "days": drafts.ABANDONED_KEPT.days}
        return render(request, "dispenses/member/abandonner.html", context)
    try:
        if "reprendre" in request.POST:
            drafts.take_up_again(dispense=dispense)
            messages.success(request, "Votre demande est de nouveau là, avec vos réponses et vos fichiers.")
            return redirect("demande_reprendre", number=number)
        drafts.abandon_draft(dispense=dispense)
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Votre demande est abandonnée. Vous pouvez encore la reprendre, ci-dessous.")
    return redirect("demandes")

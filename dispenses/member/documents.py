"""One's own documents: the original, its preview, its pages. Each reading is logged."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.permissions import person
from dispenses.documents import journal, storage
from dispenses.exceptions import NotReleased
from dispenses.models import Dispense
from dispenses.request import joining
from dispenses.request.permissions import get_own_dispense, get_own_justificatif
from dispenses.workflow import Status

UNAVAILABLE = "Ce document n’est pas disponible pour l’instant. Réessayez dans quelques minutes."
PAGES = {Status.DRAFT: "demande_justificatifs", Status.AWAITING_COMPLEMENT: "demande_completer"}


def _home(dispense: Dispense) -> str:
    """Name of the page on which the documents of a request are listed."""
    return PAGES.get(Status(dispense.status), "demande_documents")


@require_safe
def demande_documents(request: HttpRequest, number: int) -> HttpResponse:
    """The documents sent with a request, each with its state; those of a draft are in its third step."""
    dispense = get_own_dispense(person(request), number)
    if dispense.status == Status.DRAFT:
        return redirect("demande_justificatifs", number=number)
    context = {
        "dispense": dispense,
        "files": dispense.justificatifs.filter(sent_at__isnull=False),
        "complement": dispense.status == Status.AWAITING_COMPLEMENT,
    }
    return render(request, "dispenses/member/documents.html", context)


@require_safe
def justificatif(request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
    """One's own document, as an attachment; back to the list, with the reason, when it may not be handed over."""
    user = person(request)
    found = get_own_justificatif(user, number, pk)
    try:
        if request.method == "HEAD":  # nothing is read: no line in the journal
            return storage.announce(found)
        answer = storage.release(found)
    except NotReleased as refusal:
        messages.error(request, str(refusal))
        return redirect(_home(found.dispense), number=number)
    except OSError:
        messages.error(request, UNAVAILABLE)
        return redirect(_home(found.dispense), number=number)
    return journal.downloaded(user, found, answer)


@require_safe
def justificatif_apercu(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """The pages of one's own document as pictures, with what was read in it."""
    found = get_own_justificatif(person(request), number, pk)
    back = _home(found.dispense)
    return render(request, "dispenses/member/apercu.html", {"file": found, "dispense": found.dispense, "back": back})


@require_safe
def justificatif_ensemble(request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
    """The pictures that make one document with this one, as the pages of one PDF, in their order."""
    user = person(request)
    found = get_own_justificatif(user, number, pk)
    pages = joining.pages_of(found)
    try:
        answer = storage.copy(*pages)
    except NotReleased as refusal:
        messages.error(request, str(refusal))
        return redirect(_home(found.dispense), number=number)
    except OSError:
        messages.error(request, UNAVAILABLE)
        return redirect(_home(found.dispense), number=number)
    if request.method != "HEAD":
        for page in pages:
            journal.looked_at(user, page)
    return answer


@require_safe
def justificatif_page(request: HttpRequest, number: int, pk: int, page: int) -> HttpResponse:
    """One page as PNG; page 0 is the thumbnail. Raises Http404 when there is no such picture to show now."""
    user = person(request)
    found = get_own_justificatif(user, number, pk)
    try:
        answer = storage.preview(found, page)
    except (NotReleased, OSError) as error:
        raise Http404 from error
    if page and request.method != "HEAD":
        journal.looked_at(user, found)
    return answer

"""Documents on the desk: pages, a copy, the original for a reason; handed over once clean, each reading is logged."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect

from dispenses.desk import queries
from dispenses.desk.rights import Desk, reader
from dispenses.documents import journal, storage
from dispenses.enums import Reading
from dispenses.exceptions import NotReleased
from dispenses.models import Justificatif
from dispenses.parties import interests

UNAVAILABLE = "Ce document n’est pas disponible pour l’instant. Réessayez dans quelques minutes."
NO_COPY = (
    "Ce document n’a pas encore de copie\xa0: ses pages sont en préparation, ou ne peuvent pas être dessinées. "
    "Réessayez dans une minute, ou téléchargez l’original en indiquant pourquoi."
)
SHORTEST_REASON, LONGEST_REASON = 3, 300  # characters


def justificatif(desk: Desk, request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
    """A copy of a document as an attachment, its pages alone; the reading is kept in the journal (who, what, when)."""
    user = reader(desk, request)
    found = queries.get_sent_justificatif(number, pk, interests(user))
    try:
        answer = storage.copy(found)
    except FileNotFoundError:
        return _refused(request, found, NO_COPY)
    except NotReleased as refusal:
        return _refused(request, found, str(refusal))
    except OSError:
        return _refused(request, found, UNAVAILABLE)
    if request.method == "HEAD":  # nothing is read: no line in the journal
        return answer
    return journal.downloaded(user, found, answer, kind=Reading.COPY)


def original(desk: Desk, request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
    """The untouched file, with the place, the author and the dates that it holds: an act of its own, for a reason."""
    user = reader(desk, request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = queries.get_sent_justificatif(number, pk, interests(user))
    reason = " ".join(request.POST.get("raison", "").replace("\0", "").split())
    if len(reason) < SHORTEST_REASON:
        return _refused(
            request, found, "Indiquez pourquoi vous avez besoin de l’original\xa0: la raison est consignée."
        )
    if len(reason) > LONGEST_REASON:
        return _refused(request, found, f"Écrivez la raison en {LONGEST_REASON} caractères au plus.")
    try:
        answer = storage.release(found)
    except NotReleased as refusal:
        return _refused(request, found, str(refusal))
    except OSError:
        return _refused(request, found, UNAVAILABLE)
    return journal.downloaded(user, found, answer, reason=reason)


def _refused(request: HttpRequest, found: Justificatif, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect("admin:dispenses_dispense_change", found.dispense_id)


def page(desk: Desk, request: HttpRequest, number: int, pk: int, page: int) -> HttpResponse:
    """One page as PNG; page 0 is the thumbnail. Raises Http404 when there is no such picture to show now."""
    user = reader(desk, request)
    found = queries.get_sent_justificatif(number, pk, interests(user))
    try:
        answer = storage.preview(found, page)
    except (NotReleased, OSError) as error:
        raise Http404 from error
    if page and request.method != "HEAD":
        journal.looked_at(user, found)
    return answer

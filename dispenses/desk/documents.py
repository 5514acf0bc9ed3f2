"""Documents on the desk: the original and its pages, handed over once clean; each reading is logged."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from dispenses.desk import queries
from dispenses.desk.rights import Desk, reader
from dispenses.documents import journal, storage
from dispenses.exceptions import NotReleased
from dispenses.parties import interests


def justificatif(desk: Desk, request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
    """A document as an attachment; the reading is kept in the request's log (who, what, when)."""
    user = reader(desk, request)
    found = queries.get_sent_justificatif(number, pk, interests(user))
    try:
        if request.method == "HEAD":  # nothing is read: no line in the journal
            return storage.announce(found)
        answer = storage.release(found)
    except NotReleased as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:dispenses_dispense_change", found.dispense_id)
    except OSError:
        messages.error(request, "Ce document n’est pas disponible pour l’instant. Réessayez dans quelques minutes.")
        return redirect("admin:dispenses_dispense_change", found.dispense_id)
    return journal.downloaded(user, found, answer)


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

"""Documents on the desk: the original and its pages, handed over once clean; each reading is logged."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from dispenses.desk import queries
from dispenses.desk.rights import Desk, reader
from dispenses.documents import journal, storage
from dispenses.exceptions import NotReleased
from dispenses.models import Justificatif


def justificatif(desk: Desk, request: HttpRequest, number: int, pk: int) -> HttpResponseBase:
    """A document as an attachment; the reading is kept in the request's log (who, what, when)."""
    user = reader(desk, request)
    found = queries.get_sent_justificatif(number, pk)
    try:
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
    found = queries.get_sent_justificatif(number, pk)
    try:
        answer = storage.preview(found, page)
    except (NotReleased, OSError) as error:
        raise Http404 from error
    if page:
        journal.looked_at(user, found)
    return answer


def unopened(files: Iterable[Justificatif]) -> str:
    """What the employee reads in the portal of the files of a document that have a virus; "" when none has."""
    names = [f"«\xa0{file.name}\xa0»" for file in files if file.is_infected]
    if not names:
        return ""
    if len(names) == 1:
        return f"Le fichier {names[0]} contient un virus et n’a pas pu être ouvert. Joignez-en une autre copie."
    listed = ", ".join(names)
    return f"Les fichiers {listed} contiennent un virus et n’ont pas pu être ouverts. Joignez-en une autre copie."


def complement_for(files: Iterable[Justificatif]) -> str:
    """The same in an e-mail, which names no file: their names may tell of one's health."""
    count = sum(1 for file in files if file.is_infected)
    if not count:
        return ""
    if count == 1:
        return "Un fichier reçu contient un virus et n’a pas pu être ouvert. Joignez-en une autre copie."
    return f"{count} fichiers reçus contiennent un virus et n’ont pas pu être ouverts. Joignez-en une autre copie."

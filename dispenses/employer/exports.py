"""Lists of one's employers as files."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.permissions import get_managed_employer, person
from dispenses.exports import download, lists


@require_GET
def exporter(request: HttpRequest, employer_id: int, liste: str, forme: str) -> HttpResponseBase:
    """One list of one of one's employers, with the filters of its page. Raises Http404 otherwise."""
    user = person(request)
    employer = get_managed_employer(user, employer_id)
    try:
        listing = lists.of_employer(liste, employer, request.GET)
    except KeyError as error:
        raise Http404("Aucune liste de ce nom.") from error
    back = f"{reverse('salaries')}?employeur={employer.pk}"
    return download.answer(request, listing, form=forme, user=user, back=back, employer=employer)

"""Lists of one's employers as files."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.permissions import get_managed_employer, person
from dispenses.exceptions import ExportRefused
from dispenses.exports import download, lists


@require_GET
def exporter(request: HttpRequest, employer_id: int, liste: str, forme: str) -> HttpResponseBase:
    """One list of one of one's employers, with the filters of its page. Raises Http404 otherwise."""
    user = person(request)
    employer = get_managed_employer(user, employer_id)
    try:
        listing = lists.of_employer(liste, employer, request.GET)
        return download.export(listing, form=forme, user=user, employer=employer)
    except KeyError as error:
        raise Http404("Aucune liste de ce nom.") from error
    except ExportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('salaries')}?employeur={employer.pk}")

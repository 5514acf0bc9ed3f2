"""The employee's page as the employee sees it, opened from a request: read, never acted upon."""

import re

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from dispenses import parties
from dispenses.desk import queries
from dispenses.desk.rights import Desk, reader
from dispenses.documents import journal
from dispenses.law.editions import with_motif
from dispenses.member.cards import cards
from dispenses.member.follow_up import EXPLAINED, FOLLOWED

LINK = re.compile(r'<a\b([^>]*?)\s+href="[^"]*"')


def page(desk: Desk, request: HttpRequest, number: int) -> HttpResponse:
    """The card of « Suivi de mes demandes », its links going nowhere; written in the journal of consultations first.

    Raises Http404 for a draft, Forbidden for a party to the request.
    """
    user = reader(desk, request)
    dispense = queries.get_request(number, parties.interests(user))
    return _shown(request, desk, dispense.number)


@require_safe
def _shown(request: HttpRequest, desk: Desk, number: int) -> HttpResponse:
    dispense = with_motif(FOLLOWED.get(number=number))
    journal.page_read(reader(desk, request), dispense)
    (card,) = cards(request, [dispense])
    context = {
        "dispense": dispense,
        "card": _without_links(card.html),
        "meanings": EXPLAINED,
    }
    return TemplateResponse(request, "dispenses/administration/comme_le_salarie.html", context)


def _without_links(html: str) -> SafeString:
    """The same look: what would act for the employee is there to be seen, and cannot be followed."""
    return mark_safe(LINK.sub(r'<a\1 role="link" aria-disabled="true"', html))

"""« Aide » of the correspondents: what each state means, what to do when, who to call."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import states
from accounts.permissions import managed_employers, person


@require_safe
def aide_correspondant(request: HttpRequest) -> HttpResponse:
    """The help, with the links of each of one's employers; 403 for who has none."""
    employers = managed_employers(person(request))
    if not employers:
        return render(request, "dispenses/employer/salaries_aucun.html", status=403)
    context = {"employers": employers, "states": states.STATES, "letter_badge": states.LETTER_TO_PRINT}
    return render(request, "dispenses/employer/aide.html", context)

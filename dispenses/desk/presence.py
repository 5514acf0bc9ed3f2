"""The heartbeat of a page of the desk: who else is there, and whether the request changed since it was read."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import User
from dispenses.desk import pending_words, queries, together
from dispenses.desk.rights import Desk, reader
from dispenses.models import TimelineEvent
from dispenses.parties import interests
from dispenses.request.transitions import CENTRE_LABEL
from dispenses.workflow import STATUS_LABELS
from portal.lib.typography import hour

NAMED = 2


def heartbeat(desk: Desk, request: HttpRequest, number: int) -> HttpResponse:
    """Answer to a POST of `seen` and `pending` (instant of the status and waiting decision shown), or of `leave`."""
    user = reader(desk, request)
    return _answer(request, number, user)


@require_POST
def _answer(request: HttpRequest, number: int, user: User) -> HttpResponse:
    status_at, status, waiting = queries.state_of(number, interests(user))
    if request.POST.get("leave"):
        together.leave(number=number, user=user)
        return JsonResponse({})
    now = timezone.now()
    together.be_present(number=number, user=user, now=now)
    changed, shown = "", request.POST.get("pending", "")
    if request.POST.get("seen", "") != status_at.isoformat():
        changed = what_changed(number, status)
    elif shown != str(waiting or ""):
        changed = pending_words.news(number, user, shown)
    return JsonResponse(
        {
            "others": in_words(together.others_present(number=number, user=user, now=now)),
            "changed": changed,
            "version": status_at.isoformat(),
        }
    )


def welcome(user: User, number: int) -> str:
    """Be present on the page that is being shown; who else is there, in words."""
    now = timezone.now()
    together.be_present(number=number, user=user, now=now)
    return in_words(together.others_present(number=number, user=user, now=now))


def in_words(names: list[str]) -> str:
    """« Anne Roux et Paul Lis sont aussi sur cette demande. »; "" for nobody."""
    if not names:
        return ""
    if len(names) == 1:
        return f"{names[0]} est aussi sur cette demande."
    if len(names) == NAMED:
        return f"{names[0]} et {names[1]} sont aussi sur cette demande."
    left = len(names) - NAMED
    people = f"{left} autre{'s' if left > 1 else ''} personne{'s' if left > 1 else ''}"
    return f"{', '.join(names[:NAMED])} et {people} sont aussi sur cette demande."


def what_changed(number: int, status: str) -> str:
    """The last event of the request, in a sentence for whoever still reads what was there before."""
    label = STATUS_LABELS[status].lower()
    now = f"son statut est maintenant «\xa0{label}\xa0»"
    event = TimelineEvent.objects.filter(dispense=number).select_related("actor").order_by("-at", "-id").first()
    if event is None:
        return f"Cette demande a changé\xa0: {now}."
    who = str(event.actor) if event.actor and event.actor_label == CENTRE_LABEL else event.actor_label
    at = timezone.localtime(event.at)
    when = f"à {hour(at)}" if at.date() == timezone.localdate() else f"le {at:%d/%m/%Y}"
    return f"Cette demande a changé {when}\xa0: {event.label.lower()}, par {who}\xa0; {now}."

"""What a member of the centre finds on signing in: their requests, the late ones, what they decided today."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from accounts.models import User
from dispenses.contact import questions
from dispenses.desk import listing, queue_context, visits
from dispenses.desk.ahead import through
from dispenses.desk.criteria import LATE, ME, NOBODY, TODAY, Criteria
from dispenses.desk.listing import Reader
from dispenses.desk.rights import Desk
from dispenses.desk.rows import Row, row
from dispenses.enums import Pending
from dispenses.law import editions
from dispenses.models import PendingDecision, TimelineEvent
from dispenses.request.decisions.registry import DECISIONS
from dispenses.request.transitions import CENTRE_LABEL
from portal.lib.dates import start_of_day

SHOWN = 8
OF_AN_EVENT = ("transition", "at", "dispense", "dispense__employee__first_name", "dispense__employee__last_name")
VIEWS: tuple[tuple[str, Criteria], ...] = (
    ("Les miennes", Criteria(qui=ME)),
    ("En retard", Criteria(echeance=LATE)),
    ("À rendre aujourd’hui", Criteria(echeance=TODAY)),
    ("À personne", Criteria(qui=NOBODY)),
)


@dataclass(frozen=True)
class Done:
    """A decision of today. `waits`: it has no effect yet, and may still be undone."""

    number: int
    name: str
    words: str
    at: datetime
    waits: bool = False


def around(desk: Desk, request: HttpRequest) -> dict[str, Any]:
    """Context of the day; {} for whoever does not examine requests."""
    user = request.user
    if not isinstance(user, User) or not desk.has_view_or_change_permission(request):
        return {}
    who = visits.looking(user)
    counts = listing.counts([wanted for _, wanted in VIEWS], who)
    done, done_count = done_today(who)
    return {
        "views": [
            queue_context.Quick(label, wanted.query, queue_context.bounded(count), current=False)
            for (label, wanted), count in zip(VIEWS, counts, strict=True)
        ],
        "mine": _first(VIEWS[0][1], who),
        "late": _first(VIEWS[1][1], who, but_own=True),
        "done": done,
        "done_count": done_count,
        "questions": _questions(user),
        "may_decide": desk.has_change_permission(request),
        "today": who.today,
    }


def _first(criteria: Criteria, who: Reader, *, but_own: bool = False) -> list[Row]:
    """The most urgent rows of a view, `but_own` without those of the reader."""
    motifs = {motif.pk: motif.label for motif in editions.all_editions()}
    numbers = listing.first(criteria, who, SHOWN, but_own=but_own)
    return [row(values, who, motifs, {}) for values in listing.page(criteria, who, None, numbers).rows]


def _questions(user: User) -> int | None:
    """How many questions wait for an answer, None for whoever does not answer them."""
    if not user.has_perm("dispenses.change_question"):
        return None
    return questions.open_to(user).filter(answered_at=None).count()


def done_today(who: Reader) -> tuple[list[Done], int]:
    """The last that the reader decided today, the last first, and how many: what took effect, what may be undone."""
    since = start_of_day(who.today)
    named = ("dispense__employee__first_name", "dispense__employee__last_name")
    waiting = PendingDecision.objects.filter(state=Pending.WAITING.value, taken_by=who.user, taken_at__gte=since)
    events = TimelineEvent.objects.filter(actor=who.user, actor_label=CENTRE_LABEL, at__gte=since)
    closed = through(who.interests.of_requests(), "dispense")
    waiting, events = waiting.exclude(closed), events.exclude(closed)
    found = [
        Done(number, f"{first} {last}", DECISIONS[name].done, at, waits=True)
        for number, name, at, first, last in waiting.order_by("-taken_at").values_list(
            "dispense_id", "name", "taken_at", *named
        )[:SHOWN]
    ]
    found += [
        Done(event.dispense_id, event.dispense.employee.full_name, event.label.lower(), event.at)
        for event in events.select_related("dispense__employee").only(*OF_AN_EVENT)[:SHOWN]
    ]
    found.sort(key=lambda one: one.at, reverse=True)
    return found[:SHOWN], waiting.count() + events.count()

"""What the desk reads: one request with everything around it, and the order of the queue."""

from collections import Counter
from datetime import datetime

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from dispenses.desk.rights import refuse_parties
from dispenses.enums import Pending
from dispenses.exceptions import Forgotten
from dispenses.models import (
    Dispense,
    InternalNote,
    Justificatif,
    PendingDecision,
    PieceVerdict,
    QueueEntry,
    TimelineEvent,
    Tombstone,
)
from dispenses.parties import Interests
from dispenses.queue.assignments import BY_DUE_DATE, being_decided
from dispenses.request.permissions import MAX_NUMBER, desk_dispenses
from dispenses.workflow import Status
from portal.lib.typography import long_day

SHOWN_SAME = 20
SHOWN_EARLIER = 20


def get_request(number: int, interests: Interests) -> Dispense:
    """A request that was sent, with all that its page shows, in a constant number of queries.

    Raises Http404, or Forbidden when it is among the `interests` of the reader.
    """
    sent_files = Justificatif.objects.filter(sent_at__isnull=False)
    events = TimelineEvent.objects.select_related("actor")
    found = get_object_or_404(
        desk_dispenses()
        .select_related("employee__employer", "employee__user", "motif", "decided_by", "queue_entry__assigned_to")
        .prefetch_related(
            "motif__required_justificatifs",
            Prefetch("justificatifs", queryset=sent_files),
            Prefetch("events", queryset=events),
            "complements",
            Prefetch("verdicts", queryset=PieceVerdict.objects.select_related("by")),
            "declarations",
            "employee__employer__actes",
        ),
        number=min(number, MAX_NUMBER),
    )
    employee = found.employee
    refuse_parties(interests, owner=employee.user_id, employer=employee.employer_id, number=found.number)
    return found


def refuse_forgotten(number: int, interests: Interests) -> None:
    """Raises Forgotten, with what remains of the request, when its evidence went; Forbidden to a correspondent."""
    found = Tombstone.objects.select_related("employer").filter(pk=min(number, MAX_NUMBER)).first()
    if found is None:
        return
    refuse_parties(interests, owner=None, employer=found.employer_id)
    raise Forgotten(remains_in_words(found))


def remains_in_words(tombstone: Tombstone) -> str:
    """Number, dates and outcome."""
    dated = [("envoyée", tombstone.submitted_on), ("décidée", tombstone.decided_on)]
    dates = ", ".join(f"{word} le {long_day(day)}" for word, day in dated if day)
    span = [("à compter du", tombstone.effective_on), ("dernier jour le", tombstone.ends_on)]
    told = ", ".join(f"{word} {long_day(day)}" for word, day in span if day)
    return (
        f"La demande N°{tombstone.number} ({tombstone.employer.name}), {dates}, a pour issue "
        f"«\xa0{tombstone.get_outcome_display()}\xa0»{told and f' ({told})'}. Elle a été effacée le "
        f"{long_day(tombstone.forgotten_on)}, au terme de sa conservation, avec ses documents."
    )


def get_sent_justificatif(number: int, pk: int, interests: Interests) -> Justificatif:
    """A document that the centre received. Raises Http404 for one still in preparation, Forbidden for a party."""
    received = Justificatif.objects.filter(dispense__in=desk_dispenses(), sent_at__isnull=False)
    found = get_object_or_404(
        received.select_related("dispense__employee"),
        dispense__number=min(number, MAX_NUMBER),
        pk=min(pk, MAX_NUMBER),
    )
    employee = found.dispense.employee
    refuse_parties(interests, owner=employee.user_id, employer=employee.employer_id)
    return found


def following(dispense: Dispense, user: User, interests: Interests) -> Dispense | None:
    """The request to examine after this one: behind it in the queue, else the most urgent; None when nothing waits.

    Those of other people than `user`, and those of the `interests` of `user`, are passed over.
    """
    waiting = _waiting(dispense, user, interests)
    place: QueueEntry | None = getattr(dispense, "queue_entry", None)
    found = None
    if place:
        found = BY_DUE_DATE.following(waiting, BY_DUE_DATE.place(place)).first()
    found = found or waiting.order_by(*BY_DUE_DATE.by()).first()
    return found.dispense if found else None


def preceding(dispense: Dispense, user: User, interests: Interests) -> Dispense | None:
    """The request just before this one in the queue of `user`; None at its top."""
    place: QueueEntry | None = getattr(dispense, "queue_entry", None)
    if place is None:
        return None
    found = BY_DUE_DATE.following(_waiting(dispense, user, interests), BY_DUE_DATE.place(place), back=True).first()
    return found.dispense if found else None


def _waiting(dispense: Dispense, user: User, interests: Interests) -> QuerySet[QueueEntry]:
    """What awaits a decision that `user` may take, but for `dispense` and for what others have."""
    waiting = QueueEntry.objects.filter(status=Status.IN_PROGRESS.value).exclude(pk=dispense.number)
    waiting = waiting.exclude(pk__in=being_decided()).exclude(interests.of_queue())
    return waiting.filter(Q(assigned_to__isnull=True) | Q(assigned_to=user)).select_related("dispense")


def mark_same_files(dispense: Dispense, interests: Interests) -> None:
    """Give each document, as `seen_in`, the numbers of the other requests to which the very same bytes were sent.

    Never those to which the reader is a party (`interests`).
    """
    files = list(dispense.justificatifs.all())
    others = Justificatif.objects.filter(
        sha256__in={file.sha256 for file in files},
        sent_at__isnull=False,
        dispense__in=desk_dispenses().exclude(interests.of_requests()),
    ).exclude(dispense=dispense)
    seen: dict[str, list[int]] = {}
    for sha256, number in others.order_by("dispense_id").values_list("sha256", "dispense_id").distinct()[:SHOWN_SAME]:
        seen.setdefault(sha256, []).append(number)
    for file in files:
        file.seen_in = seen.get(file.sha256, [])


def state_of(number: int, interests: Interests) -> tuple[datetime, str, int | None]:
    """(instant, status, key of the waiting decision) of a request that was sent.

    Raises Http404, or Forbidden when it is among the `interests` of the reader.
    """
    waiting = PendingDecision.objects.filter(dispense=OuterRef("pk"), state=Pending.WAITING.value).values("pk")
    rows = desk_dispenses().filter(number=min(number, MAX_NUMBER)).annotate(waiting=Subquery(waiting))
    found = rows.values_list("employee__user_id", "employee__employer_id", "status_at", "status", "waiting").first()
    if found is None:
        raise Http404
    owner, employer, at, status, decision = found
    refuse_parties(interests, owner=owner, employer=employer, number=number)
    return at, status, decision


def same_person(dispense: Dispense, interests: Interests, *, everywhere: bool) -> list[Dispense]:
    """Other requests of the same employee; of the same account at every employer when the reader may see them.

    Never those to which the reader is a party (`interests`).
    """
    owner = dispense.employee.user_id
    whose = Q(employee__user=owner) if everywhere and owner else Q(employee=dispense.employee_id)
    others = desk_dispenses().filter(whose).exclude(number=dispense.number)
    others = others.exclude(interests.of_requests())
    return list(others.select_related("employee__employer", "motif").order_by("-number")[:SHOWN_EARLIER])


def note_counts(numbers: list[int]) -> dict[int, int]:
    """How many internal notes each of these requests has; those without are absent."""
    return Counter(InternalNote.objects.filter(dispense__in=numbers).order_by().values_list("dispense", flat=True))

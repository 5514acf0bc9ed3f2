"""What the desk reads: one request with everything around it, and the order of the queue."""

from collections import Counter
from datetime import datetime

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from dispenses.enums import Pending
from dispenses.models import Dispense, InternalNote, Justificatif, PendingDecision, QueueEntry, TimelineEvent
from dispenses.queue.assignments import BY_DUE_DATE, being_decided
from dispenses.request.permissions import MAX_NUMBER, desk_dispenses
from dispenses.workflow import Status

SHOWN_SAME = 20
SHOWN_EARLIER = 20


def get_request(number: int) -> Dispense:
    """A request that was sent, with all that its page shows, in a constant number of queries. Raises Http404."""
    sent_files = Justificatif.objects.filter(sent_at__isnull=False)
    events = TimelineEvent.objects.select_related("actor")
    return get_object_or_404(
        desk_dispenses()
        .select_related("employee__employer", "employee__user", "motif", "decided_by", "queue_entry__assigned_to")
        .prefetch_related(
            "motif__required_justificatifs",
            Prefetch("justificatifs", queryset=sent_files),
            Prefetch("events", queryset=events),
            "complements",
            "declarations",
            "employee__employer__actes",
        ),
        number=min(number, MAX_NUMBER),
    )


def get_sent_justificatif(number: int, pk: int) -> Justificatif:
    """A document that the centre received. Raises Http404 for one still in preparation."""
    return get_object_or_404(
        Justificatif.objects.filter(dispense__in=desk_dispenses(), sent_at__isnull=False).select_related("dispense"),
        dispense__number=min(number, MAX_NUMBER),
        pk=min(pk, MAX_NUMBER),
    )


def following(dispense: Dispense, user: User | None = None) -> Dispense | None:
    """The request to examine after this one: behind it in the queue, else the most urgent; None when nothing waits.

    Those of other people than `user` are passed over.
    """
    waiting = _waiting(dispense, user)
    place: QueueEntry | None = getattr(dispense, "queue_entry", None)
    found = None
    if place:
        found = BY_DUE_DATE.following(waiting, BY_DUE_DATE.place(place)).first()
    found = found or waiting.order_by(*BY_DUE_DATE.by()).first()
    return found.dispense if found else None


def preceding(dispense: Dispense, user: User | None = None) -> Dispense | None:
    """The request just before this one in the queue of `user`; None at its top."""
    place: QueueEntry | None = getattr(dispense, "queue_entry", None)
    if place is None:
        return None
    found = BY_DUE_DATE.following(_waiting(dispense, user), BY_DUE_DATE.place(place), back=True).first()
    return found.dispense if found else None


def _waiting(dispense: Dispense, user: User | None) -> QuerySet[QueueEntry]:
    """What awaits a decision of anybody or of `user`, but for `dispense`."""
    waiting = QueueEntry.objects.filter(status=Status.IN_PROGRESS.value).exclude(pk=dispense.number)
    waiting = waiting.exclude(pk__in=being_decided())
    return waiting.filter(Q(assigned_to__isnull=True) | Q(assigned_to=user)).select_related("dispense")


def mark_same_files(dispense: Dispense) -> None:
    """Give each document, as `seen_in`, the numbers of the other requests to which the very same bytes were sent."""
    files = list(dispense.justificatifs.all())
    others = Justificatif.objects.filter(
        sha256__in={file.sha256 for file in files}, sent_at__isnull=False, dispense__in=desk_dispenses()
    ).exclude(dispense=dispense)
    seen: dict[str, list[int]] = {}
    for sha256, number in others.order_by("dispense_id").values_list("sha256", "dispense_id").distinct()[:SHOWN_SAME]:
        seen.setdefault(sha256, []).append(number)
    for file in files:
        file.seen_in = seen.get(file.sha256, [])


def state_of(number: int) -> tuple[datetime, str, int | None]:
    """(instant, status, key of the waiting decision) of a request that was sent. Raises Http404."""
    waiting = PendingDecision.objects.filter(dispense=OuterRef("pk"), state=Pending.WAITING.value).values("pk")
    rows = desk_dispenses().filter(number=min(number, MAX_NUMBER)).annotate(waiting=Subquery(waiting))
    found = rows.values_list("status_at", "status", "waiting").first()
    if found is None:
        raise Http404
    return found


def same_person(dispense: Dispense, *, everywhere: bool) -> list[Dispense]:
    """Other requests of the same employee; of the same account at every employer when the reader may see them."""
    owner = dispense.employee.user_id
    whose = Q(employee__user=owner) if everywhere and owner else Q(employee=dispense.employee_id)
    others = desk_dispenses().filter(whose).exclude(number=dispense.number)
    return list(others.select_related("employee__employer", "motif").order_by("-number")[:SHOWN_EARLIER])


def note_counts(numbers: list[int]) -> dict[int, int]:
    """How many internal notes each of these requests has; those without are absent."""
    return Counter(InternalNote.objects.filter(dispense__in=numbers).order_by().values_list("dispense", flat=True))

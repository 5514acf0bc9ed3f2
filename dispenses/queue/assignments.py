"""Who examines what. An assignment is a courtesy between reviewers: it refuses no decision to anybody."""

from datetime import datetime, timedelta

from celery import shared_task
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Correspondent, User
from dispenses import parties
from dispenses.enums import Pending
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense, PendingDecision, QueueEntry
from dispenses.workflow import Status
from portal.lib.keyset import Order

FORGOTTEN = timedelta(days=7)
BY_DUE_DATE = Order(("due_on", "pk"))
IN_HAND = (Status.IN_PROGRESS.value, Status.AWAITING_COMPLEMENT.value)


@transaction.atomic
def assign(*, number: int, to: User, by: User, may_reassign: bool = False) -> bool:
    """Give the request `number` to `to`; True unless it was already theirs.

    Taking from or giving to somebody else wants `may_reassign`, and is written in the request's log.
    Raises TransitionRefused when it is decided, somebody else's, or when `by` or `to` is a party to it.
    """
    entry = _locked(number, by)
    if entry.assigned_to_id == to.pk:
        return False
    if parties.why_not(to, entry.dispense):
        raise TransitionRefused(
            f"{to.full_name} est partie à la demande N°{number}\xa0: choisissez une autre personne. "
            f"{parties.NOTHING_DONE}",
            code=Code.PARTY,
        )
    somebody_else = to != by or entry.assigned_to_id not in (None, by.pk)
    if somebody_else and not may_reassign:
        owner = entry.assigned_to.full_name if entry.assigned_to else to.full_name
        raise TransitionRefused(
            f"La demande N°{number} est attribuée à {owner}. Rien n’a été modifié.", code=Code.NOT_THEIRS
        )
    _write(entry, to, by, log=somebody_else)
    return True


@transaction.atomic
def unassign(*, number: int, by: User, may_reassign: bool = False) -> bool:
    """Put the request `number` back among those that nobody has; True unless it was there.

    Raises TransitionRefused when it is decided, somebody else's without `may_reassign`, or when `by` is a party to it.
    """
    entry = _locked(number, by)
    if entry.assigned_to is None:
        return False
    if entry.assigned_to != by and not may_reassign:
        raise TransitionRefused(
            f"La demande N°{number} est attribuée à {entry.assigned_to.full_name}. Rien n’a été modifié.",
            code=Code.NOT_THEIRS,
        )
    _write(entry, None, by, log=entry.assigned_to != by)
    return True


def take_next(
    *, user: User, among: QuerySet[QueueEntry] | None = None, after: Dispense | None = None, or_mine: bool = False
) -> Dispense | None:
    """The most urgent request that nobody has, assigned to `user`; None when there is none left.

    `among` narrows the choice; `after` begins behind that request in the queue, then at its top; `or_mine` gives back
    what `user` already has; never a request to which `user` is a party. Two people who ask at the same instant get two
    requests: each locks the first row that the other has not.
    """
    free = Q(assigned_to__isnull=True) | Q(assigned_to=user) if or_mine else Q(assigned_to__isnull=True)
    free &= ~Q(pk__in=being_decided())
    waiting = (among if among is not None else QueueEntry.objects.all()).filter(free, status=Status.IN_PROGRESS.value)
    waiting = waiting.exclude(parties.interests(user).of_queue())
    row = QueueEntry.objects.filter(pk=after.pk).first() if after else None
    if row:
        waiting = waiting.exclude(pk=row.pk)
        behind = BY_DUE_DATE.following(waiting, BY_DUE_DATE.place(row))
        found = _take(behind, free, user) or _take(waiting, free, user)
    else:
        found = _take(waiting, free, user)
    return Dispense.objects.get(number=found) if found else None


def being_decided() -> QuerySet[PendingDecision, int]:
    """Numbers of the requests whose decision is taken and has no effect yet: nobody has to examine them."""
    return PendingDecision.objects.filter(state=Pending.WAITING).order_by().values_list("dispense_id", flat=True)


def _take(waiting: QuerySet[QueueEntry], free: Q, user: User) -> int | None:
    """Number of the first row of `waiting` that is ours now, unless it stopped being `free` meanwhile."""
    waiting = waiting.order_by(*BY_DUE_DATE.by())
    skips = connection.features.has_select_for_update_skip_locked
    while True:
        with transaction.atomic():
            rows = waiting.select_for_update(skip_locked=True, of=("self",)) if skips else waiting
            number = rows.values_list("pk", flat=True).first()
            if number is None:
                return None
            still_free = QueueEntry.objects.filter(free, pk=number, status=Status.IN_PROGRESS.value)
            if still_free.update(assigned_to=user, assigned_at=timezone.now()):
                return number


@shared_task(name="dispenses.tasks.release_forgotten")
def release_forgotten(now: datetime | None = None) -> int:
    """Put back what waits for the centre and has been somebody's for 7 days without news, or is a party's by now.

    Returns how many.
    """
    now = now or timezone.now()
    before = now - FORGOTTEN
    held = QueueEntry.objects.filter(assigned_to__isnull=False, status=Status.IN_PROGRESS.value).order_by()
    acted_for = Correspondent.objects.filter(user=OuterRef("assigned_to"), employer=OuterRef("employer"))
    forgotten = Q(assigned_at__lt=before, active_at__lt=before)
    found = held.filter(forgotten | Q(dispense__employee__user=F("assigned_to")) | Exists(acted_for))
    return QueueEntry.objects.filter(pk__in=found.values("pk")).update(assigned_to=None, assigned_at=None)


def _locked(number: int, by: User) -> QueueEntry:
    entries = QueueEntry.objects.select_for_update(of=("self",)).select_related("assigned_to", "dispense__employee")
    entry = entries.get(pk=number)
    parties.refuse(by, entry.dispense)
    if entry.status not in IN_HAND:
        raise TransitionRefused(f"La demande N°{number} est déjà décidée. Rien n’a été modifié.", code=Code.DECIDED)
    return entry


def _write(entry: QueueEntry, to: User | None, by: User, *, log: bool) -> None:
    before = entry.assigned_to
    entry.assigned_to, entry.assigned_at = to, timezone.now() if to else None
    entry.save(update_fields=["assigned_to", "assigned_at"])
    if log:
        of = before.full_name if before else "personne"
        LogEntry.objects.create(
            user=by,
            content_type=ContentType.objects.get_for_model(Dispense),
            object_id=str(entry.pk),
            object_repr=f"Dispense N°{entry.pk}",
            action_flag=CHANGE,
            change_message=f"Réattribuée\xa0: {of} → {to.full_name if to else 'personne'}",
        )

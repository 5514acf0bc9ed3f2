"""The undo window: a decision of the desk waits, unseen, and takes effect when its time has passed.

Until then the request is as it was, for everybody: no status, no event, no mail, no call of a webhook. Undoing only
settles the waiting row. See docs/adr/0023.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from dispenses import parties
from dispenses.enums import Pending
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense, PendingDecision
from dispenses.request.decisions import registry
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.content import Content
from dispenses.request.transitions import lock
from dispenses.workflow import STATUS_LABELS, Status
from portal.lib.typography import of

BATCH = 200
GIVEN_UP = timedelta(hours=1)  # after its time, a decision that still fails is void: somebody takes it again

logger = logging.getLogger(__name__)


@transaction.atomic
def take(*, number: int, user: User, seen: str, content: Content) -> PendingDecision | None:
    """Decide what `content` says: what waits for the end of the window, or None when it took effect at once.

    `seen`: instant (ISO 8601) of the status that the reader had on the page, compared under a lock. Raises
    TransitionRefused when the request changed, is being decided by another, or may not be moved so, or when the
    decider is a party to it. Raises Dispense.DoesNotExist for a draft.
    """
    decision = registry.of(content)
    locked = lock(Dispense(number=number))
    if locked.status == Status.DRAFT:
        raise Dispense.DoesNotExist  # the centre knows nothing of what was not sent
    parties.refuse(user, locked)
    if seen != locked.status_at.isoformat():
        label = STATUS_LABELS[Status(locked.status)].lower()
        raise TransitionRefused(
            f"La demande N°{number} a changé entre-temps\xa0: son statut est «\xa0{label}\xa0». "
            "Relisez-la. Rien n’a été modifié.",
            code=Code.CHANGED,
        )
    if already := waiting(number):
        mine = already.taken_by_id == user.pk
        if mine and registry.content_of(already) == content:  # a second click
            return already
        who = "vous venez" if mine else f"{already.taken_by.full_name} vient"
        raise TransitionRefused(
            f"La demande N°{number} a changé entre-temps\xa0: {who} de la décider. Relisez-la. Rien n’a été modifié.",
            code=Code.BEING_DECIDED,
        )
    decision.check(locked, content)
    now = timezone.now()
    if settings.PORTAL_UNDO_SECONDS <= 0:
        decision.apply(locked, user, content, now)
        return None
    return PendingDecision.objects.create(
        dispense=locked,
        name=decision.name,
        data=content.stored(),
        seen_at=locked.status_at,
        taken_at=now,
        taken_by=user,
        effective_at=now + timedelta(seconds=settings.PORTAL_UNDO_SECONDS),
    )


def waiting(number: int) -> PendingDecision | None:
    """The decision of a request that has not taken effect yet, if any."""
    found = PendingDecision.objects.filter(dispense=number, state=Pending.WAITING)
    return found.select_related("taken_by").first()


def minutes() -> int:
    """Length of the window, in whole minutes, rounded up; 0 when decisions take effect at once."""
    return -(-max(0, settings.PORTAL_UNDO_SECONDS) // 60)


@transaction.atomic
def undo(*, number: int, pk: int, user: User, may_undo_all: bool = False) -> PendingDecision:
    """Undo a decision before it takes effect: the request was never moved.

    Raises TransitionRefused once it took effect, when it was undone already, when it is somebody else's, or when `user`
    is a party to the request.
    """
    parties.refuse(user, lock(Dispense(number=number)))
    found = PendingDecision.objects.select_related("taken_by").get(pk=pk, dispense=number)
    now = timezone.now()
    if found.taken_by_id != user.pk and not may_undo_all:
        raise TransitionRefused(
            f"Cette décision est celle {of(found.taken_by.full_name)}\xa0: demandez-lui.", code=Code.NOT_THEIRS
        )
    if found.state == Pending.UNDONE:
        raise TransitionRefused("Cette décision est déjà annulée.", code=Code.ALREADY_UNDONE)
    if found.state != Pending.WAITING or found.effective_at <= now:
        raise TransitionRefused(
            f"Trop tard\xa0: la décision sur la demande N°{number} a pris effet, le salarié est prévenu. "
            "Un responsable peut rouvrir la demande.",
            code=Code.IN_EFFECT,
        )
    _settle(found, Pending.UNDONE, now, by=user)
    return found


@shared_task(name="dispenses.tasks.settle_decisions")
def settle_due(now: datetime | None = None) -> int:
    """Give effect to the decisions whose window has passed. Returns how many took effect; safe to run twice."""
    now = now or timezone.now()
    done, last = 0, 0
    due = PendingDecision.objects.filter(state=Pending.WAITING, effective_at__lte=now).order_by("pk")
    while batch := list(due.filter(pk__gt=last).values_list("pk", "dispense_id")[:BATCH]):
        for pk, number in batch:
            last = pk
            done += _settle_one(pk, number, now)
    return done


def _settle_one(pk: int, number: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            locked = lock(Dispense(number=number))
            found = PendingDecision.objects.select_related("taken_by").get(pk=pk)
            if found.state != Pending.WAITING:
                return False
            decision, author = registry.DECISIONS[found.name], found.taken_by
            _refuse_author(locked, decision, author)
            _settle(found, Pending.DONE, timezone.now())
            registry.decide(registry.content_of(found), dispense=locked, user=author)
    except TransitionRefused as refusal:
        _void(pk, number, str(refusal))
        return False
    except Exception:  # whatever it is, it stops no other decision; the next sweep tries again
        logger.exception("Décision %s sur la demande %s sans effet pour l’instant", pk, number)
        if PendingDecision.objects.filter(pk=pk, effective_at__lte=now - GIVEN_UP).exists():
            _void(pk, number, "Un problème est survenu chez nous\xa0: rien n’a été modifié. Décidez de nouveau.")
        return False
    return True


def _refuse_author(dispense: Dispense, decision: Decision[Any], author: User) -> None:
    """Raises TransitionRefused when whoever decided may not any more: what does not exist yet needs the right too."""
    if not (author.is_staff and author.has_perms(decision.rights)):
        raise TransitionRefused(
            f"{author.full_name} n’a plus le droit de prendre cette décision.", code=Code.RIGHT_LOST
        )
    if parties.why_not(author, dispense):
        raise TransitionRefused(
            f"{author.full_name} est devenu partie à cette demande\xa0: un autre membre du centre doit en décider. "
            f"{parties.NOTHING_DONE}",
            code=Code.PARTY,
        )


def _void(pk: int, number: int, told: str) -> None:
    with transaction.atomic():
        lock(Dispense(number=number))
        found = PendingDecision.objects.get(pk=pk)
        if found.state == Pending.WAITING:
            _settle(found, Pending.VOID, timezone.now(), told=told)


def _settle(found: PendingDecision, state: Pending, at: datetime, *, by: User | None = None, told: str = "") -> None:
    found.state, found.settled_at, found.settled_by, found.told = state.value, at, by, told[:500]
    found.save(update_fields=["state", "settled_at", "settled_by", "told"])

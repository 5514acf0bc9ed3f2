"""One decision on many requests, made by a worker: each in its own transaction, taken up where it stopped.

What became of a request is written with its decision: a worker may die at any point, nothing is done twice nor lost.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from celery import shared_task
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from dispenses.enums import Pending
from dispenses.exceptions import TransitionRefused
from dispenses.models import BulkLine, BulkRun, Dispense, PendingDecision, QueueEntry, StandardPhrase
from dispenses.queue import assignments
from dispenses.request import undo as request_undo
from dispenses.request.decisions import registry
from dispenses.request.decisions.content import Content
from dispenses.request.permissions import BULK, DECIDE, REASSIGN, reviewers
from dispenses.request.phrases import written
from portal.lib import leases
from portal.lib.commits import after_commit
from portal.lib.hints import hint

logger = logging.getLogger(__name__)

MAX_LINES = 500
LEASE = timedelta(minutes=3)
PIECE = 50  # lines between two renewals of the lease
KEPT = timedelta(days=90)
REASSIGNMENT = "reassign"  # what else than a decision may be done to many requests


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is done to each request: the decision that `content` says, or else the reassignment to the account `to`.

    `phrases`: keys of the standard phrases that complete the text of each decision.
    """

    content: Content | None = None
    phrases: tuple[str, ...] = ()
    to: int | None = None

    @property
    def name(self) -> str:
        return registry.of(self.content).name if self.content else REASSIGNMENT

    def stored(self) -> dict[str, Any]:
        """As JSON, for the run that keeps it."""
        if self.content is None:
            return {"to": self.to}
        return {**self.content.stored(), "phrases": list(self.phrases)}

    @classmethod
    def read(cls, name: str, data: Mapping[str, Any]) -> Self:
        """The order of a run, the reverse of `name` and `stored`."""
        if name == REASSIGNMENT:
            return cls(to=data.get("to"))
        content: Content = registry.DECISIONS[name].content.read(data)
        return cls(content=content, phrases=tuple(data.get("phrases", [])))


@dataclass(frozen=True)
class Job:
    """A run with what its lines share: its order, to whom requests go, the phrases ticked, why its author may not."""

    run: BulkRun
    order: Order
    to: User | None
    phrases: list[StandardPhrase]
    refusal: str


def start(*, key: UUID, by: User, order: Order, lines: Sequence[tuple[int, str]]) -> bool:
    """Have a worker give one order on each (number, instant of the status seen). Twice is once.

    False when the key served for something else, of which nothing is changed.
    """
    try:
        with transaction.atomic():
            run = BulkRun.objects.create(key=key, by=by, name=order.name, data=order.stored())
            BulkLine.objects.bulk_create([BulkLine(run=run, number=number, seen=seen) for number, seen in lines])
            after_commit(hint, work, str(key))
    except IntegrityError:
        before = BulkRun.objects.filter(pk=key).first()
        if before is None:
            raise
        same = set(before.lines.values_list("number", "seen")) == set(lines)
        return same and (before.by_id, Order.read(before.name, before.data)) == (by.pk, order)
    return True


@shared_task(name="dispenses.tasks.decide_in_bulk")
def work(key: UUID | str, now: datetime | None = None) -> None:
    """Take the decisions of one run that are left, if nobody else does."""
    held = leases.take(_unfinished(), UUID(str(key)), lease=LEASE, now=now)
    if held is None:
        return
    left = BulkLine.objects.filter(run=held.row, done__isnull=True).order_by("pk").values_list("pk", flat=True)
    try:
        while piece := list(left[:PIECE]):
            job = _job(held.row.key)
            for pk in piece:
                _decide(job, pk)
            held.renew()
        held.finish(finished_at=timezone.now())
    except leases.LeaseLost:
        logger.warning("Lot %s : repris par un autre processus", key)


def _unfinished() -> QuerySet[BulkRun]:
    return BulkRun.objects.filter(finished_at__isnull=True)


def _job(key: UUID) -> Job:
    """The run as it is now: its author's rights, the phrases and the people may change while it lasts."""
    run = BulkRun.objects.select_related("by").get(pk=key)
    order = Order.read(run.name, run.data)
    phrases = list(StandardPhrase.objects.filter(pk__in=order.phrases))
    to = reviewers().filter(pk=order.to).first() if order.to else None
    return Job(run, order, to, phrases, _no_longer(run, order, phrases))


@shared_task(name="dispenses.tasks.sweep_bulk")
def sweep(now: datetime | None = None) -> None:
    """Take up the runs whose task was lost or whose worker died."""
    leases.sweep(leases.due(_unfinished(), now=now).order_by("at"), lambda key: work(key, now), most=20)


@shared_task(name="dispenses.tasks.purge_bulk")
def purge(now: datetime | None = None) -> None:
    """Forget the runs of long ago: the requests keep their history."""
    now = now or timezone.now()
    BulkRun.objects.filter(finished_at__lt=now - KEPT).delete()


def undo(*, run: BulkRun, user: User, may_undo_all: bool = False) -> tuple[int, int, list[str]]:
    """Stop a run and undo its decisions that have no effect yet: (undone, never decided, what is told)."""
    stopped = run.lines.filter(done__isnull=True).update(done=False, told="Arrêtée avant d’être décidée")
    done, refusals = 0, []
    for line in run.lines.filter(decision__state=Pending.WAITING):
        try:
            request_undo.undo(number=line.number, pk=line.decision_id or 0, user=user, may_undo_all=may_undo_all)
            done += 1
        except TransitionRefused as refusal:
            refusals.append(str(refusal))
    return done, stopped, refusals


def _no_longer(run: BulkRun, order: Order, phrases: list[StandardPhrase]) -> str:
    """Why nothing of it may be decided any more, if so: what its author was allowed is read again when it is done."""
    if len(phrases) != len(order.phrases):
        return "Une phrase type choisie vient d’être supprimée\xa0: recommencez sans elle. Rien n’a été modifié."
    wanted = registry.of(order.content).rights if order.content else (DECIDE, REASSIGN)
    if run.by.is_staff and run.by.has_perms([BULK, *wanted]):
        return ""
    return "Vous n’avez plus le droit de prendre cette décision. Rien n’a été modifié."


def _decide(job: Job, pk: int) -> None:
    with transaction.atomic():
        line = BulkLine.objects.select_for_update().get(pk=pk)
        if line.done is not None:  # another worker, when our lease had passed
            return
        line.done, line.told, line.decision = (False, job.refusal, None) if job.refusal else _one(line, job)
        line.save(update_fields=["done", "told", "decision"])


def _one(line: BulkLine, job: Job) -> tuple[bool, str, PendingDecision | None]:
    """(whether done, what is told, what waits) of one request; nothing of it stops the next."""
    by = job.run.by
    try:
        with transaction.atomic():
            if job.order.content is None:
                return (*_reassign(line.number, by, job.to), None)
            content = _composed(job.order.content, job.phrases, line.number)
            pending = request_undo.take(number=line.number, user=by, seen=line.seen, content=content)
            return True, "" if pending else "Fait", pending
    except TransitionRefused as refused:
        return False, str(refused)[:500], None
    except (Dispense.DoesNotExist, QueueEntry.DoesNotExist):
        return False, "Cette demande n’existe pas.", None
    except Exception:  # whatever it is, it stops no other
        logger.exception("Décision en lot impossible sur la demande %s", line.number)
        return False, "Un problème est survenu chez nous\xa0: rien n’a été modifié. Réessayez.", None


def _composed(content: Content, phrases: list[StandardPhrase], number: int) -> Content:
    """The decision for this request: what was typed, then the standard phrases in its own words."""
    if not phrases:
        return content
    dispense = Dispense.objects.select_related("employee__employer").get(number=number)
    field = registry.of(content).text
    texts = [getattr(content, field), *(written(phrase, dispense) for phrase in phrases)]
    return replace(content, **{field: "\n".join(filter(None, texts))})


def _reassign(number: int, by: User, to: User | None) -> tuple[bool, str]:
    if to is None:
        return False, "Cette personne n’examine plus de demandes. Rien n’a été modifié."
    moved = assignments.assign(number=number, to=to, by=by, may_reassign=True)
    return True, f"Attribuée à {to.full_name}" if moved else f"Déjà à {to.full_name}"

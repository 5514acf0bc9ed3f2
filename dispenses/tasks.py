from uuid import UUID

from celery import shared_task
from django.utils import timezone

from dispenses.desk import together
from dispenses.documents import examination, reconciliation
from dispenses.employer import digests
from dispenses.packs import preparation
from dispenses.queue import assignments, figures, rows
from dispenses.request import bulk, decisions, drafts, reminders, undo


@shared_task(name="dispenses.tasks.end_dispenses")
def end_dispenses() -> None:
    decisions.end_dispenses(timezone.localdate())


@shared_task(name="dispenses.tasks.settle_decisions")
def settle_decisions() -> None:
    undo.settle_due(timezone.now())


@shared_task(name="dispenses.tasks.decide_in_bulk")
def decide_in_bulk(key: str) -> None:
    bulk.work(UUID(key), timezone.now())


@shared_task(name="dispenses.tasks.sweep_bulk")
def sweep_bulk() -> None:
    bulk.sweep(timezone.now())


@shared_task(name="dispenses.tasks.purge_bulk")
def purge_bulk() -> None:
    bulk.purge(timezone.now())


@shared_task(name="dispenses.tasks.remind_complements")
def remind_complements() -> None:
    reminders.remind_complements(timezone.now())


@shared_task(name="dispenses.tasks.purge_drafts")
def purge_drafts() -> None:
    drafts.purge_drafts(timezone.now())


@shared_task(name="dispenses.tasks.release_forgotten")
def release_forgotten() -> None:
    assignments.release_forgotten(timezone.now())


@shared_task(name="dispenses.tasks.purge_presence")
def purge_presence() -> None:
    together.purge_presence(timezone.now())


@shared_task(name="dispenses.tasks.refresh_people")
def refresh_people() -> None:
    rows.refresh_people(timezone.now())


@shared_task(name="dispenses.tasks.refresh_figures")
def refresh_figures() -> None:
    figures.refresh(timezone.now())


@shared_task(name="dispenses.tasks.rebuild_figures")
def rebuild_figures() -> None:
    figures.rebuild(timezone.now())


# Long ones are acknowledged at once: the row's lease brings them back. kombu's Redis transport ends the worker when its
# broker dies while a message is not acknowledged (AttributeError in restore_unacked, on a connection already closed).


@shared_task(name="dispenses.tasks.examine", acks_late=False)
def examine(pk: int) -> None:
    examination.examine(pk)


@shared_task(name="dispenses.tasks.examine_due", acks_late=False)
def examine_due() -> None:
    examination.sweep()


@shared_task(name="dispenses.tasks.rescan", acks_late=False)
def rescan() -> None:
    examination.rescan(timezone.now())


@shared_task(name="dispenses.tasks.reconcile_storage", acks_late=False)
def reconcile_storage() -> None:
    now = timezone.now()
    reconciliation.reconcile(now, folders=reconciliation.folders_of(now.hour))


@shared_task(name="dispenses.tasks.prepare_pack", acks_late=False)
def prepare_pack(pk: int) -> None:
    preparation.prepare(pk)


@shared_task(name="dispenses.tasks.prepare_packs", acks_late=False)
def prepare_packs() -> None:
    preparation.sweep(timezone.now())


@shared_task(name="dispenses.tasks.send_digests")
def send_digests() -> None:
    digests.send_digests(timezone.now())

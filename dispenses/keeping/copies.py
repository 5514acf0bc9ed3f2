"""The copy of a person's data: asked for, made by a worker, kept some days, taken by its owner alone, deleted.

A worker takes it by moving its due date past a lease and writes the ZIP to a file of its own: what one person has is
made in one go. Rows are the truth: one that dies gives the copy back.
"""

import logging
import tempfile
from datetime import datetime, timedelta

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpResponseBase
from django.utils import timezone

from accounts.models import User
from dispenses.documents import objects
from dispenses.enums import CopyStatus
from dispenses.exceptions import Code, CopyRefused
from dispenses.keeping import emails, personal
from dispenses.models import DataCopy, copy_storage
from portal.lib import leases
from portal.lib.commits import after_commit
from portal.lib.hints import hint
from portal.lib.leases import Held, LeaseLost

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=6)  # longer than any task may last
ATTEMPTS = 12  # about six hours of a silent storage
FIRST_DELAY = 30  # seconds, doubled at each attempt
LONGEST_DELAY = 3600
CONTENT_TYPE = "application/zip"
FILE_NAME = "mes-donnees.zip"


@transaction.atomic
def ask(*, user: User) -> DataCopy:
    """Queue a copy. Raises CopyRefused while there is one, being made or to be taken."""
    over = Q(status=CopyStatus.FAILED) | Q(status=CopyStatus.READY, expires_at__lte=timezone.now())
    for former in DataCopy.objects.filter(over, user=user):
        _forget(former)
    copy = DataCopy(user=user)
    try:
        with transaction.atomic():
            copy.save()
    except IntegrityError as error:
        raise CopyRefused(
            "Une copie de vos données est déjà en préparation, ou prête\xa0: une seule à la fois.", code=Code.COPY_ASKED
        ) from error
    after_commit(hint, prepare, copy.pk)
    return copy


def of(user: User) -> DataCopy | None:
    """The person's copy, being made, failed or to be taken."""
    copy = DataCopy.objects.filter(user=user).first()
    return copy if copy and (copy.is_ready or copy.status != CopyStatus.READY) else None


def handed_over(user: User) -> HttpResponseBase:
    """The person's own copy as a download. Raises CopyRefused unless it is ready, OSError for a silent storage."""
    copy = of(user)
    if copy is None or not copy.is_ready:
        raise CopyRefused("Cette copie n’est plus disponible. Demandez-en une nouvelle.", code=Code.COPY_GONE)
    storage = copy_storage()
    source = objects.opened(storage, copy.key)
    return objects.download(storage, copy.key, source, name=FILE_NAME, content_type=CONTENT_TYPE)


def try_again(copy: DataCopy) -> bool:
    """Make a copy that was given up. False when it is not given up any more."""
    with transaction.atomic():
        again = DataCopy.objects.filter(pk=copy.pk, status=CopyStatus.FAILED).update(
            status=CopyStatus.QUEUED, attempts=0, due_at=timezone.now()
        )
        if again:
            after_commit(hint, prepare, copy.pk)
    return bool(again)


@shared_task(name="dispenses.tasks.prepare_data_copies")
def sweep(now: datetime | None = None) -> int:
    """Take up every copy that is due and delete those whose days are over. Returns how many were worked on."""
    now = now or timezone.now()
    expire(now)
    return leases.sweep(leases.due(_open(), field="due_at", now=now).order_by("due_at", "pk"), prepare, most=20)


@shared_task(name="dispenses.tasks.prepare_data_copy")
def prepare(pk: int) -> None:
    """Make one copy, if nobody does."""
    held = leases.take(_open(), pk, lease=LEASE, field="due_at", attempts=F("attempts") + 1)
    if held is None:
        return
    try:
        _make(held)
    except LeaseLost:
        logger.warning("Copie de données %d : reprise par un autre processus", pk)
    except OSError as error:
        _postpone(held, error)
    except SoftTimeLimitExceeded as error:
        _postpone(held, error)
        raise


def _open() -> QuerySet[DataCopy]:
    return DataCopy.objects.filter(status=CopyStatus.QUEUED).select_related("user")


def _make(held: Held[DataCopy]) -> None:
    copy = held.row
    with tempfile.TemporaryFile("w+b") as file:
        personal.write(copy.user, file)
        size = file.seek(0, 2)
        held.renew()  # still ours, before anything is written under a name that another worker may use
        objects.write_over(copy_storage(), copy.key, file)
    now = timezone.now()
    with transaction.atomic():
        expires = now + timedelta(days=settings.PORTAL_DATA_DAYS)
        held.finish(status=CopyStatus.READY, size=size, ready_at=now, expires_at=expires)
        emails.copy_ready(copy)


def _postpone(held: Held[DataCopy], error: BaseException) -> None:
    copy = held.row
    logger.warning("Copie de données %d : reportée, %s", copy.pk, error or type(error).__name__)
    try:
        if copy.attempts < ATTEMPTS:
            delay = min(FIRST_DELAY * 2**copy.attempts, LONGEST_DELAY)
            held.give_back(at=timezone.now() + timedelta(seconds=delay))
        else:
            held.finish(status=CopyStatus.FAILED)
            logger.error("Copie de données %d : abandonnée", copy.pk)
    except LeaseLost:
        logger.warning("Copie de données %d : reprise par un autre processus", copy.pk)


def expire(now: datetime) -> int:
    """Delete the copies whose days are over. Returns how many; what a silent storage keeps is tried again."""
    return sum(_forget(copy) for copy in DataCopy.objects.filter(status=CopyStatus.READY, expires_at__lte=now)[:100])


def _forget(copy: DataCopy) -> bool:
    try:
        copy_storage().delete(copy.key)
    except OSError as error:
        logger.warning("Copie de données %d : pas encore effacée, %s", copy.pk, error)
        return False
    return bool(DataCopy.objects.filter(pk=copy.pk).delete()[0])

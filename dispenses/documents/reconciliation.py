"""Rows and stored objects compared both ways: an object without a row is deleted, a row without object is flagged."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from dispenses.documents.storage import original_of, picture_key
from dispenses.enums import PreviewStatus
from dispenses.models import Justificatif, justificatif_storage

logger = logging.getLogger(__name__)

FOLDERS = [f"{number:02x}" for number in range(256)]  # first two characters of the random keys
ORPHAN_AGE = timedelta(days=1)  # an upload in progress has its bytes before its row
TOO_MANY = 20  # orphans in one run, above which more orphans than known objects means the wrong database or bucket


@dataclass
class Found:
    """What one run saw: keys of the objects that belong to a row, of those that do not, and rows without object."""

    known: int = 0
    orphans: list[str] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)


@shared_task(name="dispenses.tasks.reconcile_storage")
def reconcile_storage() -> None:
    """Compare the folders of this hour."""
    now = timezone.now()
    reconcile(now, folders=folders_of(now.hour))


def reconcile(now: datetime, *, folders: list[str] = FOLDERS) -> Found:
    """Compare, delete the orphans older than a day, flag the rows whose object is missing. Raises OSError.

    Nothing is deleted when most of what is stored is unknown: that is another portal's storage.
    """
    found = Found()
    for folder in folders:
        _compare(folder, now, found)
    if len(found.orphans) > TOO_MANY and len(found.orphans) > found.known:
        logger.error("Stockage inconnu : %d objets sans ligne, rien n’est supprimé", len(found.orphans))
        return found
    for key in found.orphans:
        justificatif_storage().delete(key)
    if found.orphans:
        logger.warning("%d objets sans ligne supprimés", len(found.orphans))
    return found


def folders_of(hour: int) -> list[str]:
    """The share of the folders looked at in the hour `hour` (0 to 23): each folder once a day."""
    return FOLDERS[hour % 24 :: 24]


def _compare(folder: str, now: datetime, found: Found) -> None:
    rows = {name: (pk, since) for pk, name, since in _rows(folder, now)}
    keys = {f"{folder}/{name}" for name in _names(folder)}
    current = set(
        Justificatif.objects.filter(file__in={original_of(key) for key in keys}).values_list("file", flat=True)
    )
    for key in keys:
        if original_of(key) in current:
            found.known += 1
        elif _is_old(key, now):
            found.orphans.append(key)
    _redraw(folder, keys)
    lost = {name for name in rows if name not in keys and not justificatif_storage().exists(name)}
    _flag(rows, lost, now, found)


def _redraw(folder: str, keys: set[str]) -> None:
    """Pictures that are gone (a restored backup, say) are made again: the row no longer says that they are there."""
    ready = Justificatif.objects.filter(file__startswith=f"{folder}/", preview_status=PreviewStatus.READY)
    for justificatif in ready.iterator():
        pictures = {picture_key(justificatif, page) for page in range(justificatif.preview_pages + 1)}
        if not pictures <= keys:
            Justificatif.objects.filter(pk=justificatif.pk, preview_status=PreviewStatus.READY).update(
                preview_status=PreviewStatus.PENDING, preview_attempts=0, preview_next_at=timezone.now()
            )


def _rows(folder: str, now: datetime) -> list[tuple[int, str, datetime | None]]:
    received = Justificatif.objects.filter(file__startswith=f"{folder}/", received_at__lt=now)
    return list(received.values_list("pk", "file", "missing_since"))


def _names(folder: str) -> list[str]:
    try:
        return justificatif_storage().listdir(folder)[1]
    except FileNotFoundError:
        return []


def _is_old(key: str, now: datetime) -> bool:
    try:
        modified: datetime = justificatif_storage().get_modified_time(key)  # aware, whatever the storage
    except FileNotFoundError:  # removed in between
        return False
    return modified < now - ORPHAN_AGE


def _flag(rows: dict[str, tuple[int, datetime | None]], lost: set[str], now: datetime, found: Found) -> None:
    for name, (pk, since) in rows.items():
        if name in lost and since is None:
            if Justificatif.objects.filter(pk=pk, file=name).update(missing_since=now):
                logger.error("Justificatif %d : son fichier est introuvable", pk)
        elif name not in lost and since is not None:
            Justificatif.objects.filter(pk=pk).update(missing_since=None)
        if name in lost:
            found.missing.append(pk)

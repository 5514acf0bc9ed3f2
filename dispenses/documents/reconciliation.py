"""Rows and stored objects compared both ways: an object without a row is set apart, then deleted; a row without its
object is flagged.

An object that no row names may be the rest of a cut upload, or evidence that an older dump, restored this morning, does
not know. So it is written down when it is first seen, deleted a fortnight later if no row has named it meanwhile, and
never by the program alone when there are many of them, or when it came after the newest row.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import Max, Q
from django.utils import timezone

from dispenses.documents.storage import original_of, picture_key
from dispenses.enums import PreviewStatus
from dispenses.models import Justificatif, UnknownObject, justificatif_storage

logger = logging.getLogger(__name__)

FOLDERS = [f"{number:02x}" for number in range(256)]  # first two characters of the random keys
ORPHAN_AGE = timedelta(days=1)  # an upload in progress has its bytes before its row
SET_APART = timedelta(days=14)  # between the first sight of an object without a row and its deletion
FEW = 20  # objects deleted in one run, beyond which a larger share than the next one wants an operator's word
SHARE = 0.02


@dataclass
class Found:
    """What one run saw.

    `known`: objects that belong to a row. `orphans`: when those without a row were written, by key; `due`: those that
    were set apart long enough; `deleted`: those that are gone now. `missing`: rows without their object.
    """

    known: int = 0
    orphans: dict[str, datetime] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)


@shared_task(name="dispenses.tasks.reconcile_storage")
def reconcile_storage() -> None:
    """Compare the folders of this hour."""
    now = timezone.now()
    reconcile(now, folders=folders_of(now.hour))


def reconcile(now: datetime, *, folders: list[str] = FOLDERS) -> Found:
    """Compare, set the orphans apart, delete those that were long enough, flag rows without object. Raises OSError."""
    found = look(now, folders=folders)
    if len(found.due) > max(FEW, SHARE * found.known):
        logger.error(
            "%d objets sans ligne pour %d connus : base restaurée, ou stockage d’un autre portail ? "
            "Rien n’est supprimé. Voir manage.py sweep_storage.",
            len(found.due), found.known,
        )  # fmt: skip
        return found
    newest = Justificatif.objects.aggregate(at=Max("received_at"))["at"]
    late = [key for key in found.due if newest is None or found.orphans[key] > newest]
    if late:
        logger.error(
            "%d objets sans ligne plus récents que la base : une sauvegarde a-t-elle été restaurée ? Ils sont gardés. "
            "Voir manage.py sweep_storage.",
            len(late),
        )
    delete(found, [key for key in found.due if key not in set(late)])
    return found


def look(now: datetime, *, folders: list[str] = FOLDERS) -> Found:
    """Compare and write down, delete nothing. Raises OSError."""
    found = Found()
    for folder in folders:
        _compare(folder, now, found)
    _set_apart(found, folders, now)
    return found


def delete(found: Found, keys: list[str]) -> None:
    """Delete these objects of `found`. Raises OSError; those that are gone by then are not counted twice."""
    for key in keys:
        justificatif_storage().delete(key)
        UnknownObject.objects.filter(key=key).delete()
        found.deleted.append(key)
    if keys:
        logger.warning("%d objets sans ligne supprimés", len(keys))


def _set_apart(found: Found, folders: list[str], now: datetime) -> None:
    """Write down the orphans seen for the first time, forget those that a row names again or that are gone."""
    starting = Q()
    for folder in folders:
        starting |= Q(key__startswith=f"{folder}/")
    known = dict(UnknownObject.objects.filter(starting).values_list("key", "seen_at"))
    UnknownObject.objects.filter(key__in=[key for key in known if key not in found.orphans]).delete()
    new = [UnknownObject(key=key, seen_at=now) for key in found.orphans if key not in known]
    UnknownObject.objects.bulk_create(new, ignore_conflicts=True)
    found.due = sorted(key for key in found.orphans if key in known and known[key] <= now - SET_APART)


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
        elif (written := _written(key)) and written < now - ORPHAN_AGE:
            found.orphans[key] = written
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


def _written(key: str) -> datetime | None:
    """When the object was written, None when it has been removed in between."""
    try:
        modified: datetime = justificatif_storage().get_modified_time(key)  # aware, whatever the storage
    except FileNotFoundError:
        return None
    return modified


def _flag(rows: dict[str, tuple[int, datetime | None]], lost: set[str], now: datetime, found: Found) -> None:
    for name, (pk, since) in rows.items():
        if name in lost and since is None:
            if Justificatif.objects.filter(pk=pk, file=name).update(missing_since=now):
                logger.error("Justificatif %d : son fichier est introuvable", pk)
        elif name not in lost and since is not None:
            Justificatif.objects.filter(pk=pk).update(missing_since=None)
        if name in lost:
            found.missing.append(pk)

"""What happens to a justificatif once received: antivirus, pictures, reading help. Rows are the truth, tasks are hints.

A step is taken by moving its due date past a lease, in one conditional UPDATE; its result is written by another one,
over the state that was read. A worker that dies in between gives its step back when the lease ends.
"""

import logging
import random
import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from dispenses.documents import emails, hints, previews, scanning, storage
from dispenses.enums import PreviewStatus, ScanStatus
from dispenses.models import Dispense, Justificatif
from portal.lib.hints import hint

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=6)  # longer than any task may last
FIRST_DELAY = 30  # seconds, doubled at each attempt
LONGEST_DELAY = 3600  # seconds
SCAN_ATTEMPTS = 12  # about six hours; then each night
PREVIEW_ATTEMPTS = 3  # of a document that cannot be drawn; a silent storage is waited for as the antivirus is
SWEEP_SECONDS = 180  # under the soft time limit of the tasks
RESCAN_EVERY = timedelta(hours=20)
RESCAN_AGE = timedelta(days=30)
BATCH = 200


class _Down(Exception):
    """The antivirus or the storage does not answer: the other files would wait for nothing."""


def first_status() -> ScanStatus:
    """Status of a file just received."""
    return ScanStatus.PENDING if settings.PORTAL_CLAMD else ScanStatus.DISABLED


def start(justificatif: Justificatif) -> None:
    """Have a worker examine the file once the transaction is committed."""
    transaction.on_commit(partial(hint, examine, justificatif.pk), robust=True)


@shared_task(name="dispenses.tasks.examine", acks_late=False)
def examine(pk: int) -> bool:
    """Do what is due for one justificatif. Returns False when the antivirus or the storage does not answer."""
    try:
        _scan(pk)
        _draw(pk)
    except _Down:
        return False
    return True


@shared_task(name="dispenses.tasks.examine_due", acks_late=False)
def sweep(*, seconds: float = SWEEP_SECONDS) -> int:
    """Examine all that is due: lost tasks, dead workers, failures to be tried again. Returns how many files."""
    _follow_settings()
    end = time.monotonic() + seconds
    done = 0
    for pk in list(_due().values_list("pk", flat=True)[:BATCH]):
        if time.monotonic() > end or not examine(pk):
            break
        done += 1
    return done


def _follow_settings() -> None:
    """The antivirus was switched on or off since: what was not scanned is to be, or the other way round."""
    if settings.PORTAL_CLAMD:
        Justificatif.objects.filter(scan_status=ScanStatus.DISABLED).update(
            scan_status=ScanStatus.PENDING, scan_attempts=0, scan_next_at=timezone.now()
        )
    else:
        Justificatif.objects.filter(scan_status__in=[ScanStatus.PENDING, ScanStatus.FAILED]).update(
            scan_status=ScanStatus.DISABLED, scan_detail=""
        )


def _due() -> QuerySet[Justificatif]:
    now = timezone.now()
    to_scan = Q(scan_status=ScanStatus.PENDING, scan_next_at__lte=now)
    to_draw = Q(preview_status=PreviewStatus.PENDING, preview_next_at__lte=now, scan_status__in=_released())
    return Justificatif.objects.filter(to_scan | to_draw).order_by("received_at", "pk")


def _released() -> list[ScanStatus]:
    return [ScanStatus.CLEAN] if settings.PORTAL_CLAMD else [ScanStatus.CLEAN, ScanStatus.DISABLED]


def _later(attempts: int) -> datetime:
    """When to try again: the files of one outage do not all come back at the same instant."""
    delay = min(FIRST_DELAY * 2 ** max(0, attempts - 1), LONGEST_DELAY)
    return timezone.now() + timedelta(seconds=delay * random.uniform(0.8, 1.2))  # noqa: S311 – no secret here


# Antivirus


def _scan(pk: int) -> None:
    now = timezone.now()
    claimed = Justificatif.objects.filter(pk=pk, scan_status=ScanStatus.PENDING, scan_next_at__lte=now).update(
        scan_next_at=now + LEASE, scan_attempts=F("scan_attempts") + 1
    )
    justificatif = Justificatif.objects.filter(pk=pk).first() if claimed else None
    if justificatif is None:
        return
    scanner = scanning.scanner()
    if scanner is None:
        settle_scan(pk, ScanStatus.DISABLED)
        return
    try:
        virus = _verdict(justificatif, scanner)
    except (scanning.NotScanned, FileNotFoundError) as error:
        settle_scan(pk, ScanStatus.FAILED, str(error) or "fichier introuvable")
    except (scanning.ScannerUnavailable, OSError) as error:
        _postpone_scan(justificatif, error)
        raise _Down from error
    except SoftTimeLimitExceeded as error:
        _postpone_scan(justificatif, error)
        raise
    else:
        settle_scan(pk, ScanStatus.INFECTED if virus else ScanStatus.CLEAN, virus)


def _verdict(justificatif: Justificatif, scanner: scanning.Scanner) -> str:
    with storage.opened(justificatif) as file:
        return scanner.scan(file)


@transaction.atomic
def settle_scan(pk: int, status: ScanStatus, detail: str = "", *, over: ScanStatus = ScanStatus.PENDING) -> bool:
    """Write a verdict over the status that was read, never over another. Returns whether it was written.

    A virus sets the file aside: its pictures go, its owner is told, in the same transaction.
    """
    won = Justificatif.objects.filter(pk=pk, scan_status=over).update(
        scan_status=status, scanned_at=timezone.now(), scan_detail=detail[:200]
    )
    if not won:
        return False
    if status is ScanStatus.INFECTED:
        logger.warning("Justificatif %d : virus %s", pk, detail[:200])
        _set_aside(Justificatif.objects.select_related("dispense__employee__user").get(pk=pk))
    elif status is ScanStatus.FAILED:
        logger.error("Justificatif %d : pas d’analyse antivirus, %s", pk, detail)
    return True


def _set_aside(justificatif: Justificatif) -> None:
    if justificatif.preview_pages:
        transaction.on_commit(partial(storage.forget_pictures, justificatif), robust=True)
        Justificatif.objects.filter(pk=justificatif.pk).update(preview_pages=0, preview_status=PreviewStatus.FAILED)
    Dispense.objects.filter(pk=justificatif.dispense_id).update(has_virus=True)
    emails.infected(justificatif)


def _postpone_scan(justificatif: Justificatif, error: BaseException) -> None:
    if justificatif.scan_attempts >= SCAN_ATTEMPTS:
        settle_scan(justificatif.pk, ScanStatus.FAILED, str(error) or type(error).__name__)
        return
    logger.warning("Justificatif %d : analyse reportée, %s", justificatif.pk, error)
    Justificatif.objects.filter(pk=justificatif.pk, scan_status=ScanStatus.PENDING).update(
        scan_next_at=_later(justificatif.scan_attempts), scan_detail=(str(error) or type(error).__name__)[:200]
    )


@shared_task(name="dispenses.tasks.rescan", acks_late=False)
def rescan(now: datetime | None = None, *, seconds: float = SWEEP_SECONDS) -> int:
    """Scan again, with the signatures of the day, what is younger than 30 days. Returns how many files.

    A clean file stays released meanwhile and unless a virus is found; one that could not be scanned is tried anew.
    """
    now = now or timezone.now()
    if not settings.PORTAL_CLAMD:
        return 0
    recent = Justificatif.objects.filter(received_at__gt=now - RESCAN_AGE, scanned_at__lt=now - RESCAN_EVERY)
    recent.filter(scan_status=ScanStatus.FAILED).update(
        scan_status=ScanStatus.PENDING, scan_attempts=0, scan_next_at=now
    )
    scanner = scanning.scanner()
    end = time.monotonic() + seconds
    done = 0
    for justificatif in recent.filter(scan_status=ScanStatus.CLEAN).order_by("scanned_at")[:BATCH]:
        if scanner is None or time.monotonic() > end:
            break
        try:
            virus = _verdict(justificatif, scanner)
        except FileNotFoundError:
            continue  # the comparison with the storage says so
        except (scanning.ScannerUnavailable, scanning.NotScanned, OSError) as error:
            logger.warning("Nouvelle analyse interrompue : %s", error)
            break
        status = ScanStatus.INFECTED if virus else ScanStatus.CLEAN
        done += settle_scan(justificatif.pk, status, virus, over=ScanStatus.CLEAN)
    return done


# Pictures and reading help


def _draw(pk: int) -> None:
    now = timezone.now()
    due = Justificatif.objects.filter(
        pk=pk, preview_status=PreviewStatus.PENDING, preview_next_at__lte=now, scan_status__in=_released()
    )
    claimed = due.update(preview_next_at=now + LEASE, preview_attempts=F("preview_attempts") + 1)
    justificatif = Justificatif.objects.select_related("dispense__employee").filter(pk=pk).first() if claimed else None
    if justificatif is None:
        return
    try:
        with (
            storage.opened(justificatif) as original,
            previews.drawn(original, justificatif.content_type) as drawn,
        ):
            storage.store_pictures(justificatif, drawn)
            if _settle_drawing(justificatif, PreviewStatus.READY, len(drawn.pages)):
                _read(justificatif, drawn)
    except previews.CannotDraw as error:
        logger.warning("Justificatif %d : pas d’aperçu, %s", pk, error)
        _postpone_drawing(justificatif, PREVIEW_ATTEMPTS)
    except OSError as error:
        logger.warning("Justificatif %d : aperçu reporté, %s", pk, error)
        _postpone_drawing(justificatif, SCAN_ATTEMPTS)
        raise _Down from error


def _settle_drawing(justificatif: Justificatif, status: PreviewStatus, pages: int) -> bool:
    """The pages are stored before the row says so; those of a file removed or set aside meanwhile are deleted."""
    won = Justificatif.objects.filter(
        pk=justificatif.pk, preview_status=PreviewStatus.PENDING, scan_status__in=_released()
    ).update(preview_status=status, preview_pages=pages)
    if not won and pages:
        justificatif.preview_pages = pages
        storage.forget_pictures(justificatif)
    return bool(won)


def _postpone_drawing(justificatif: Justificatif, most: int) -> None:
    if justificatif.preview_attempts >= most:
        _settle_drawing(justificatif, PreviewStatus.FAILED, 0)
        return
    Justificatif.objects.filter(pk=justificatif.pk, preview_status=PreviewStatus.PENDING).update(
        preview_next_at=_later(justificatif.preview_attempts)
    )


def _read(justificatif: Justificatif, drawn: previews.Drawn) -> None:
    """Keep what the document seems to say. A scan or a photo is read by Tesseract, where the machine has it."""
    employee = justificatif.dispense.employee
    found: dict[str, Any] = hints.of_text(drawn.text, employee.first_name, employee.last_name)
    if not found["readable"]:
        found = hints.of_text(hints.ocr(drawn.pages), employee.first_name, employee.last_name)
        found |= hints.of_picture(drawn.short_side, drawn.sharpness)
    Justificatif.objects.filter(pk=justificatif.pk).update(hints=found)

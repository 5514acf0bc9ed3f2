"""What happens to a justificatif once received: antivirus, pictures, reading help. Rows are the truth, tasks are hints.

A step is taken by moving its due date past a lease, in one conditional UPDATE; its result is written by another one,
over the state that was read. A worker that dies in between gives its step back when the lease ends.

People take turns: the next file is one of the person whose files a worker took up the longest ago, so that whoever
sends forty of them is examined between the others, not before them.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_init
from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from dispenses.documents import drawing_folders, emails, hints, previews, scanning, storage
from dispenses.enums import PreviewStatus, ScanStatus
from dispenses.models import Dispense, Justificatif
from portal.lib import leases
from portal.lib.commits import after_commit
from portal.lib.hints import hint
from portal.lib.leases import Held, LeaseLost

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=6)  # longer than any task may last
FIRST_DELAY = 30  # seconds, doubled at each attempt
LONGEST_DELAY = 3600  # seconds
ATTEMPTS = 12  # when it is not the document's fault: about six hours; then, for the antivirus, each night
SWEEP_SECONDS = 180  # under the soft time limit of the tasks
RESCAN_EVERY = timedelta(hours=20)
RESCAN_AGE = timedelta(days=30)
BATCH = 200
OLDEST = 500  # files among which people take turns: more wait after an outage alone


class _Down(Exception):
    """The antivirus or the storage does not answer: the other files would wait for nothing."""


def first_status() -> ScanStatus:
    """Status of a file just received."""
    return ScanStatus.PENDING if settings.PORTAL_CLAMD else ScanStatus.DISABLED


def start(justificatif: Justificatif) -> None:
    """Have a worker examine the file once the transaction is committed."""
    after_commit(hint, examine_next)


@shared_task(name="dispenses.tasks.examine_next")
def examine_next() -> bool | None:
    """Do what is due for the file whose turn it is. Returns None when nothing is due, else what `examine` says.

    What is still due then has its hint: files whose own was lost are before those that come, and do not make them wait
    for the next sweep.
    """
    done = _examine_next(Justificatif.objects.all())
    if done and _waiting(Justificatif.objects.all()).exists():
        hint(examine_next)
    return done


def _examine_next(among: QuerySet[Justificatif]) -> bool | None:
    pk = _take_turn(among)
    return None if pk is None else examine(pk)


def _take_turn(among: QuerySet[Justificatif]) -> int | None:
    """The file to examine now, which counts as taken up. None when nothing is due."""
    while turn := _waiting(among).values_list("pk", "examined_at").first():
        pk, seen = turn
        if Justificatif.objects.filter(pk=pk, examined_at=seen).update(examined_at=timezone.now()):
            return int(pk)  # else another worker took that turn: somebody else's is next
    return None


def _waiting(among: QuerySet[Justificatif]) -> QuerySet[Justificatif]:
    """What is due `among` these: the files of people never served first, then of those who were the longest ago."""
    due = leases.due(_to_scan(), field="scan_next_at") | leases.due(_to_draw(), field="preview_next_at")
    oldest = (due & among).order_by("received_at", "pk").values("pk")[:OLDEST]
    theirs = Justificatif.objects.filter(dispense__employee=OuterRef("dispense__employee")).order_by()
    served = theirs.values("dispense__employee").annotate(at=Max("examined_at")).values("at")
    waiting = Justificatif.objects.filter(pk__in=oldest).annotate(served=Subquery(served))
    return waiting.order_by(F("served").asc(nulls_first=True), "received_at", "pk")


@shared_task(name="dispenses.tasks.examine")
def examine(pk: int) -> bool:
    """Do what is due for one justificatif. Returns False when the antivirus or the storage does not answer."""
    try:
        _scan(pk)
        _draw(pk)
    except _Down:
        return False
    except LeaseLost:
        logger.info("Justificatif %d : repris par un autre processus, ou retiré", pk)
    return True


@shared_task(name="dispenses.tasks.examine_due")
def sweep(*, seconds: float = SWEEP_SECONDS) -> int:
    """Examine all that is due: lost tasks, dead workers, failures to be tried again. Returns how many files."""
    _follow_settings()
    sweep_drawing_folders()
    not_yet = Justificatif.objects.exclude(examined_at__gte=timezone.now())  # each once in a sweep
    end, done = time.monotonic() + seconds, 0
    while done < BATCH and (done == 0 or time.monotonic() < end) and _examine_next(not_yet):
        done += 1
    return done


@worker_init.connect
def sweep_drawing_folders(**options: Any) -> None:
    """Documents that a killed worker was drawing do not stay in its folders: each minute, and when a worker starts."""
    try:
        drawing_folders.sweep()
    except OSError:
        logger.exception("Dossiers de dessin non nettoyés")


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


def _to_scan() -> QuerySet[Justificatif]:
    return Justificatif.objects.filter(scan_status=ScanStatus.PENDING)


def _to_draw() -> QuerySet[Justificatif]:
    return Justificatif.objects.filter(preview_status=PreviewStatus.PENDING, scan_status__in=_released())


def _released() -> list[ScanStatus]:
    return [ScanStatus.CLEAN] if settings.PORTAL_CLAMD else [ScanStatus.CLEAN, ScanStatus.DISABLED]


def _later(attempts: int) -> datetime:
    """When to try again."""
    return leases.later(min(FIRST_DELAY * 2 ** max(0, attempts - 1), LONGEST_DELAY))


# Antivirus


def _scan(pk: int) -> None:
    attempts = F("scan_attempts") + 1
    held = leases.take(_to_scan(), pk, lease=LEASE, field="scan_next_at", scan_attempts=attempts)
    if held is None:
        return
    scanner = scanning.scanner()
    if scanner is None:
        _settle_scan(held, ScanStatus.DISABLED)
        return
    try:
        virus = _verdict(held.row, scanner)
    except (scanning.NotScanned, FileNotFoundError) as error:
        _settle_scan(held, ScanStatus.FAILED, str(error) or "fichier introuvable")
    except (scanning.ScannerUnavailable, OSError) as error:
        _postpone_scan(held, error)
        raise _Down from error
    except SoftTimeLimitExceeded as error:
        _postpone_scan(held, error)
        raise
    else:
        _settle_scan(held, ScanStatus.INFECTED if virus else ScanStatus.CLEAN, virus)


def _verdict(justificatif: Justificatif, scanner: scanning.Scanner) -> str:
    with storage.opened(justificatif) as file:
        return scanner.scan(file)


@transaction.atomic
def _settle_scan(held: Held[Justificatif], status: ScanStatus, detail: str = "") -> None:
    held.finish(scan_status=status, scanned_at=timezone.now(), scan_detail=detail[:200])
    _follow_verdict(held.row.pk, status, detail)


@transaction.atomic
def settle_again(pk: int, status: ScanStatus, detail: str) -> bool:
    """Write a new verdict over « clean », never over another. Returns whether it was written."""
    won = Justificatif.objects.filter(pk=pk, scan_status=ScanStatus.CLEAN).update(
        scan_status=status, scanned_at=timezone.now(), scan_detail=detail[:200]
    )
    if won:
        _follow_verdict(pk, status, detail)
    return bool(won)


def _follow_verdict(pk: int, status: ScanStatus, detail: str) -> None:
    """A virus sets the file aside: its pictures go, its owner is told, in the same transaction."""
    if status is ScanStatus.INFECTED:
        logger.warning("Justificatif %d : virus %s", pk, detail[:200])
        _set_aside(Justificatif.objects.select_related("dispense__employee__user").get(pk=pk))
    elif status is ScanStatus.FAILED:
        logger.error("Justificatif %d : pas d’analyse antivirus, %s", pk, detail)


def _set_aside(justificatif: Justificatif) -> None:
    if justificatif.preview_pages:
        after_commit(storage.forget_pictures, justificatif)
        Justificatif.objects.filter(pk=justificatif.pk).update(preview_pages=0, preview_status=PreviewStatus.FAILED)
    Dispense.objects.filter(pk=justificatif.dispense_id).update(has_virus=True)
    emails.infected(justificatif)


def _postpone_scan(held: Held[Justificatif], error: BaseException) -> None:
    said, attempts = str(error) or type(error).__name__, held.row.scan_attempts
    if attempts >= ATTEMPTS:
        _settle_scan(held, ScanStatus.FAILED, said)
        return
    logger.warning("Justificatif %d : analyse reportée, %s", held.row.pk, error)
    held.give_back(at=_later(attempts), scan_detail=said[:200])


@shared_task(name="dispenses.tasks.rescan")
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
        done += settle_again(justificatif.pk, status, virus)
    return done


def scan_again(pk: int) -> bool:
    """Have a file that could not be scanned tried anew. False when it has a verdict, or waits already."""
    with transaction.atomic():
        again = Justificatif.objects.filter(pk=pk, scan_status=ScanStatus.FAILED).update(
            scan_status=first_status(), scan_attempts=0, scan_next_at=timezone.now(), scan_detail=""
        )
        if again:
            after_commit(hint, examine_next)
    return bool(again)


# Pictures and reading help


def _draw(pk: int) -> None:
    rows, attempts = _to_draw().select_related("dispense__employee"), F("preview_attempts") + 1
    held = leases.take(rows, pk, lease=LEASE, field="preview_next_at", preview_attempts=attempts)
    if held is None:
        return
    justificatif = held.row
    try:
        with (
            storage.opened(justificatif) as original,
            previews.drawn(original, justificatif.content_type) as drawn,
        ):
            storage.store_pictures(justificatif, drawn)
            _settle_drawing(held, len(drawn.pages))
            _read(justificatif, drawn)
    except previews.CannotDrawNow as error:
        logger.warning("Justificatif %d : aperçu reporté, %s", pk, error)
        _postpone_drawing(held)
    except previews.CannotDraw as error:
        logger.warning("Justificatif %d : pas d’aperçu, %s", pk, error)
        held.finish(preview_status=PreviewStatus.FAILED, preview_pages=0)
    except OSError as error:
        logger.warning("Justificatif %d : aperçu reporté, %s", pk, error)
        _postpone_drawing(held)
        raise _Down from error


def _settle_drawing(held: Held[Justificatif], pages: int) -> None:
    """The pages are stored before the row says so; those of a file removed or set aside meanwhile are deleted."""
    try:
        held.finish(preview_status=PreviewStatus.READY, preview_pages=pages)
    except LeaseLost:
        # Another worker that draws the same file writes the same pictures, under the same keys: they stay.
        if not Justificatif.objects.filter(pk=held.row.pk, scan_status__in=_released()).exists():
            held.row.preview_pages = pages
            storage.forget_pictures(held.row)
        raise


def _postpone_drawing(held: Held[Justificatif]) -> None:
    if held.row.preview_attempts >= ATTEMPTS:
        held.finish(preview_status=PreviewStatus.FAILED, preview_pages=0)
        return
    held.give_back(at=_later(held.row.preview_attempts))


def _read(justificatif: Justificatif, drawn: previews.Drawn) -> None:
    """Keep what the document seems to say. A scan or a photo is read by Tesseract, where the machine has it."""
    employee = justificatif.dispense.employee
    names = (employee.first_name, employee.last_name, employee.birth_name)
    found: dict[str, Any] = hints.of_text(drawn.text, *names)
    if not found["readable"]:
        found = hints.of_text(hints.ocr(drawn.pages), *names)
        found |= hints.of_picture(drawn.short_side, drawn.sharpness)
    Justificatif.objects.filter(pk=justificatif.pk).update(hints=found)

"""An import from its upload to its end: each step is taken under a lease, so that a worker may die at any point."""

import hashlib
import logging
import tempfile
import time
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

from celery import shared_task
from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.enums import ImportStatus
from accounts.imports.analysis import Analysis, Found
from accounts.imports.exceptions import FileRefused
from accounts.imports.writing import write
from accounts.models import Employer, ImportRun, User, imports_storage
from accounts.models.imports import random_import_key
from portal.lib import leases
from portal.lib.hints import hint

logger = logging.getLogger(__name__)

PIECE = 1_000  # lines per transaction
LEASE = timedelta(minutes=3)
RUN_SECONDS = 150  # then the next sweep goes on: under the soft time limit of the tasks
SWEEP_SECONDS = 20
ATTEMPTS = 3  # readings of a file that kills its worker
TRIES = 3  # of a piece disturbed by a pre-affiliation made by hand
COPY = 1024 * 1024  # bytes
LEFT_OUT_SHOWN = 200
FILES = ("source", "rows", "errors")
FIGURES = ("lines", "ready", "changed", "unchanged", "to_correct", "absent")
AT_WORK = (ImportStatus.ANALYSING, ImportStatus.IMPORTING)
TOO_HARD = "Ce fichier n’a pas pu être lu. Enregistrez-le au format CSV UTF-8, puis choisissez ce nouveau fichier."


def start(*, employer: Employer, by: User, upload: "UploadedFile[bytes]") -> ImportRun:
    """Keep the file of a company and have it read. Raises OSError when the storage does not answer."""
    digest = hashlib.sha256()
    for chunk in upload.chunks(COPY):
        digest.update(chunk)
    upload.seek(0)
    run = ImportRun(
        employer=employer,
        created_by=by,
        name=PurePosixPath((upload.name or "fichier").replace("\\", "/")).name[:150],
        size=upload.size or 0,
        sha256=digest.hexdigest(),
    )
    run.source.save(run.name, upload, save=False)
    try:
        with transaction.atomic():
            run.save()
            _wake(run)
    except BaseException:
        with suppress(OSError):
            run.source.delete(save=False)
        raise
    return run


def _wake(run: ImportRun) -> None:
    """Have a worker take the run once the transaction is committed."""
    transaction.on_commit(partial(hint, work, run.pk), robust=True)


def confirm(*, run: ImportRun, by: User) -> bool:
    """Write what the preview announced. False when somebody already did, or gave the file up."""
    with transaction.atomic():
        won = ImportRun.objects.filter(Q(ready__gt=0) | Q(changed__gt=0), pk=run.pk, status=ImportStatus.READY).update(
            status=ImportStatus.IMPORTING, confirmed_by=by, confirmed_at=timezone.now()
        )
        if won:
            _wake(run)
    return bool(won)


def give_up(*, run: ImportRun) -> bool:
    """Forget a file before its import. False when it is too late."""
    given_up = ImportRun.objects.filter(
        pk=run.pk, status__in=[ImportStatus.ANALYSING, ImportStatus.READY, ImportStatus.REFUSED]
    ).update(status=ImportStatus.GIVEN_UP, finished_at=timezone.now())
    if given_up:
        _forget_files(ImportRun.objects.get(pk=run.pk))
    return bool(given_up)


@shared_task(name="accounts.tasks.work_on_import")
def work(pk: int) -> None:
    """Do what is due for one run, if nobody holds it."""
    now = timezone.now()
    taken = ImportRun.objects.filter(leases.free(now), pk=pk, status__in=AT_WORK).update(
        leased_until=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return
    run = ImportRun.objects.select_related("employer", "confirmed_by").get(pk=pk)
    try:
        if run.status == ImportStatus.ANALYSING:
            _analyse(run)
        else:
            _import(run)
    except OSError as error:  # the storage: the next sweep tries again
        logger.warning("Import %s remis à plus tard : %s", pk, type(error).__name__)
        ImportRun.objects.filter(pk=pk).update(leased_until=None, attempts=F("attempts") - 1)


@shared_task(name="accounts.tasks.sweep_imports")
def sweep() -> int:
    """Take up the runs whose task was lost or whose worker died, one long one at most a minute. Returns how many."""
    due = ImportRun.objects.filter(leases.free(timezone.now()), status__in=AT_WORK)
    end, done = time.monotonic() + SWEEP_SECONDS, 0
    for pk in list(due.order_by("pk").values_list("pk", flat=True)[:50]):
        work(pk)
        done += 1
        if time.monotonic() > end:  # under the time limit of a task
            break
    return done


# Reading


def _analyse(run: ImportRun) -> None:
    if run.attempts > ATTEMPTS:
        _refuse(run, TOO_HARD)
        return
    with tempfile.TemporaryDirectory(prefix="import-") as name:
        folder = Path(name)
        source = _local_copy(run, folder)
        analysis = Analysis(run.employer, folder, timezone.localdate(), partial(_note_lines, run))
        try:
            found = analysis.run(source)
        except FileRefused as refusal:
            _refuse(run, str(refusal))
            return
        _keep(run, analysis, found)


def _local_copy(run: ImportRun, folder: Path) -> Path:
    copy = folder / "source"
    with run.source.open("rb") as stored, copy.open("wb") as target:
        while chunk := stored.read(COPY):
            target.write(chunk)
    return copy


def _note_lines(run: ImportRun, lines: int) -> None:
    ImportRun.objects.filter(pk=run.pk).update(lines=lines, leased_until=timezone.now() + LEASE)


def _refuse(run: ImportRun, said: str) -> None:
    ImportRun.objects.filter(pk=run.pk, status=ImportStatus.ANALYSING).update(
        status=ImportStatus.REFUSED, refusal=said[:500], leased_until=None, finished_at=timezone.now()
    )
    _forget_files(run)


def _keep(run: ImportRun, analysis: Analysis, found: Found) -> None:
    """Store what was found, unless the file was given up meanwhile."""
    stored = {}
    for name, path in (("rows", analysis.rows), ("errors", analysis.errors)):
        with path.open("rb") as file:
            stored[name] = imports_storage().save(random_import_key(run, name), File(file))
    preview = {name: value for name, value in vars(found).items() if name not in FIGURES}
    figures = {name: getattr(found, name) for name in FIGURES}
    kept = ImportRun.objects.filter(pk=run.pk, status=ImportStatus.ANALYSING).update(
        status=ImportStatus.READY, preview=preview, leased_until=None, attempts=0, **stored, **figures
    )
    if kept:
        _forget(run, "source")  # it holds numbers of social security in clear; what was read of it is enough
        return
    for name in stored.values():
        run.rows.storage.delete(name)


# Writing


def _import(run: ImportRun) -> None:
    end = time.monotonic() + RUN_SECONDS
    with run.rows.open("rb") as file:
        lines = islice(map(bytes.decode, file), run.position, None)
        while piece := list(islice(lines, PIECE)):
            if not _write_piece(run, piece):
                return
            if time.monotonic() > end:
                ImportRun.objects.filter(pk=run.pk).update(leased_until=None)
                return
    ended = ImportRun.objects.filter(pk=run.pk, status=ImportStatus.IMPORTING, position__gte=run.to_write).update(
        status=ImportStatus.DONE, finished_at=timezone.now(), leased_until=None
    )
    if ended:
        _forget(run, "rows")


def _write_piece(run: ImportRun, piece: list[str]) -> bool:
    """Write a piece and move on, in one transaction. False when another worker has taken the run over."""
    for turn in range(1, TRIES + 1):
        try:
            return _try_piece(run, piece)
        except IntegrityError:  # a person was declared by hand at the same instant: now it is known
            if turn == TRIES:
                raise
    return False


@transaction.atomic
def _try_piece(run: ImportRun, piece: list[str]) -> bool:
    Employer.objects.select_for_update().only("pk").get(pk=run.employer_id)  # two files at once, a piece at a time
    now = timezone.now()
    moved = ImportRun.objects.filter(pk=run.pk, status=ImportStatus.IMPORTING, position=run.position).update(
        position=run.position + len(piece), leased_until=now + LEASE
    )
    if not moved or run.confirmed_by is None:
        return False
    created, updated, left_out = write(employer=run.employer, by=run.confirmed_by, lines=piece, now=now)
    shown = [*run.preview.get("left_out", []), *({"line": line, "remedy": said} for line, said in left_out)]
    preview = {**run.preview, "left_out": shown[:LEFT_OUT_SHOWN]}
    ImportRun.objects.filter(pk=run.pk).update(
        created=F("created") + created,
        updated=F("updated") + updated,
        left_out=F("left_out") + len(left_out),
        **({"preview": preview} if left_out else {}),
    )
    run.position += len(piece)
    run.preview = preview
    return True


# Forgetting


@shared_task(name="accounts.tasks.purge_imports")
def purge(now: datetime | None = None) -> int:
    """Delete the files of the runs of PORTAL_IMPORT_KEPT_DAYS ago and what their preview shows. Returns how many."""
    now = now or timezone.now()
    limit = now - timedelta(days=settings.PORTAL_IMPORT_KEPT_DAYS)
    ImportRun.objects.filter(created_at__lt=limit, status__in=[ImportStatus.READY, ImportStatus.ANALYSING]).update(
        status=ImportStatus.GIVEN_UP, finished_at=now
    )
    for run in ImportRun.objects.exclude(source="").exclude(status=ImportStatus.ANALYSING).iterator():
        _forget(run, "source")  # read already: its worker died, or the storage was silent
    old = ImportRun.objects.filter(~Q(source="") | ~Q(rows="") | ~Q(errors=""), created_at__lt=limit)
    purged = 0
    for run in old.exclude(status=ImportStatus.IMPORTING).iterator():
        purged += _forget_files(run)
    return purged


def _forget_files(run: ImportRun) -> bool:
    """Delete all that names people. Whether it is gone."""
    gone = _forget(run, *FILES)
    if gone:
        ImportRun.objects.filter(pk=run.pk).update(preview={})
    return gone


def _forget(run: ImportRun, *names: str) -> bool:
    """Delete some of the FILES; a silent storage is asked again by the purge. Whether they are gone."""
    try:
        for name in names:
            if file := getattr(run, name):
                file.storage.delete(str(file.name))
    except OSError as error:
        logger.warning("Fichiers de l’import %s gardés : %s", run.pk, type(error).__name__)
        return False
    ImportRun.objects.filter(pk=run.pk).update(**dict.fromkeys(names, ""))
    return True

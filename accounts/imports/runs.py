"""An import from its upload to its end: each step is taken under a lease, so that a worker may die at any point."""

import hashlib
import logging
import tempfile
import time
import traceback
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.employee.fields import BY_HEADING
from accounts.employee.values import plain
from accounts.enums import CompanyAct, ImportStatus
from accounts.exceptions import ContractOver
from accounts.imports.analysis import Analysis, Found
from accounts.imports.exceptions import FileRefused, HeadingsAsked
from accounts.imports.rows import storable
from accounts.imports.writing import Written, write
from accounts.models import Employer, ImportRun, User, imports_storage
from accounts.models.imports import random_import_key
from accounts.read_only import refuse_over
from accounts.services.address_changes import NAMED, AddressChange, tell_address_changes
from accounts.services.journal import note_act
from accounts.services.sending_days import send_at
from portal.lib import leases
from portal.lib.commits import after_commit
from portal.lib.hints import hint
from portal.lib.leases import Held, LeaseLost

logger = logging.getLogger(__name__)

PIECE = 1_000  # lines per transaction
LEASE = timedelta(minutes=3)
RUN_SECONDS = 150  # then the next sweep goes on: under the soft time limit of the tasks
UNANSWERED = timedelta(days=2)  # a file as it was sent waits no longer for an answer
SWEEP_SECONDS = 20
ATTEMPTS = 3  # readings, or writings without a step forward, of a file that kills its worker
TRIES = 4  # of a piece disturbed by pre-affiliations made by hand, the first one without looking for them
COPY = 1024 * 1024  # bytes
LEFT_OUT_SHOWN = 200
FILES = ("source", "rows", "errors")
FIGURES = ("lines", "ready", "changed", "unchanged", "to_correct", "absent")
AT_WORK = (ImportStatus.ANALYSING, ImportStatus.IMPORTING)
PASSING = (OSError, OperationalError, InterfaceError)  # a storage, a disk or a database that does not answer
TOO_HARD = "Ce fichier n’a pas pu être lu. Enregistrez-le au format CSV UTF-8, puis choisissez ce nouveau fichier."
NOT_READ = (
    "Ce fichier n’a pas pu être lu\xa0: le problème vient de chez nous, et nous en sommes avertis. "
    "Rien n’est à changer dans le fichier\xa0; choisissez-le de nouveau dans quelques heures."
)
NOT_RECEIVED = "Ce fichier n’est pas arrivé en entier chez nous. Choisissez-le de nouveau."
NOT_WRITTEN = (
    "L’import s’est arrêté avant la fin\xa0: le problème vient de chez nous, et nous en sommes avertis. "
    "Choisissez de nouveau le même fichier\xa0: ce qui est déjà importé y sera compté comme inchangé."
)


def start(*, employer: Employer, by: User, upload: "UploadedFile[bytes]", with_hidden: bool = False) -> ImportRun:
    """Keep the file of a company and have it read. Raises OSError when the storage does not answer.

    Raises ContractOver once the employer's contract with the insurer is over.
    """
    refuse_over(employer)
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
        with_hidden=with_hidden,
        leased_until=timezone.now() + LEASE,  # nobody reads it before it is whole
    )
    run.source.name = random_import_key(run, run.name)
    run.save()  # before the bytes are stored: were we to die now, the row would say what is to be purged
    try:
        run.source.storage.save(run.source.name, upload)
        with transaction.atomic():
            ImportRun.objects.filter(pk=run.pk).update(leased_until=None)
            _wake(run)
    except BaseException:
        with suppress(Exception):  # what stays is swept: a file that is not whole ends as refused, and is purged
            run.source.storage.delete(run.source.name)
            run.delete()
        raise
    return run


def _wake(run: ImportRun) -> None:
    """Have a worker take the run once the transaction is committed."""
    after_commit(hint, work, run.pk)


def confirm(*, run: ImportRun, by: User, day: date | None = None) -> bool:
    """Write what the preview announced. False when somebody already did, or gave the file up.

    `day`: that on which the invitations of the new employees leave; at once without one, or today.
    Raises ContractOver once the employer's contract with the insurer is over.
    """
    refuse_over(run.employer)
    now = timezone.now()
    later = day is not None and day > timezone.localdate(now)
    with transaction.atomic():
        won = ImportRun.objects.filter(Q(ready__gt=0) | Q(changed__gt=0), pk=run.pk, status=ImportStatus.READY).update(
            status=ImportStatus.IMPORTING,
            confirmed_by=by,
            confirmed_at=now,
            invite_at=send_at(day, now) if day and later else None,
        )
        if won:
            _wake(run)
    return bool(won)


def give_up(*, run: ImportRun) -> bool:
    """Forget a file before its import. False when it is too late."""
    given_up = ImportRun.objects.filter(
        pk=run.pk, status__in=[ImportStatus.ANALYSING, ImportStatus.ASKING, ImportStatus.READY, ImportStatus.REFUSED]
    ).update(status=ImportStatus.GIVEN_UP, finished_at=timezone.now())
    if given_up:
        _forget_files(ImportRun.objects.get(pk=run.pk))
    return bool(given_up)


@shared_task(name="accounts.tasks.work_on_import")
def work(pk: int) -> None:
    """Do what is due for one run, if nobody holds it."""
    held = leases.take(_at_work(), pk, lease=LEASE, attempts=F("attempts") + 1)
    if held is None:
        return
    try:
        _go_on(held)
    except LeaseLost:
        logger.warning("Import %s : repris par un autre processus, ou abandonné", pk)


def _at_work() -> QuerySet[ImportRun]:
    return ImportRun.objects.filter(status__in=AT_WORK).select_related("employer", "confirmed_by")


def _go_on(held: Held[ImportRun]) -> None:
    try:
        if held.row.status == ImportStatus.ANALYSING:
            _analyse(held)
        else:
            _import(held)
    except PASSING as error:  # the next sweep tries again
        logger.warning("Import %s remis à plus tard : %s", held.row.pk, type(error).__name__)
        held.give_back(attempts=F("attempts") - 1)
    except IntegrityError as error:  # people declared by hand at each of our tries
        _log(held.row, error)
        held.give_back()
    except LeaseLost:
        raise
    except ContractOver as refusal:  # since the file was sent, or between two pieces
        _end(held, str(refusal))
    except Exception as error:  # the same file would fail the same way, and its person would wait for nothing
        _log(held.row, error)
        _end(held, NOT_READ if held.row.status == ImportStatus.ANALYSING else NOT_WRITTEN)


def _log(run: ImportRun, error: Exception) -> None:
    """Say where it failed, never with what words: a database quotes the values that it refuses."""
    places = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{PurePosixPath(place.filename).name}:{place.lineno}" for place in reversed(places[-6:]))
    logger.error("Import %s arrêté : %s (%s)", run.pk, type(error).__name__, where)


@shared_task(name="accounts.tasks.sweep_imports")
def sweep() -> int:
    """Take up the runs whose task was lost or whose worker died, one long one at most a minute. Returns how many."""
    return leases.sweep(leases.due(_at_work()).order_by("pk"), work, most=50, seconds=SWEEP_SECONDS)


# Reading


def _analyse(held: Held[ImportRun]) -> None:
    run = held.row
    if run.attempts > ATTEMPTS:
        _end(held, TOO_HARD)
        return
    if run.rows or run.errors:  # an earlier reading died after it stored them
        _delete(run, "rows", "errors")
    with tempfile.TemporaryDirectory(prefix="import-") as name:
        folder = Path(name)
        try:
            source = _local_copy(run, folder)
        except FileNotFoundError:
            _end(held, NOT_RECEIVED)
            return
        analysis = Analysis(
            run.employer, folder, timezone.localdate(), lambda lines: held.renew(lines=lines), run.with_hidden
        )
        try:
            found = analysis.run(source)
        except FileRefused as refusal:
            _end(held, str(refusal))
            return
        except HeadingsAsked as asked:
            _ask(held, asked.choices)
            return
        _keep(held, analysis, found)


def _ask(held: Held[ImportRun], choices: dict[str, list[str]]) -> None:
    """Wait for the person to say which heading is which column; the file is kept meanwhile."""
    questions = [
        {"column": column, "label": BY_HEADING[column].label, "options": list(map(storable, headings))}
        for column, headings in choices.items()
    ]
    held.finish(status=ImportStatus.ASKING, preview={"questions": questions}, attempts=0)


def answer(*, run: ImportRun, chosen: dict[str, str]) -> bool:
    """Keep for the employer which heading is which column (headings by column), and read the file. False: too late."""
    with transaction.atomic():
        won = ImportRun.objects.filter(pk=run.pk, status=ImportStatus.ASKING).update(
            status=ImportStatus.ANALYSING, preview={}
        )
        if won:
            employer = Employer.objects.select_for_update(no_key=True).get(pk=run.employer_id)
            employer.import_headings |= {column: plain(heading) for column, heading in chosen.items()}
            employer.save(update_fields=["import_headings"])
            _wake(run)
    return bool(won)


def forget_headings(employer: Employer) -> None:
    """Forget which heading the correspondents took for which column: the next file that is in doubt asks again."""
    Employer.objects.filter(pk=employer.pk).update(import_headings={})


def _local_copy(run: ImportRun, folder: Path) -> Path:
    copy = folder / "source"
    with run.source.open("rb") as stored, copy.open("wb") as target:
        while chunk := stored.read(COPY):
            target.write(chunk)
    return copy


def _end(held: Held[ImportRun], said: str) -> None:
    """Stop for good, with words: a file that cannot be read is refused, an import that cannot go on has failed."""
    reading = held.row.status == ImportStatus.ANALYSING
    status = ImportStatus.REFUSED if reading else ImportStatus.FAILED
    held.finish(status=status, refusal=said[:500], finished_at=timezone.now())
    if reading:
        _forget_files(held.row)
    else:
        _forget(held.row, "rows")


def _keep(held: Held[ImportRun], analysis: Analysis, found: Found) -> None:
    """Store what was found, unless the file was given up meanwhile."""
    run, stored = held.row, {name: random_import_key(held.row, name) for name in ("rows", "errors")}
    held.renew(**stored)  # before they are there: whatever happens to us, the row says what is to be purged
    try:
        for name, path in (("rows", analysis.rows), ("errors", analysis.errors)):
            with path.open("rb") as file:
                imports_storage().save(stored[name], File(file))
        preview = {name: value for name, value in vars(found).items() if name not in FIGURES}
        figures = {name: getattr(found, name) for name in FIGURES}
        held.finish(status=ImportStatus.READY, preview=preview, attempts=0, **figures)
    except BaseException:
        with suppress(OSError):
            for name in stored.values():
                imports_storage().delete(name)
        raise
    _forget(run, "source")  # it holds numbers of social security in clear; what was read of it is enough


# Writing


def _import(held: Held[ImportRun]) -> None:
    run, end = held.row, time.monotonic() + RUN_SECONDS
    if run.attempts > ATTEMPTS:
        _end(held, NOT_WRITTEN)
        return
    try:
        with run.rows.open("rb") as file:
            lines = islice(map(bytes.decode, file), run.position, None)
            while piece := list(islice(lines, PIECE)):
                _write_piece(held, piece)
                if time.monotonic() > end:
                    held.give_back()
                    return
    except FileNotFoundError:
        logger.error("Import %s arrêté : ses lignes ne sont plus dans le stockage", run.pk)
        _end(held, NOT_WRITTEN)
        return
    if run.position >= run.to_write:
        _finish(held)
    else:
        logger.error("Import %s arrêté : %s lignes gardées sur %s", run.pk, run.position, run.to_write)
        _end(held, NOT_WRITTEN)


def _write_piece(held: Held[ImportRun], piece: list[str]) -> None:
    """Write a piece and move on, in one transaction."""
    for turn in range(1, TRIES + 1):
        try:
            _try_piece(held, piece, still_new=turn == 1)
            return
        except IntegrityError:  # a person was declared by hand since the file was read, or at this very instant
            if turn == TRIES:
                raise


def _try_piece(held: Held[ImportRun], piece: list[str], *, still_new: bool) -> None:
    run = held.row
    if run.confirmed_by is None:
        raise ValueError("Un import s’écrit au nom de qui l’a lancé.")
    with transaction.atomic():
        # Two files at once, a piece at a time; what others write of the employer meanwhile does not wait.
        Employer.objects.select_for_update(no_key=True).only("pk").get(pk=run.employer_id)
        with held.step(position=run.position + len(piece), attempts=0):
            written = write(
                employer=run.employer,
                by=run.confirmed_by,
                lines=piece,
                now=timezone.now(),
                still_new=still_new,
                held=run if run.invite_at else None,
            )
            preview = _note_written(run, written)
    run.preview = preview


def _note_written(run: ImportRun, written: Written) -> dict[str, Any]:
    """Add up what a piece gave. Returns the preview with the lines left out, and the addresses to tell at the end."""
    left_out = [{"line": line, "remedy": said} for line, said in written.left_out]
    addresses = [[change.employee_name, change.before, change.after] for change in written.addresses]
    preview = {
        **run.preview,
        "left_out": [*run.preview.get("left_out", []), *left_out][:LEFT_OUT_SHOWN],
        "addresses": [*run.preview.get("addresses", []), *addresses][:NAMED],
        "addresses_count": run.preview.get("addresses_count", 0) + len(addresses),
    }
    ImportRun.objects.filter(pk=run.pk).update(
        created=F("created") + written.created,
        updated=F("updated") + written.updated,
        left_out=F("left_out") + len(left_out),
        **({"preview": preview} if left_out or addresses else {}),
    )
    return preview


def _finish(held: Held[ImportRun]) -> None:
    """The last line is written: whose address changed is told once for all of them, in the transaction of the end."""
    run = held.row
    with transaction.atomic():
        held.finish(status=ImportStatus.DONE, finished_at=timezone.now())
        if count := run.preview.get("addresses_count", 0):
            _tell_addresses(run, count)
    _forget(run, "rows")


def _tell_addresses(run: ImportRun, count: int) -> None:
    by = run.confirmed_by.full_name if run.confirmed_by else "un compte supprimé"
    tell_address_changes(
        employer=run.employer,
        changes=[AddressChange(*change) for change in run.preview["addresses"]],
        by=f"un import de fichier, lancé par {by}",
        count=count,
    )
    several = "s" if count > 1 else ""
    note_act(
        act=CompanyAct.CORRECTED,
        by=run.confirmed_by,
        employer=run.employer,
        detail=f"import d’un fichier : {count} adresse{several} e-mail modifiée{several}",
    )


# Forgetting


@shared_task(name="accounts.tasks.purge_imports")
def purge(now: datetime | None = None) -> int:
    """Delete the files of the runs of PORTAL_IMPORT_KEPT_DAYS ago and what their preview shows. Returns how many.

    A run that wrote nobody, refused or given up, goes whole once its files are gone.
    """
    now = now or timezone.now()
    limit = now - timedelta(days=settings.PORTAL_IMPORT_KEPT_DAYS)
    ImportRun.objects.filter(created_at__lt=limit, status__in=[ImportStatus.READY, ImportStatus.ANALYSING]).update(
        status=ImportStatus.GIVEN_UP, finished_at=now
    )
    ImportRun.objects.filter(created_at__lt=now - UNANSWERED, status=ImportStatus.ASKING).update(
        status=ImportStatus.GIVEN_UP, finished_at=now, preview={}
    )
    unread = [ImportStatus.ANALYSING, ImportStatus.ASKING]
    left = leases.due(ImportRun.objects.exclude(source="").exclude(status__in=unread), now=now)
    for run in left.iterator():
        _forget(run, "source")  # read already: its worker died, or the storage was silent
    old = ImportRun.objects.filter(~Q(source="") | ~Q(rows="") | ~Q(errors=""), created_at__lt=limit)
    purged = 0
    for run in old.exclude(status=ImportStatus.IMPORTING).iterator():
        purged += _forget_files(run)
    nothing_written = ImportRun.objects.filter(status__in=[ImportStatus.REFUSED, ImportStatus.GIVEN_UP])
    leases.purge(nothing_written.filter(created_at__lt=limit, source="", rows="", errors=""))
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
        _delete(run, *names)
    except OSError as error:
        logger.warning("Fichiers de l’import %s gardés : %s", run.pk, type(error).__name__)
        return False
    ImportRun.objects.filter(pk=run.pk).update(**dict.fromkeys(names, ""))
    return True


def _delete(run: ImportRun, *names: str) -> None:
    """Delete some of the FILES from the storage. Raises OSError when it does not answer."""
    for name in names:
        if file := getattr(run, name):
            file.storage.delete(str(file.name))

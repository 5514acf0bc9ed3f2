"""How a pack is made: asked, prepared employee after employee, assembled, kept a few days. Rows are the truth.

A worker takes a pack by moving its due date past a lease; it stores a piece, or puts one in its place, then the row
says so, on condition that the lease is still the worker's. One that dies gives the pack back; what was stored is kept,
and no worker ever holds more of the pack than a piece.
"""

import logging
import shutil
import tempfile
import time
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import IO, Any, cast

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import Employer, User
from dispenses.documents import objects
from dispenses.documents.pieces import JoiningLost, Joins
from dispenses.enums import PackStatus, PackStep
from dispenses.exceptions import Code, PackRefused
from dispenses.models import EvidencePack, PackReading, pack_storage
from dispenses.models.packs import OPEN_PACKS
from dispenses.packs import contents, emails, index, proofs
from dispenses.packs.archive import CHUNK, Archive
from dispenses.packs.exposure import Exposure
from dispenses.packs.pieces import Piece, digested, read_notes
from dispenses.packs.report_rows import Lists
from portal.lib import leases
from portal.lib.commits import after_commit
from portal.lib.hints import hint
from portal.lib.leases import Held, LeaseLost

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=6)  # longer than any task may last
STEP_SECONDS = 150  # under the soft time limit of the tasks, one batch included
EMPLOYEES = 50  # read at once
PIECE_BYTES = 8 * 1024 * 1024  # after which a piece takes no other employee; more than SMALLEST of documents.pieces
ATTEMPTS = 12  # without progress: about six hours of a silent storage
FIRST_DELAY = 30  # seconds, doubled at each attempt
LONGEST_DELAY = 3600
STRANGER_AGE = timedelta(days=1)  # past the days of a pack
FROM_THE_BEGINNING: dict[str, Any] = {
    "attempts": 0, "total": 0, "done": 0, "last_employee": 0, "parts": 0, "size": 0, "sha256": "", "digest": "",
    "step": PackStep.EMPLOYEES, "joining": "", "joined": 0, "joined_bytes": 0, "dispenses": 0, "lacks": 0,
}  # fmt: skip


# Asking


@transaction.atomic
def ask(
    *, employer: Employer, by: User, first_day: date, last_day: date, contribution: Decimal | None = None
) -> EvidencePack:
    """Queue a pack. `contribution`: the employer's monthly share in euros, for the estimate.

    Raises PackRefused when one is already in preparation for this employer.
    """
    pack = EvidencePack(
        employer=employer, asked_by=by, first_day=first_day, last_day=last_day, contribution=contribution
    )
    try:
        with transaction.atomic():
            pack.save()
    except IntegrityError as error:
        raise PackRefused(
            "Un dossier est déjà en préparation pour cette entreprise\xa0: attendez-le.", code=Code.PACK_IN_PREPARATION
        ) from error
    _announce(pack)
    return pack


def _announce(pack: EvidencePack) -> None:
    after_commit(hint, prepare, pack.pk)


def check_ready(pack: EvidencePack) -> None:
    """Raises PackRefused unless the pack may be taken now."""
    if pack.status != PackStatus.READY or pack.expires_at is None or pack.expires_at <= timezone.now():
        raise PackRefused("Ce dossier n’est plus disponible. Demandez-en un nouveau.", code=Code.PACK_GONE)


def read(pack: EvidencePack, user: User) -> None:
    """Write that `user` takes the pack, before its first byte leaves. Raises PackRefused unless it is ready."""
    check_ready(pack)
    PackReading.objects.create(pack=pack, user=user)


def signing_key() -> str:
    """The portal's private key, in base64; "" when packs are not signed."""
    return str(settings.PORTAL_PACK_SIGNING_KEY)


def try_again(pack: EvidencePack) -> bool:
    """Prepare a pack that failed from its beginning. False when it did not fail, or another one is in preparation.

    Its former pieces must be gone (`expire`): they had the names of the new ones.
    """
    failed = EvidencePack.objects.filter(pk=pack.pk, status=PackStatus.FAILED, step=PackStep.DONE)
    try:
        with transaction.atomic():
            again = failed.update(status=PackStatus.QUEUED, due_at=timezone.now(), failure="", **FROM_THE_BEGINNING)
            if again:
                _announce(pack)
    except IntegrityError:
        return False
    return bool(again)


# Preparing


@shared_task(name="dispenses.tasks.prepare_packs")
def sweep(now: datetime | None = None) -> int:
    """Take up every pack that is due and delete those that are too old. Returns how many packs were worked on."""
    now = now or timezone.now()
    expire(now)
    forget_strangers(now)
    return leases.sweep(leases.due(_open(), field="due_at", now=now).order_by("due_at", "pk"), prepare, most=5)


@shared_task(name="dispenses.tasks.prepare_pack")
def prepare(pk: int, *, seconds: float = STEP_SECONDS) -> None:
    """Work on one pack for about `seconds`, if nobody does; what remains is announced again."""
    held = leases.take(
        _open(), pk, lease=LEASE, field="due_at", status=PackStatus.PREPARING, attempts=F("attempts") + 1
    )
    if held is None:
        return
    try:
        _go_on(held, time.monotonic() + seconds)
    except LeaseLost:
        logger.warning("Dossier %d : repris par un autre processus", pk)


def _open() -> QuerySet[EvidencePack]:
    return EvidencePack.objects.filter(status__in=OPEN_PACKS).select_related("employer", "asked_by")


def _go_on(held: Held[EvidencePack], end: float) -> None:
    try:
        _count(held)
        while _advance(held):
            if time.monotonic() > end:
                _give_back(held)
                return
        _forget_parts(held.row)
    except JoiningLost as error:
        _postpone(held, error, joining="")
    except OSError as error:
        _postpone(held, error)
    except SoftTimeLimitExceeded as error:
        _postpone(held, error)
        raise


def _advance(held: Held[EvidencePack]) -> bool:
    """One piece more, written or put in its place. Returns whether something is left to be done."""
    match held.row.step:
        case PackStep.EMPLOYEES:
            _write_next(held)
        case PackStep.END:
            _write_end(held)
        case _:
            return _join_next(held)
    return True


def _count(held: Held[EvidencePack]) -> None:
    pack = held.row
    if pack.total == 0:
        granted = proofs.granted(pack.employer_id, pack.first_day, pack.last_day)
        held.renew(total=granted.values("owner").distinct().count())


def _give_back(held: Held[EvidencePack]) -> None:
    held.give_back(attempts=0)
    _announce(held.row)


def _postpone(held: Held[EvidencePack], error: BaseException, **changes: Any) -> None:
    pack = held.row
    logger.warning("Dossier %d : préparation reportée, %s", pack.pk, error or type(error).__name__)
    if pack.attempts < ATTEMPTS:
        delay = min(FIRST_DELAY * 2**pack.attempts, LONGEST_DELAY)
        held.give_back(at=timezone.now() + timedelta(seconds=delay), **changes)
        return
    reason = "La préparation n’a pas abouti. Demandez un nouveau dossier, au besoin sur une période plus courte."
    held.finish(status=PackStatus.FAILED, failure=reason)
    logger.error("Dossier %d : abandonné, %s", pack.pk, error or type(error).__name__)


def _frame(pack: EvidencePack) -> proofs.Frame:
    """The same at every step of one pack: its « today » is the day on which it was asked."""
    today = timezone.localdate(pack.asked_at)
    return proofs.Frame.of(pack.employer_id, first=pack.first_day, last=pack.last_day, today=today)


def _write_next(held: Held[EvidencePack]) -> None:
    """Store the piece of the next employees, and what the end is told of it; then the row says so."""
    pack = held.row
    written: dict[str, Any] = {}
    with Piece() as piece:
        none_left = _fill(piece, pack)
        if piece.employees:
            size = piece.end()
            digest = digested(pack.digest, piece.file)
            held.renew()  # still ours, before anything is written under a name that another worker may use
            _store(pack.part_name(pack.parts), piece.file)
            _store(pack.notes_name(pack.parts), piece.notes)
            written = {
                "parts": pack.parts + 1,
                "size": pack.size + size,
                "digest": digest.state(),
                "last_employee": piece.last_employee,
                "done": pack.done + piece.employees,
            }
    # At once: a piece that is not full is the last one, whoever is granted a dispense meanwhile.
    held.renew(**written, attempts=1, step=PackStep.END if none_left else PackStep.EMPLOYEES)


def _fill(piece: Piece, pack: EvidencePack) -> bool:
    """Write employees until the piece is large enough. Returns whether none are left."""
    granted = proofs.granted(pack.employer_id, pack.first_day, pack.last_day)
    last, frame = pack.last_employee, _frame(pack)
    while True:
        following = granted.filter(owner__gt=last).order_by("owner")
        employees = list(following.values_list("owner", flat=True).distinct()[:EMPLOYEES])
        if not employees:
            return True
        for employee in proofs.by_employee(granted.filter(owner__in=employees), frame):
            piece.add(employee)
            if piece.size >= PIECE_BYTES:
                return False
        last = employees[-1]


def _store(name: str, file: IO[bytes]) -> None:
    objects.write_over(pack_storage(), name, file)


# The end: the lists, the manifest, its seal and the directory


def _write_end(held: Held[EvidencePack]) -> None:
    """Store the last piece. It begins with the bytes of the piece before, which may be too small to stand by itself."""
    pack, exposure = held.row, Exposure()
    with tempfile.TemporaryFile("w+b") as file:
        before = _begin_end(pack, file)
        start = file.tell()
        with tempfile.TemporaryFile("w+b") as spool, Archive(file, before=before) as archive:
            lists, at = Lists(spool), 0
            for number in range(pack.parts):
                with pack_storage().open(pack.notes_name(number), "rb") as notes:
                    at = read_notes(notes, before=at, archive=archive, lists=lists, exposure=exposure)
            actes = _frame(pack).actes
            texts = contents.write_actes(actes, archive)
            for name, pieces in index.documents(pack, lists, exposure, actes, texts):
                _add_text(archive, name, pieces)
            archive.close_with_manifest(index.about(pack, exposure, actes), signing_key())
        digest = digested(pack.digest, file, start=start)
        size = before + file.tell()
        held.renew()  # likewise
        pack_storage().delete(pack.object_name)  # of an earlier preparation of the same row
        _store(pack.end_name, file)
    held.renew(
        step=PackStep.JOIN,
        size=size,
        sha256=digest.hexdigest(),
        dispenses=exposure.dispenses,
        lacks=exposure.lacks,
        attempts=1,
    )


def _begin_end(pack: EvidencePack, file: IO[bytes]) -> int:
    """Copy the last piece of employees. Returns the bytes of those before it."""
    if pack.parts == 0:
        return 0
    with pack_storage().open(pack.part_name(pack.parts - 1), "rb") as last:
        shutil.copyfileobj(last, file, CHUNK)
    return pack.size - file.tell()


def _add_text(archive: Archive, name: str, pieces: Iterable[str]) -> None:
    with tempfile.TemporaryFile("w+b") as text:
        for piece in pieces:
            text.write(piece.encode())
        size = text.tell()
        text.seek(0)
        archive.add(name, text, size=size, compressed=True)


# Joining


def _join_next(held: Held[EvidencePack]) -> bool:
    """Put one more piece in its place, or give the pack its name. Returns whether something is left to be done."""
    pack, storage = held.row, cast("Joins", pack_storage())
    if not pack.joining:
        held.renew(joining=storage.start_joining(pack.object_name), joined=0, joined_bytes=0)
    pieces = max(pack.parts, 1)  # the end holds the last piece of employees
    if pack.joined == pieces:
        held.renew()  # before the final name
        storage.finish_joining(pack.object_name, pack.joining, pieces=pieces, size=pack.size)
        _settle(held)
        return False
    piece = pack.end_name if pack.joined == pieces - 1 else pack.part_name(pack.joined)
    held.renew()
    storage.join(pack.object_name, pack.joining, number=pack.joined, at=pack.joined_bytes, piece=piece)
    held.renew(joined=pack.joined + 1, joined_bytes=pack.joined_bytes + pack_storage().size(piece), attempts=1)
    return True


@transaction.atomic
def _settle(held: Held[EvidencePack]) -> None:
    now = timezone.now()
    expires = now + timedelta(days=settings.PORTAL_PACK_DAYS)
    held.finish(status=PackStatus.READY, ready_at=now, expires_at=expires, joining="", digest="")
    emails.pack_ready(held.row)


# Forgetting


def expire(now: datetime) -> int:
    """Delete the bytes of packs past their date, and the pieces that serve no more; the rows and readings stay."""
    gone = 0
    for pack in EvidencePack.objects.filter(status=PackStatus.READY, expires_at__lte=now)[:100]:
        try:
            pack_storage().delete(pack.object_name)
        except OSError as error:
            logger.warning("Dossier %d : pas encore effacé, %s", pack.pk, error)
            continue
        gone += EvidencePack.objects.filter(pk=pack.pk, status=PackStatus.READY).update(status=PackStatus.EXPIRED)
    for pack in EvidencePack.objects.exclude(step=PackStep.DONE).exclude(status__in=OPEN_PACKS)[:100]:
        _forget_parts(pack)
    return gone


def forget_strangers(now: datetime) -> None:
    """Delete what no pack in preparation nor ready claims, once older than any pack: one folder a minute, in turn.

    A worker that was followed stored it too late, or an older dump of the database, restored since, does not know it.
    """
    folder = f"{int(now.timestamp()) // 60 % 256:02x}"
    oldest = now - timedelta(days=settings.PORTAL_PACK_DAYS) - STRANGER_AGE
    claimed = EvidencePack.objects.filter(status__in=[*OPEN_PACKS, PackStatus.READY], key__startswith=folder)
    keys, storage = set(claimed.values_list("key", flat=True)), pack_storage()
    try:
        for name in _names(folder):
            stored = f"{folder}/{name}"
            if name.partition("-")[0] not in keys and storage.get_modified_time(stored) < oldest:
                storage.delete(stored)
    except OSError as error:
        logger.warning("Dossiers de preuves non comparés, %s", error)


def _forget_parts(pack: EvidencePack) -> None:
    """Delete the pieces of a pack that no longer needs them; what a silent storage keeps is tried again."""
    storage = pack_storage()
    folder, _, name = pack.object_name.partition("/")
    try:
        for found in _names(folder):
            if found.startswith(f"{name}-"):  # those too that a worker stored and died before saying so
                storage.delete(f"{folder}/{found}")
        cast("Joins", storage).stop_joining(pack.object_name)
    except OSError as error:
        logger.warning("Dossier %d : parties pas encore effacées, %s", pack.pk, error)
        return
    EvidencePack.objects.filter(pk=pack.pk).exclude(status__in=OPEN_PACKS).update(step=PackStep.DONE)


def _names(folder: str) -> list[str]:
    try:
        return pack_storage().listdir(folder)[1]
    except FileNotFoundError:
        return []

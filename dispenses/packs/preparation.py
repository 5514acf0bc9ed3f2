"""How a pack is made: asked, prepared employee after employee, assembled, kept a few days. Rows are the truth.

A worker takes a pack by moving its due date past a lease; every batch writes a part in the storage, then the row says
so, on condition that the lease is still the worker's. One that dies gives the pack back; what was written is kept.
"""

import hashlib
import io
import json
import logging
import tempfile
import time
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import IO, Any, cast

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import Employer, User
from dispenses.enums import Lack, PackStatus
from dispenses.exceptions import Code, PackRefused
from dispenses.models import EvidencePack, PackReading, pack_storage
from dispenses.models.packs import OPEN_PACKS
from dispenses.packs import contents, emails, index, proofs
from dispenses.packs.archive import CHUNK, Archive
from dispenses.packs.exposure import Exposure
from dispenses.packs.report_rows import Lists, of_employee
from portal.lib import leases
from portal.lib.commits import after_commit
from portal.lib.hints import hint
from portal.lib.leases import Held, LeaseLost

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=6)  # longer than any task may last
STEP_SECONDS = 150  # under the soft time limit of the tasks, one batch included
EMPLOYEES = 100  # in one batch
ATTEMPTS = 12  # without progress: about six hours of a silent storage
FIRST_DELAY = 30  # seconds, doubled at each attempt
LONGEST_DELAY = 3600
LINES = "lignes.jsonl"
COUNTS = "comptes.json"


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


# Preparing


@shared_task(name="dispenses.tasks.prepare_packs")
def sweep(now: datetime | None = None) -> int:
    """Take up every pack that is due and delete those that are too old. Returns how many packs were worked on."""
    now = now or timezone.now()
    expire(now)
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
        while _next_batch(held):
            if time.monotonic() > end:
                _give_back(held)
                return
        _assemble(held)
    except (OSError, zipfile.BadZipFile) as error:
        _postpone(held, error)
    except SoftTimeLimitExceeded as error:
        _postpone(held, error)
        raise


def _count(held: Held[EvidencePack]) -> None:
    pack = held.row
    if pack.total == 0:
        granted = proofs.granted(pack.employer_id, pack.first_day, pack.last_day)
        held.renew(total=granted.values("employee_id").distinct().count())


def _give_back(held: Held[EvidencePack]) -> None:
    held.give_back(attempts=0)
    _announce(held.row)


def _postpone(held: Held[EvidencePack], error: BaseException) -> None:
    pack = held.row
    logger.warning("Dossier %d : préparation reportée, %s", pack.pk, error or type(error).__name__)
    if pack.attempts < ATTEMPTS:
        delay = min(FIRST_DELAY * 2**pack.attempts, LONGEST_DELAY)
        held.give_back(at=timezone.now() + timedelta(seconds=delay))
        return
    reason = "La préparation n’a pas abouti. Demandez un nouveau dossier, au besoin sur une période plus courte."
    held.finish(status=PackStatus.FAILED, failure=reason)
    logger.error("Dossier %d : abandonné, %s", pack.pk, error or type(error).__name__)


def _frame(pack: EvidencePack) -> proofs.Frame:
    """The same at every step of one pack: its « today » is the day on which it was asked."""
    today = timezone.localdate(pack.asked_at)
    return proofs.Frame.of(pack.employer_id, first=pack.first_day, last=pack.last_day, today=today)


def _next_batch(held: Held[EvidencePack]) -> bool:
    """Write the part of the next employees. Returns False when there are none left."""
    pack = held.row
    granted = proofs.granted(pack.employer_id, pack.first_day, pack.last_day)
    following = granted.filter(employee_id__gt=pack.last_employee).order_by("employee_id")
    employees = list(following.values_list("employee_id", flat=True).distinct()[:EMPLOYEES])
    if not employees:
        return False
    with tempfile.TemporaryFile("w+b") as file:
        _write_part(file, proofs.by_employee(granted.filter(employee_id__in=employees), _frame(pack)))
        held.renew()  # still ours, before anything is written under a name that another worker may use
        _store(pack.part_name(pack.parts), file)
    held.renew(parts=pack.parts + 1, last_employee=employees[-1], done=pack.done + len(employees), attempts=1)
    return True


def _write_part(file: IO[bytes], found: Iterable[list[proofs.Proof]]) -> None:
    exposure = Exposure()
    with tempfile.TemporaryFile("w+b") as lines, Archive(file) as archive:
        for employee in found:
            for proof in employee:
                proof.missing.extend(contents.write(proof, archive))
            for line in of_employee(employee, exposure.add(employee)):
                lines.write(line.dump())
        size = lines.tell()
        lines.seek(0)
        archive.add(LINES, lines, size=size, compressed=True)
        counts = {"numbers": exposure.numbers(), "kinds": {kind.value: n for kind, n in exposure.kinds.items()}}
        archive.add(COUNTS, io.BytesIO(json.dumps(counts).encode()), size=0)


def _store(name: str, file: IO[bytes]) -> None:
    """Write an object over that of an earlier try."""
    storage = pack_storage()
    storage.delete(name)
    file.seek(0)
    stored = storage.save(name, File(cast("Any", file)))
    if stored != name:
        storage.delete(stored)
        raise OSError(f"{name} : un autre objet porte ce nom")


# Assembling


def _assemble(held: Held[EvidencePack]) -> None:
    """The parts one after the other, then the lists, the manifest and its seal."""
    pack, exposure = held.row, Exposure()
    with tempfile.TemporaryFile("w+b") as file:
        with tempfile.TemporaryFile("w+b") as spool, Archive(file) as archive:
            lists = Lists(spool)
            for number in range(pack.parts):
                with pack_storage().open(pack.part_name(number), "rb") as part:
                    _copy_part(cast("IO[bytes]", part), archive, lists, exposure)
            actes = _frame(pack).actes
            for name, pieces in index.documents(pack, lists, exposure, actes):
                _add_text(archive, name, pieces)
            archive.close_with_manifest(index.about(pack, exposure, actes), signing_key())
        size, sha256 = _measured(file)
        held.renew()  # likewise, before the final name
        _store(pack.object_name, file)
    _settle(held, size, sha256, exposure)
    _forget_parts(pack)


def _copy_part(part: IO[bytes], archive: Archive, lists: Lists, exposure: Exposure) -> None:
    with zipfile.ZipFile(part) as source:
        for info in source.infolist():
            with source.open(info) as entry:
                if info.filename == LINES:
                    lists.take(entry)
                elif info.filename == COUNTS:
                    counts = json.load(entry)
                    exposure.merge(counts["numbers"], {Lack(kind): n for kind, n in counts["kinds"].items()})
                else:
                    archive.add(info.filename, entry, size=info.file_size)


def _add_text(archive: Archive, name: str, pieces: Iterable[str]) -> None:
    with tempfile.TemporaryFile("w+b") as text:
        for piece in pieces:
            text.write(piece.encode())
        size = text.tell()
        text.seek(0)
        archive.add(name, text, size=size, compressed=True)


def _measured(file: IO[bytes]) -> tuple[int, str]:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return file.tell(), digest.hexdigest()


@transaction.atomic
def _settle(held: Held[EvidencePack], size: int, sha256: str, exposure: Exposure) -> None:
    now = timezone.now()
    held.finish(
        status=PackStatus.READY,
        ready_at=now,
        expires_at=now + timedelta(days=settings.PORTAL_PACK_DAYS),
        size=size,
        sha256=sha256,
        dispenses=exposure.dispenses,
        lacks=exposure.lacks,
    )
    emails.pack_ready(held.row)


# Forgetting


def expire(now: datetime) -> int:
    """Delete the bytes of packs past their date and of failed ones; the rows and their readings stay."""
    gone = 0
    for pack in EvidencePack.objects.filter(status=PackStatus.READY, expires_at__lte=now)[:100]:
        try:
            pack_storage().delete(pack.object_name)
        except OSError as error:
            logger.warning("Dossier %d : pas encore effacé, %s", pack.pk, error)
            continue
        gone += EvidencePack.objects.filter(pk=pack.pk, status=PackStatus.READY).update(status=PackStatus.EXPIRED)
    for pack in EvidencePack.objects.filter(parts__gt=0).exclude(status__in=OPEN_PACKS)[:100]:
        _forget_parts(pack)
    return gone


def _forget_parts(pack: EvidencePack) -> None:
    """Delete the parts of a pack that no longer needs them; what a silent storage keeps is tried again."""
    try:
        for number in range(pack.parts + 1):  # one more: that of a worker that died before saying so
            pack_storage().delete(pack.part_name(number))
    except OSError as error:
        logger.warning("Dossier %d : parties pas encore effacées, %s", pack.pk, error)
        return
    EvidencePack.objects.filter(pk=pack.pk).exclude(status__in=OPEN_PACKS).update(parts=0)

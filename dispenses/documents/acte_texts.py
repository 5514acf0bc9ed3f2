"""The text of an acte: checked as it comes in, stored once it is clean, replaced only with a reason.

Whoever sends one is an administrator who waits for the answer: the antivirus is asked at once, and a file without its
verdict is not kept. One stored while there was no antivirus is scanned before it is handed over, once there is one.
"""

import contextlib
from dataclasses import dataclass
from typing import BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import Acte, User
from dispenses.documents import limits, scanning, storage
from dispenses.documents.inspection import Inspected, inspect
from dispenses.enums import ScanStatus
from dispenses.exceptions import Code, JustificatifRefused, StorageUnavailable
from dispenses.models import ActeText


@dataclass(frozen=True)
class Received:
    """A PDF that was checked, not stored yet; as text, what the journal says of it."""

    upload: "UploadedFile[bytes]"
    inspected: Inspected
    scan_status: ScanStatus

    def __str__(self) -> str:
        return f"{self.inspected.name[:80]}, SHA-256 {self.inspected.sha256}"


def receive(upload: "UploadedFile[bytes]") -> Received:
    """Check the text of an acte. Raises JustificatifRefused for what is not a clean PDF, or has no verdict."""
    inspected = inspect(upload)
    if inspected.content_type != limits.PDF:
        raise JustificatifRefused(
            f"«\xa0{inspected.name}\xa0» doit être un PDF\xa0: enregistrez ou numérisez l’acte entier en un seul PDF.",
            code=Code.WRONG_KIND,
        )
    return Received(upload, inspected, _scanned(upload, inspected.name))


def _scanned(upload: "UploadedFile[bytes]", name: str) -> ScanStatus:
    scanner = scanning.scanner()
    if scanner is None:
        return ScanStatus.DISABLED
    upload.seek(0)
    try:
        virus = scanner.scan(cast("BinaryIO", upload.file))
    except (scanning.ScannerUnavailable, scanning.NotScanned) as error:
        raise StorageUnavailable(
            f"«\xa0{name}\xa0» n’a pas pu être analysé par l’antivirus\xa0: il n’est pas gardé. "
            "Réessayez dans quelques minutes.",
            code=Code.SCAN_FAILED,
        ) from error
    finally:
        upload.seek(0)
    if virus:
        raise JustificatifRefused(
            f"«\xa0{name}\xa0» contient un virus et n’a pas été gardé. Choisissez un autre fichier.", code=Code.INFECTED
        )
    return ScanStatus.CLEAN


def current(acte: Acte) -> ActeText | None:
    """The text of that version now, if it has one."""
    return ActeText.objects.filter(acte=acte, replaced_at=None).first()


@transaction.atomic
def keep(acte: Acte, received: Received, *, by: User, reason: str = "") -> ActeText:
    """Store the text of that version in place of the one before, which stays with the day it was replaced.

    Raises ValueError when it replaces one without a reason, StorageUnavailable when nothing could be stored.
    """
    now, former = timezone.now(), ActeText.objects.filter(acte=acte, replaced_at=None)
    if former.exists() and not reason.strip():
        raise ValueError("a text is replaced for a reason")
    former.update(replaced_at=now)
    text = ActeText(
        acte=acte,
        name=received.inspected.name,
        size=received.inspected.size,
        sha256=received.inspected.sha256,
        pages=received.inspected.pages,
        received_at=now,
        received_from=by,
        reason=reason.strip(),
        scan_status=received.scan_status,
        scanned_at=now if received.scan_status is ScanStatus.CLEAN else None,
    )
    storage.store(text, text.name, received.upload)
    try:
        text.save()
    except BaseException:
        with contextlib.suppress(OSError):
            storage.forget_original(text)
        raise
    return text


def settle(text: ActeText) -> None:
    """Scan a text that was stored while there was no antivirus, now that there is one; no verdict changes nothing."""
    scanner = scanning.scanner()
    if text.scan_status != ScanStatus.DISABLED or scanner is None:
        return
    try:
        with storage.opened(text) as file:
            virus = scanner.scan(file)
    except (scanning.ScannerUnavailable, scanning.NotScanned, FileNotFoundError):
        return
    text.scan_status = ScanStatus.INFECTED if virus else ScanStatus.CLEAN
    text.scanned_at = timezone.now()
    text.save(update_fields=["scan_status", "scanned_at"])

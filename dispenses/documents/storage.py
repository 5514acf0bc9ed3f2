"""Bytes of justificatifs: kept untouched under a random key, handed over once clean, their pictures beside them."""

import contextlib
import hashlib
import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage
from django.http import HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header

from dispenses.documents import copies, objects
from dispenses.documents.previews import Drawn
from dispenses.enums import ScanStatus
from dispenses.exceptions import Code, NotReleased, StorageUnavailable
from dispenses.models import ActeText, Justificatif, acte_storage, justificatif_storage, random_key

logger = logging.getLogger(__name__)

CHUNK = 1024 * 1024
THUMBNAIL = "vignette"
NOT_RELEASED = {
    Code.BEING_SCANNED: "L’analyse antivirus de ce document est en cours. Réessayez dans quelques minutes.",
    Code.INFECTED: "Ce document contient un virus\xa0: il est mis à l’écart et ne peut pas être ouvert.",
    Code.SCAN_FAILED: "Ce document n’a pas pu être analysé par l’antivirus. L’analyse sera relancée dans la nuit\xa0: "
    "réessayez demain, ou demandez une nouvelle copie du document.",
    Code.ALTERED: "Ce document n’est plus celui qui a été reçu\xa0: il est fermé, et le service technique est prévenu. "
    "S’il y a urgence, demandez une nouvelle copie du document.",
}
Stored = Justificatif | ActeText  # what keeps the name, the size and the SHA-256 of bytes that are handed over
SCANNED = {ScanStatus.INFECTED.value: Code.INFECTED, ScanStatus.FAILED.value: Code.SCAN_FAILED}


def store(stored: Stored, name: str, content: "File[bytes]") -> str:
    """Write the bytes and return their key; the row is not saved. Raises StorageUnavailable: nothing was kept."""
    key, place = random_key(), _storage_of(stored)
    try:
        stored.file.name = place.save(key, content)
    except OSError as error:
        if isinstance(place, FileSystemStorage):  # a full disk keeps the beginning, an S3 server nothing
            with contextlib.suppress(OSError):
                place.delete(key)
        raise StorageUnavailable(
            f"«\xa0{name}\xa0» n’a pas pu être enregistré\xa0: notre espace de stockage ne répond pas. "
            "Vos réponses et vos autres fichiers sont conservés. Joignez-le à nouveau dans quelques minutes.",
            code=Code.STORAGE_DOWN,
        ) from error
    return stored.file.name or ""


def _storage() -> Storage:
    return justificatif_storage()


def _storage_of(stored: Stored) -> Storage:
    return acte_storage() if isinstance(stored, ActeText) else _storage()


@contextmanager
def opened(stored: Stored) -> Iterator[BinaryIO]:
    """The original bytes, for the portal's own work. Raises OSError, of which FileNotFoundError when there are none."""
    file = _storage_of(stored).open(_key(stored), "rb")
    try:
        yield cast("BinaryIO", file)
    finally:
        file.close()


def _key(stored: Stored) -> str:
    return stored.file.name or ""


# Handing over


def _released(stored: Stored) -> None:
    if not stored.is_released:
        code = SCANNED.get(stored.scan_status, Code.BEING_SCANNED)
        raise NotReleased(NOT_RELEASED[code], code=code)


def download_name(name: str) -> str:
    """The name to download under: no path, control or direction character, whatever was stored."""
    shown = "".join(char for char in name.replace("/", " ").replace("\\", " ") if unicodedata.category(char)[0] != "C")
    return " ".join(shown.split()) or "document"


def release(stored: Stored) -> HttpResponseBase:
    """The original as a download under its own name (RFC 6266): streamed, or by a short signed address on S3.

    Raises NotReleased unless it was found clean and is what was received, OSError when the storage does not answer.
    """
    _released(stored)
    storage: Any = _storage_of(stored)
    original = storage.open(_key(stored), "rb")
    if not _is_as_received(stored, original):
        original.close()
        raise NotReleased(NOT_RELEASED[Code.ALTERED], code=Code.ALTERED)
    if objects.has_addresses(storage):
        original.close()
        original = None
    name = download_name(stored.name)
    return _private(objects.download(storage, _key(stored), original, name=name, content_type=stored.content_type))


def _is_as_received(stored: Stored, original: BinaryIO) -> bool:
    """Whether the bytes are those whose SHA-256 was kept; rewinds them."""
    digest = hashlib.sha256()
    while chunk := original.read(CHUNK):
        digest.update(chunk)
    original.seek(0)
    if digest.hexdigest() == stored.sha256:
        return True
    logger.error("%s %d : ses octets ne sont plus ceux qui ont été reçus", type(stored).__name__, stored.pk)
    return False


def announce(stored: Stored) -> HttpResponse:
    """What a HEAD asks: the headers of the original, neither its bytes nor an address of them. Raises NotReleased."""
    _released(stored)
    answer = HttpResponse(content_type=stored.content_type)
    answer["Content-Disposition"] = content_disposition_header(True, download_name(stored.name)) or "attachment"
    answer["Content-Length"] = str(stored.size)
    _private(answer)
    return answer


def _private(answer: HttpResponseBase) -> HttpResponseBase:
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "no-store"
    return answer


def preview(justificatif: Justificatif, page: int) -> HttpResponse:
    """One page as PNG, 0 for the thumbnail. Raises NotReleased, FileNotFoundError without that page, OSError."""
    _released(justificatif)
    if not justificatif.has_preview or page > justificatif.preview_pages:
        raise FileNotFoundError
    with _storage().open(picture_key(justificatif, page), "rb") as file:
        answer = HttpResponse(file.read(), content_type="image/png")
    _private(answer)
    return answer


def copy(*justificatifs: Justificatif) -> HttpResponse:
    """Their pages as they are drawn, in one PDF: what one reads, without the originals' place, author and dates.

    It has the name of the first. Raises NotReleased, FileNotFoundError while a page of one is not drawn, OSError when
    the storage does not answer.
    """
    pages = [page for justificatif in justificatifs for page in _drawn_pages(justificatif)]
    try:
        answer = HttpResponse(copies.as_pdf(pages), content_type="application/pdf")
    except ValueError as error:  # a picture of another time: it is drawn again after a restored backup
        raise FileNotFoundError from error
    name = download_name(justificatifs[0].name)
    stem = name.rpartition(".")[0] or name
    answer["Content-Disposition"] = content_disposition_header(True, f"{stem} (copie).pdf") or "attachment"
    _private(answer)
    return answer


def _drawn_pages(justificatif: Justificatif) -> Iterator[bytes]:
    _released(justificatif)
    if not justificatif.has_preview:
        raise FileNotFoundError
    for page in justificatif.preview_numbers:
        with _storage().open(picture_key(justificatif, page), "rb") as file:
            yield file.read()


# Pictures


def picture_key(justificatif: Justificatif, page: int) -> str:
    """Key of the picture of one page, 0 for the thumbnail: beside the original's, as hard to guess."""
    return f"{_key(justificatif)}-{page or THUMBNAIL}.png"


def picture_keys(justificatif: Justificatif) -> list[str]:
    """Keys of all its pictures, the thumbnail first; none before they are drawn."""
    pages = range(justificatif.preview_pages + 1) if justificatif.preview_pages else range(0)
    return [picture_key(justificatif, page) for page in pages]


def original_of(key: str) -> str:
    """Key of the original to which the object `key` belongs."""
    return key.partition("-")[0]


def store_pictures(justificatif: Justificatif, drawn: Drawn) -> None:
    """Write every picture over those of an earlier try. Raises OSError."""
    _store_picture(justificatif, 0, drawn.thumbnail)
    for number, path in enumerate(drawn.pages, start=1):
        _store_picture(justificatif, number, path)


def _store_picture(justificatif: Justificatif, page: int, path: Path) -> None:
    key = picture_key(justificatif, page)
    storage = _storage()
    storage.delete(key)
    with path.open("rb") as source:
        stored = storage.save(key, File(source))
    if stored != key:  # another worker wrote it in between: its bytes are the same
        storage.delete(stored)


# Forgetting


def forget(justificatif: Justificatif) -> None:
    """Delete the bytes of a removed justificatif and its pictures; what a silent server keeps is swept later."""
    forget_pictures(justificatif)
    forget_original(justificatif)


def forget_original(stored: Stored) -> None:
    """Delete the bytes that no row names."""
    if key := _key(stored):
        _storage_of(stored).delete(key)


def forget_pictures(justificatif: Justificatif) -> None:
    """Delete the pictures alone."""
    for key in picture_keys(justificatif):
        _storage().delete(key)


def remains(justificatif: Justificatif) -> list[str]:
    """Keys of what the storage still has of a justificatif, asked one by one. Raises OSError when it is silent."""
    return [key for key in (_key(justificatif), *picture_keys(justificatif)) if _storage().exists(key)]

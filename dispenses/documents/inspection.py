"""What the bytes of an upload really are: libmagic, then a real decoder, must agree with the name."""

import hashlib
import logging
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile

from dispenses.documents import limits, sandbox
from dispenses.documents.libmagic import magic
from dispenses.exceptions import Code, JustificatifRefused, StorageUnavailable

logger = logging.getLogger(__name__)

HEAD = 8192  # bytes that libmagic reads
BEFORE_HEADER = b"\xef\xbb\xbf \t\r\n\f\0"  # what mail programs and scanners leave before a PDF, and readers skip

# What inspector.py answers, said to the person.
REFUSALS = {
    Code.TOO_LARGE_IMAGE: "« {name} » est une image trop grande. Reprenez la photo en qualité normale.",
    Code.DAMAGED: (
        "« {name} » est abîmé et ne peut pas être lu. Enregistrez-le à nouveau ou choisissez un autre fichier."
    ),
    Code.PASSWORD: "« {name} » est protégé par un mot de passe. Retirez la protection puis joignez-le à nouveau.",
    Code.PAGES: "« {name} » doit compter de 1 à {pages} pages. Joignez seulement les pages utiles.",
    Code.TOO_COMPLEX: (
        "« {name} » est trop complexe ou abîmé pour être lu. Imprimez-le en PDF ou photographiez-le, puis joignez-le."
    ),
    Code.CUT: (
        "« {name} » est abîmé : la fin du fichier manque. Téléchargez-le ou numérisez-le à nouveau, puis joignez-le."
    ),
    Code.TOO_FINE: (
        "« {name} » est numérisé trop finement pour être lu. Numérisez-le à 200 dpi (points par pouce), "
        "ou photographiez-le, puis joignez-le."
    ),
    Code.ACTIVE: (
        "« {name} » contient un programme ou un formulaire actif, ou appelle un autre fichier. "
        "Imprimez-le en PDF, puis joignez ce nouveau fichier."
    ),
    Code.FORM: (
        "« {name} » est un formulaire à remplir (un Cerfa, par exemple) que seul Acrobat Reader affiche en entier. "
        "Ouvrez-le avec Acrobat Reader, imprimez-le en PDF (« Microsoft Print to PDF » sous Windows, « Enregistrer au "
        "format PDF » sur Mac), puis joignez ce nouveau fichier. Ou imprimez-le sur papier, et photographiez-le."
    ),
    Code.ATTACHMENT: (
        "« {name} » contient d’autres fichiers. Imprimez-le en PDF, puis joignez ce nouveau fichier. "
        "Si les autres sont utiles, joignez-les séparément."
    ),
}

NOT_INSPECTED = (
    "«\xa0{name}\xa0» n’a pas pu être vérifié\xa0: un problème est survenu chez nous. "
    "Vos réponses et vos autres fichiers sont conservés. Joignez-le à nouveau dans quelques minutes."
)


@dataclass(frozen=True)
class Inspected:
    """An accepted file: shown name, true MIME type, size in bytes, SHA-256 in hexadecimal, number of pages."""

    name: str
    content_type: str
    size: int
    sha256: str
    pages: int


def clean_name(raw: str) -> str:
    """Name to show: last path component, without control or direction characters, at most 150 characters."""
    last = PurePosixPath(raw.replace("\\", "/")).name
    shown = "".join(char for char in unicodedata.normalize("NFC", last) if unicodedata.category(char)[0] != "C")
    shown = " ".join(shown.split()) or "document"
    if len(shown) <= limits.NAME_LENGTH:
        return shown
    stem, dot, extension = shown.rpartition(".")
    if not dot or len(extension) > 10:
        return shown[: limits.NAME_LENGTH]
    return f"{stem[: limits.NAME_LENGTH - len(extension) - 1]}.{extension}"


def kind_of(head: bytes) -> str | None:
    """MIME type of an accepted kind, from the first bytes; None for another kind, whatever its name says."""
    if head.lstrip(BEFORE_HEADER).startswith(b"%PDF-"):
        return limits.PDF
    found = limits.MAGIC_TYPES.get(magic.from_buffer(head, mime=True))
    return None if found == limits.PDF else found  # another kind of file may stand before a header further on


def named_as(name: str, content_type: str) -> str:
    """The name with the extension of what the bytes are: telephones and mail programs give others, or none."""
    stem, dot, extension = name.rpartition(".")
    if dot and extension.lower() in limits.EXTENSIONS[content_type]:
        return name
    if not stem or extension.lower() not in limits.REPLACED_EXTENSIONS:
        stem = name
    true = limits.EXTENSION[content_type]
    return f"{stem.rstrip('. ')[: limits.NAME_LENGTH - len(true) - 1] or 'document'}.{true}"


def inspect(upload: "UploadedFile[bytes]") -> Inspected:
    """Identify and fully decode an upload. Raises JustificatifRefused, with a message for the person, otherwise."""
    name = clean_name(upload.name or "document")
    size = upload.size or 0
    if size == 0:
        raise JustificatifRefused(f"« {name} » est vide. Choisissez un autre fichier.", code=Code.EMPTY)
    if size > limits.max_bytes():
        raise JustificatifRefused(
            f"« {name} » dépasse {limits.max_bytes() // 1_000_000} Mo. Réduisez-le ou choisissez un autre fichier.",
            code=Code.TOO_LARGE,
        )
    file = cast("BinaryIO | None", upload.file)
    if file is None:
        raise JustificatifRefused(f"« {name} » est illisible. Choisissez un autre fichier.", code=Code.UNREADABLE)
    file.seek(0)
    head = file.read(HEAD)
    content_type = kind_of(head)
    if content_type is None:
        raise JustificatifRefused(f"« {name} » doit être un PDF, une photo JPEG, PNG ou HEIC.", code=Code.WRONG_KIND)
    name = named_as(name, content_type)
    with _path(file) as path, ThreadPoolExecutor(1) as aside:
        digest = aside.submit(_sha256, path)  # while the other process decodes
        pages = _examine(path, name, content_type)
        return Inspected(name=name, content_type=content_type, size=size, sha256=digest.result(), pages=pages)


def _sha256(path: str) -> str:
    with open(path, "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _examine(path: str, name: str, content_type: str) -> int:
    """Number of pages, found by another process. Raises JustificatifRefused, in other words for a failure of ours."""
    request = {
        "content_type": content_type,
        "format": limits.PILLOW_FORMATS.get(content_type, ""),
        "max_side": limits.MAX_SIDE,
        "max_pixels": limits.MAX_PIXELS,
        "max_pages": limits.MAX_PDF_PAGES,
    }
    try:
        found = sandbox.examine({"path": path, **request})
    except (sandbox.CannotInspect, OSError) as error:
        logger.exception("Document non vérifié")
        raise StorageUnavailable(NOT_INSPECTED.format(name=name), code=Code.NOT_INSPECTED) from error
    if "refused" in found:
        code = Code(found["refused"])
        raise JustificatifRefused(REFUSALS[code].format(name=name, pages=limits.MAX_PDF_PAGES), code=code)
    return int(found["pages"])


@contextmanager
def _path(file: BinaryIO) -> Iterator[str]:
    """Where others read the upload, from its beginning: our descriptor of its file, or a copy of what is in memory."""
    file.seek(0)  # also writes what is still in memory
    try:
        own = f"/proc/{os.getpid()}/fd/{file.fileno()}"  # a file without a name has no other address
    except (OSError, AttributeError):
        own = ""
    if own and os.path.exists(own):
        yield own
    else:
        with tempfile.NamedTemporaryFile(prefix="examen-") as copy:
            shutil.copyfileobj(file, copy)
            copy.flush()
            yield copy.name
    file.seek(0)

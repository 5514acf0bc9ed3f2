"""What the bytes of an upload really are: libmagic, then a real decoder, must agree with the name."""

import hashlib
import unicodedata
import warnings
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, cast

import pikepdf
import pillow_heif
from django.core.files.uploadedfile import UploadedFile
from PIL import Image

from dispenses.documents import limits
from dispenses.documents.libmagic import magic
from dispenses.exceptions import JustificatifRefused

pillow_heif.register_heif_opener()

HEAD = 8192  # bytes that libmagic reads


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


def inspect(upload: "UploadedFile[bytes]") -> Inspected:
    """Identify and fully decode an upload. Raises JustificatifRefused, with a message for the person, otherwise."""
    name = clean_name(upload.name or "document")
    size = upload.size or 0
    if size == 0:
        raise JustificatifRefused(f"« {name} » est vide. Choisissez un autre fichier.")
    if size > limits.max_bytes():
        raise JustificatifRefused(
            f"« {name} » dépasse {limits.max_bytes() // 1_000_000} Mo. Réduisez-le ou choisissez un autre fichier."
        )
    file = cast("BinaryIO | None", upload.file)
    if file is None:
        raise JustificatifRefused(f"« {name} » est illisible. Choisissez un autre fichier.")
    file.seek(0)
    content_type = limits.MAGIC_TYPES.get(magic.from_buffer(file.read(HEAD), mime=True))
    extension = name.rpartition(".")[2].lower()
    if content_type is None:
        raise JustificatifRefused(f"« {name} » doit être un PDF, une photo JPEG, PNG ou HEIC.")
    if extension not in limits.EXTENSIONS[content_type]:
        expected = sorted(limits.EXTENSIONS[content_type])[-1]
        raise JustificatifRefused(
            f"« {name} » ne correspond pas à son contenu (.{expected}). Renommez-le ou choisissez un autre fichier."
        )
    pages = _pdf_pages(file, name) if content_type == limits.PDF else _decode_image(file, name, content_type)
    return Inspected(name=name, content_type=content_type, size=size, sha256=_sha256(file), pages=pages)


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return digest


def _decode_image(file: BinaryIO, name: str, content_type: str) -> int:
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=[limits.PILLOW_FORMATS[content_type]]) as image:
                width, height = image.size
                if max(width, height) > limits.MAX_SIDE or width * height > limits.MAX_PIXELS:
                    raise JustificatifRefused(
                        f"« {name} » est une image trop grande. Reprenez la photo en qualité normale."
                    )
                image.load()
    except JustificatifRefused:
        raise
    except Exception as error:  # decoders raise anything on hostile bytes
        raise JustificatifRefused(
            f"« {name} » est abîmé et ne peut pas être lu. Enregistrez-le à nouveau ou choisissez un autre fichier."
        ) from error
    return 1


def _pdf_pages(file: BinaryIO, name: str) -> int:
    file.seek(0)
    try:
        with pikepdf.open(file) as pdf:
            pages = len(pdf.pages)
    except pikepdf.PasswordError as error:
        raise JustificatifRefused(
            f"« {name} » est protégé par un mot de passe. Retirez la protection puis joignez-le à nouveau."
        ) from error
    except Exception as error:  # a damaged PDF raises many kinds of errors
        raise JustificatifRefused(
            f"« {name} » est abîmé et ne peut pas être lu. Enregistrez-le à nouveau ou choisissez un autre fichier."
        ) from error
    if not 1 <= pages <= limits.MAX_PDF_PAGES:
        raise JustificatifRefused(
            f"« {name} » doit compter de 1 à {limits.MAX_PDF_PAGES} pages. Joignez seulement les pages utiles."
        )
    return pages

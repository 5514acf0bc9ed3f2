"""Files that the portal made itself, in a storage: written over an earlier try, handed over as a download."""

from typing import IO, Any, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage
from django.http import FileResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.http import content_disposition_header


def write_over(storage: Storage, key: str, file: IO[bytes]) -> None:
    """Write an object over that of an earlier try. Raises OSError."""
    storage.delete(key)
    file.seek(0)
    stored = storage.save(key, File(cast("Any", file)))
    if stored != key:
        storage.delete(stored)
        raise OSError(f"{key} : un autre objet porte ce nom")


def has_addresses(storage: Any) -> bool:
    """Whether downloads leave by a short signed address of the storage."""
    return settings.PORTAL_S3_DOWNLOADS == "signed" and hasattr(storage, "signed_url")


def opened(storage: Any, key: str) -> IO[bytes] | None:
    """The object to stream; None when an address of it is enough. Raises OSError for a silent storage."""
    return None if has_addresses(storage) else storage.open(key, "rb")


def download(storage: Any, key: str, source: IO[bytes] | None, *, name: str, content_type: str) -> HttpResponseBase:
    """The object as a download called `name`: streamed from `source` or, with None, by a signed address."""
    disposition = content_disposition_header(True, name) or "attachment"
    answer: HttpResponseBase
    if source is None:
        seconds = settings.PORTAL_S3_SIGNED_SECONDS
        url = storage.signed_url(key, seconds=seconds, disposition=disposition, content_type=content_type)
        answer = HttpResponseRedirect(url)
    else:
        answer = FileResponse(source, content_type=content_type)
        answer["Content-Disposition"] = disposition
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer

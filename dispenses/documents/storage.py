"""Bytes of justificatifs: kept untouched under a random key, served as attachments."""

from django.core.files.base import File
from django.http import FileResponse

from dispenses.models import Justificatif


def response(justificatif: Justificatif) -> FileResponse:
    """The original bytes as a download that no browser will render in the portal's origin (RFC 6266 name)."""
    answer = FileResponse(
        justificatif.file.open("rb"),
        as_attachment=True,
        filename=justificatif.name,
        content_type=justificatif.content_type,
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "no-store"
    return answer


def forget(file: "File[bytes]") -> None:
    """Delete the stored bytes of a removed justificatif; a row is never left pointing to a missing object."""
    name = file.name
    if name:
        Justificatif._meta.get_field("file").storage.delete(name)

"""How a pack leaves: written down first, then streamed, or by a short signed address on S3."""

from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from accounts.models import User
from dispenses.models import EvidencePack, pack_storage
from dispenses.packs import preparation

CONTENT_TYPE = "application/zip"


def pack_name(pack: EvidencePack) -> str:
    """Name under which a pack is downloaded."""
    return f"preuves-{slugify(pack.employer.name)[:40]}-{pack.first_day:%Y%m%d}-{pack.last_day:%Y%m%d}.zip"


def handed_over(pack: EvidencePack, user: User) -> HttpResponseBase:
    """The pack as a download. Raises PackRefused unless it is ready, OSError when the storage does not answer."""
    storage: Any = pack_storage()
    disposition = content_disposition_header(True, pack_name(pack)) or "attachment"
    signed = settings.PORTAL_S3_DOWNLOADS == "signed" and hasattr(storage, "signed_url")
    preparation.check_ready(pack)
    source = None if signed else storage.open(pack.object_name, "rb")
    preparation.read(pack, user)
    if source is None:
        answer: HttpResponseBase = HttpResponseRedirect(
            storage.signed_url(
                pack.object_name,
                seconds=settings.PORTAL_S3_SIGNED_SECONDS,
                disposition=disposition,
                content_type=CONTENT_TYPE,
            )
        )
    else:
        answer = FileResponse(source, content_type=CONTENT_TYPE)
        answer["Content-Disposition"] = disposition
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer

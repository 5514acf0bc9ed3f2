"""How a pack leaves: written down first, then streamed, or by a short signed address on S3."""

from django.http import HttpResponseBase
from django.utils.text import slugify

from accounts.models import User
from dispenses.documents import objects
from dispenses.models import EvidencePack, pack_storage
from dispenses.packs import preparation

CONTENT_TYPE = "application/zip"


def pack_name(pack: EvidencePack) -> str:
    """Name under which a pack is downloaded."""
    return f"preuves-{slugify(pack.employer.name)[:40]}-{pack.first_day:%Y%m%d}-{pack.last_day:%Y%m%d}.zip"


def handed_over(pack: EvidencePack, user: User) -> HttpResponseBase:
    """The pack as a download. Raises PackRefused unless it is ready, OSError when the storage does not answer."""
    storage = pack_storage()
    preparation.check_ready(pack)
    source = objects.opened(storage, pack.object_name)
    preparation.read(pack, user)
    return objects.download(storage, pack.object_name, source, name=pack_name(pack), content_type=CONTENT_TYPE)

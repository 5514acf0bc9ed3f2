"""The mail of a pack: builds its message and hands it to the outbox."""

from django.utils import timezone

from dispenses.models import EvidencePack
from dispenses.packs import messages
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance


def pack_ready(pack: EvidencePack) -> None:
    """To whoever asked: the pack may be taken until the day on which it is deleted."""
    enqueue(
        messages.PackReady(
            employer_name=pack.employer.name,
            period=f"du {pack.first_day:%d/%m/%Y} au {pack.last_day:%d/%m/%Y}",
            expires_on=timezone.localdate(pack.expires_at),
            packs_url=absolute(f"{entrance('packs')}?employeur={pack.employer_id}"),
        ),
        to=pack.asked_by.email,
        dedup_key=f"pack-ready:{pack.pk}",
    )

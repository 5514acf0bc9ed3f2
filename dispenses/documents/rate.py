"""How much one person may send in an hour: counted in the database, so for all processes together."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from dispenses.exceptions import TooManyUploads
from dispenses.models import ReceivedUpload

PERIOD = timedelta(hours=1)


@transaction.atomic
def count(*, user: User | None, upload: "UploadedFile[bytes]") -> None:
    """Count a file, joined or refused afterwards. Raises TooManyUploads when the hour's count or bytes are used up."""
    if user is None:
        return
    _commit_quickly()
    # Two sendings at once are counted one by one.
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    now = timezone.now()
    mine = ReceivedUpload.objects.filter(user=user)
    received = list(mine.order_by("-at").values_list("at", "size"))
    if received and received[-1][0] <= now - PERIOD:
        mine.filter(at__lte=now - PERIOD).delete()
        received = [(at, bytes_received) for at, bytes_received in received if at > now - PERIOD]
    size = upload.size or 0
    if until := _full_until(received, size):
        raise _too_many(until, now)
    ReceivedUpload.objects.create(user=user, at=now, size=size)


def _commit_quickly() -> None:
    """This transaction does not wait for PostgreSQL's disk: were the server to crash, a few files would not count."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")


def _full_until(received: list[tuple[datetime, int]], size: int) -> datetime | None:
    """When a file of `size` bytes would fit beside what was received, newest first; None when it does now."""
    total = size
    for rank, (at, bytes_received) in enumerate(received, start=1):
        total += bytes_received
        if rank >= settings.PORTAL_UPLOAD_HOURLY_FILES or total > settings.PORTAL_UPLOAD_HOURLY_BYTES:
            return at + PERIOD
    return None


def _too_many(until: datetime, now: datetime) -> TooManyUploads:
    minute = timezone.localtime(until + timedelta(minutes=1))  # the minute shown is over then
    return TooManyUploads(
        "Vous avez envoyé beaucoup de fichiers en une heure. Vos fichiers déjà joints sont conservés. "
        f"Vous pourrez en joindre d’autres à partir de {minute:%H}\xa0h\xa0{minute:%M}.",
        seconds=int((until - now).total_seconds()) + 1,
    )

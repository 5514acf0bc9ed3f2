"""Who read which document, and when: written before it is handed over, consulted on the desk (Consultation)."""

from datetime import datetime, timedelta

from django.http import HttpResponseBase
from django.utils import timezone

from accounts.models import User
from dispenses.enums import Reading
from dispenses.models import Consultation, Dispense, Justificatif

SAME_READING = timedelta(minutes=15)  # the pages of one document seen by one person in that time are one reading


def downloaded(
    user: User,
    justificatif: Justificatif,
    answer: HttpResponseBase,
    *,
    kind: Reading = Reading.ORIGINAL,
    reason: str = "",
) -> HttpResponseBase:
    """A file, or a signed address of it, is about to be handed over as `answer`: not without its line."""
    try:
        reading = _reading(user, justificatif, timezone.now(), kind)
        reading.reason = reason
        reading.save()
    except BaseException:
        answer.close()
        raise
    return answer


def looked_at(user: User, justificatif: Justificatif) -> None:
    """A page of the preview was shown; pages that arrive together make one line, whoever writes first."""
    now = timezone.now()
    window = _window(now)
    if Consultation.objects.filter(user=user, document=justificatif.pk, window=window).exists():
        return
    reading = _reading(user, justificatif, now, Reading.PAGES)
    reading.window = window
    Consultation.objects.bulk_create([reading], ignore_conflicts=True)


def page_read(user: User, dispense: Dispense) -> None:
    """The employee's page is about to be shown to a member of the centre: not without its line."""
    Consultation.objects.create(
        user=user, by_centre=True, dispense=dispense, document=0, name="Suivi de la demande", kind=Reading.PAGE
    )


def _window(now: datetime) -> datetime:
    seconds = SAME_READING.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=now.tzinfo)


def _reading(user: User, justificatif: Justificatif, at: datetime, kind: Reading) -> Consultation:
    return Consultation(
        at=at,
        user=user,
        by_centre=user.is_staff,
        dispense_id=justificatif.dispense_id,
        document=justificatif.pk,
        name=justificatif.name,
        kind=kind,
    )

"""Who read which document, and when: lines of the request's log, kept with it and shown to the desk."""

from datetime import timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from accounts.models import User
from dispenses.models import Dispense, Justificatif

SAME_READING = timedelta(minutes=15)  # the pages of one preview are one reading


def downloaded(user: User, justificatif: Justificatif) -> None:
    """The original was handed over, or a signed address of it."""
    _write(user, justificatif, _line("Document lu", justificatif))


def looked_at(user: User, justificatif: Justificatif) -> None:
    """A page of the preview was shown."""
    line = _line("Aperçu lu", justificatif)
    recent = LogEntry.objects.filter(
        user=user,
        content_type=ContentType.objects.get_for_model(Dispense),
        object_id=str(justificatif.dispense_id),
        action_time__gt=timezone.now() - SAME_READING,
        change_message=line,
    )
    if not recent.exists():
        _write(user, justificatif, line)


def _line(what: str, justificatif: Justificatif) -> str:
    return f"{what}\xa0: {justificatif.name} (n°{justificatif.pk})"


def _write(user: User, justificatif: Justificatif, message: str) -> None:
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(Dispense),
        object_id=str(justificatif.dispense_id),
        object_repr=str(justificatif.dispense),
        action_flag=CHANGE,
        change_message=message,
    )

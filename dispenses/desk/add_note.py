"""Notes of the centre about a request."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from dispenses.models import Dispense, InternalNote
from dispenses.request.transitions import lock

SAME_NOTE = timedelta(minutes=1)


@transaction.atomic
def add_note(*, dispense: Dispense, author: User, text: str) -> InternalNote:
    """Add a note, whatever the request's status. The same words of the same author within a minute are one note."""
    locked = lock(dispense)
    now = timezone.now()
    again = InternalNote.objects.filter(
        dispense=locked, author=author, text=text.strip(), at__gt=now - SAME_NOTE
    ).first()
    return again or InternalNote.objects.create(dispense=locked, author=author, text=text.strip(), at=now)

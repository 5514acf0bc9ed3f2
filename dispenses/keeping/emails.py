"""The mails about what is forgotten: builds the room's messages and hands them to the outbox."""

from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from accounts.models import Employer
from accounts.services import people_to_notify
from dispenses.keeping import messages
from dispenses.models import DataCopy
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance
from portal.lib.typography import numbers_in_words

NAMED = 20


def announced(employer: Employer, numbers: Sequence[int], *, count: int, told_on: date, due_on: date) -> None:
    """To each correspondent: the `count` of requests that go on `due_on`, the first `numbers`, the pack to ask for."""
    message = messages.ForgettingAnnounced(
        employer_name=employer.name,
        count=count,
        numbers=numbers_in_words(numbers, count),
        due_on=due_on,
        packs_url=absolute(f"{entrance('packs')}?employeur={employer.pk}"),
    )
    for rank, address in enumerate(people_to_notify(employer)):
        enqueue(message, to=address, dedup_key=f"forgetting:{employer.pk}:{told_on:%Y-%m-%d}:{rank}")


def copy_ready(copy: DataCopy) -> None:
    """To whoever asked: the copy may be taken, signed in, until the day on which it is deleted."""
    enqueue(
        messages.DataCopyReady(
            person_name=copy.user.full_name,
            expires_on=timezone.localdate(copy.expires_at),
            data_url=absolute(entrance("my_data")),
        ),
        to=copy.user.email,
        dedup_key=f"data-copy:{copy.pk}",
    )

"""A code of six digits sent by mail, of an invitation or of an account: how often, for how long, how many tries.

It lives from the departure of its mail, whose key says which code it carries.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.exceptions import Code
from accounts.models import AddressCode, Invitation, User
from accounts.services import pace
from portal.lib.keyed import Keyed

MINUTES = 15
ATTEMPTS = 5
WORN_OUT = {
    Code.TOO_MANY_TRIES: "Trop d’essais. Demandez un nouveau code.",
    Code.CODE_EXPIRED: "Ce code n’est plus valable. Demandez-en un nouveau.",
}
SOON = timedelta(seconds=30)  # a mail that left within that time changes nothing for its reader


def replace(row: Invitation | AddressCode, code_hash: str) -> str:
    """Keep the hash of a new code in place of the former. Returns the end of its mail's `dedup_key`.

    The caller holds the row. Raises SentTooOften past 6 codes in an hour: their instants are not kept, all count from
    the last one.
    """
    now, last = timezone.now(), row.code_sent_at
    if last is None or now - last >= pace.CODES.memory:
        row.codes_sent = 0
    pace.refuse_early(pace.CODES, [last or now] * row.codes_sent, what="Trop de codes envoyés", now=now)
    row.code_hash = code_hash
    row.code_sent_at, row.code_attempts = now, 0
    row.codes_sent += 1
    row.save(update_fields=["code_hash", "code_sent_at", "code_attempts", "codes_sent"])
    return f"{row.pk}:{_milliseconds(now)}"


def count_try(row: Invitation | AddressCode) -> Code | None:
    """Count one try at the code; why no code is looked at any more (see WORN_OUT), None when this one is."""
    spent, sent_at = row.code_attempts >= ATTEMPTS, row.code_sent_at
    row.code_attempts = min(row.code_attempts + 1, ATTEMPTS)
    row.save(update_fields=["code_attempts"])
    if spent:
        return Code.TOO_MANY_TRIES
    dead = sent_at is None or timezone.now() - sent_at >= timedelta(minutes=MINUTES)
    return Code.CODE_EXPIRED if dead else None


def of_account(user: User) -> AddressCode:
    """The row of an account, held with it until the end of the transaction."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    return AddressCode.objects.get_or_create(user=user)[0]


def use(row: AddressCode, given: Keyed) -> Code | None:
    """Count one try, and spend the code when it is the one given; why it is not, None when it is."""
    if wrong := count_try(row):
        return wrong
    if not row.code_hash:  # it has served
        return Code.CODE_EXPIRED
    if not given.is_that_of(row.code_hash):
        return Code.WRONG_CODE
    row.code_hash = ""
    row.save(update_fields=["code_hash"])
    return None


def count_from(rows: QuerySet[Any], keys: Sequence[str], at: datetime) -> None:
    """Make `at` the instant at which these codes were sent: those that are still the row's own."""
    written = {int(number): int(moment) for number, moment in (text.split(":")[-2:] for text in keys)}
    for pk, known in rows.filter(pk__in=written).values_list("pk", "code_sent_at"):
        if known is not None and known < at - SOON and _milliseconds(known) == written[pk]:
            rows.filter(pk=pk, code_sent_at=known).update(code_sent_at=at)


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)

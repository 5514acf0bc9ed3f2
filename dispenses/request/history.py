"""The history of a request, sealed: each declaration and each event holds the SHA-256 of itself and of the one before.

A seal covers the row, its rank in the request and the former seal; the request keeps the last one, receipts and packs
show it. Whoever changes, removes, adds or reorders a row behind the portal would have to write every later seal again,
and the receipts that people hold would still say otherwise.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from dispenses.models import Declaration, Dispense, TimelineEvent

Entry = Declaration | TimelineEvent
# What a seal covers of each row, once and for all: a field that is added later is not in the seals of before.
COVERED = {
    "Declaration": ("signed_at", "signed_by_id", "motif_label", "legal_basis", "text", "answers"),
    "TimelineEvent": ("transition", "from_status", "to_status", "at", "actor_id", "actor_label", "comment", "files"),
}
BATCH = 500


@dataclass(frozen=True)
class Break:
    """A place where the history of a request is not what was sealed: its number, the rank (0: the whole), the words."""

    number: int
    rank: int
    words: str


def append(dispense: Dispense, entry: Entry) -> Entry:
    """Write the next row of the history of a locked request, to be saved with its `SEALED` in the same transaction."""
    entry.dispense, entry.rank = dispense, dispense.history_rank + 1
    entry.seal = seal(dispense.history_seal, entry)
    entry.save()
    dispense.history_rank, dispense.history_seal = entry.rank, entry.seal
    return entry


SEALED = ("history_rank", "history_seal")
"""Fields of a request that `append` changes."""


def seal(former: str, entry: Entry) -> str:
    """SHA-256, in hexadecimal, of the `former` seal ("" for the first) and of all that the row says."""
    said = {
        "kind": type(entry).__name__,
        "dispense": entry.dispense_id,
        "rank": entry.rank,
        "former": former,
        "row": {name: _plain(getattr(entry, name)) for name in COVERED[type(entry).__name__]},
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    """An instant as every database gives it back, in UTC to the microsecond."""
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def entries(dispense: Dispense) -> list[Entry]:
    """Declarations and events of a request in the order in which they were sealed; what has no seal comes last."""
    found: list[Entry] = [*dispense.declarations.all(), *dispense.events.all()]
    return sorted(found, key=lambda entry: (entry.rank or 2**31, type(entry).__name__, entry.pk))


def breaks(dispense: Dispense) -> list[Break]:
    """What differs from what was sealed; empty for a history that is whole."""
    found: list[Break] = []
    former, expected = "", 1
    for entry in entries(dispense):
        what = entry._meta.verbose_name
        if not entry.seal or entry.rank is None:
            found.append(Break(dispense.number, 0, f"{what} {entry.pk} sans empreinte, ajouté hors du portail"))
            continue
        if entry.rank > expected:
            found.append(Break(dispense.number, expected, "ligne supprimée"))
        elif entry.rank < expected:
            found.append(Break(dispense.number, entry.rank, "rang en double"))
        if entry.seal != seal(former, entry):
            found.append(Break(dispense.number, entry.rank, f"{what} {entry.pk} modifié, ou ce qui le précède"))
        former, expected = entry.seal, entry.rank + 1
    if (dispense.history_rank, dispense.history_seal) != (expected - 1, former):
        found.append(Break(dispense.number, 0, "la dernière empreinte n’est pas celle de la demande"))
    return found


def verify(numbers: Iterable[int] | None = None) -> Iterator[Break]:
    """The breaks of these requests, or of all, a batch in memory at a time."""
    rows = Dispense.objects.all() if numbers is None else Dispense.objects.filter(pk__in=numbers)
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").prefetch_related("declarations", "events")[:BATCH]):
        last = batch[-1].pk
        for dispense in batch:
            yield from breaks(dispense)


def first_seal(dispense: Dispense) -> str:
    """The seal of the first sending, which the receipt shows; "" for a draft."""
    sent = [entry for entry in entries(dispense) if isinstance(entry, TimelineEvent) and entry.seal]
    return sent[0].seal if sent else ""


def seal_of_sending(declaration: Declaration) -> str:
    """The seal of the event with which a declaration was sent, which its receipt shows; "" before there were seals."""
    after = TimelineEvent.objects.filter(dispense=declaration.dispense_id, rank__gt=declaration.rank or 0)
    return after.order_by("rank").values_list("seal", flat=True).first() or "" if declaration.rank else ""


def holds(dispense: Dispense, shown: str) -> bool:
    """Whether `shown`, read on a receipt or in a pack, is one of the seals of the request's history."""
    return bool(shown) and any(entry.seal == shown for entry in entries(dispense))

"""The editions of the motifs, as pages read them: a few dozen rows that seldom change, kept a moment in each process.

What is decided or signed is read from the database, never from here: see dispenses.request.
"""

import time

from dispenses.models import Dispense, Motif

KEPT_SECONDS = 10.0


class _Kept:
    by_id: dict[int, Motif] | None = None
    until = 0.0  # of time.monotonic


def all_editions() -> list[Motif]:
    """Every edition with its documents, in the order of the guide; to read only: several requests share them."""
    return list(_editions().values())


def with_motif(dispense: Dispense) -> Dispense:
    """The same request, its motif and the documents that it asks for already in hand."""
    if dispense.motif_id and (motif := _editions().get(dispense.motif_id)):
        dispense.motif = motif
    return dispense


def forget() -> None:
    """Read the database again at the next page."""
    _Kept.by_id = None


def _editions() -> dict[int, Motif]:
    kept, now = _Kept.by_id, time.monotonic()
    if kept is None or now >= _Kept.until:
        kept = {motif.pk: motif for motif in Motif.objects.prefetch_related("required_justificatifs")}
        _Kept.by_id, _Kept.until = kept, now + KEPT_SECONDS
    return kept

"""A second look at a dispense granted: why it wants one, and what settles it. Nothing ends of itself.

A version of the acte no longer opens its motif (`look_acte_on`, its first day), its contract has reached twelve months
(`look_card_by`, the day until which a proof is awaited), or its contract passed to an employer whose acte does not open
it (`look_transfer_on`, the first day there). `look_on`, the nearest of them, sorts and is indexed.
"""

from datetime import date, datetime
from typing import Any

from django.db.models import DateField, F, Q, Value
from django.db.models.functions import Coalesce, Least

from dispenses.models import Dispense, LifeStep
from dispenses.workflow import Status
from portal.lib.typography import short_day

LOOKED_ACTE = "looked_acte"
LOOKED_CARD = "looked_card"
LOOKED_TRANSFER = "looked_transfer"
"""Steps of a cause that the centre has looked at: it does not come back for the same day."""
CAUSES = {"look_acte_on": LOOKED_ACTE, "look_card_by": LOOKED_CARD, "look_transfer_on": LOOKED_TRANSFER}
"""Each cause, by the field that has its day, and its step."""
WANTED = Q(status=Status.ACCEPTED.value, superseded_by__isnull=True, look_on__isnull=False)
"""Dispenses that want a second look: one that ended, or that gave way, wants it again if it comes back."""


def causes(dispense: Dispense) -> dict[str, date]:
    """The day of each of its causes, by its field."""
    days = {name: getattr(dispense, name) for name in CAUSES}
    return {name: day for name, day in days.items() if day is not None}


def moved(dispense: Dispense, **days: date | None) -> dict[str, date | None]:
    """What the row says once these causes are given, moved or, with None, taken away."""
    said = {**dict.fromkeys(CAUSES), **causes(dispense), **days}
    return {**said, "look_on": min((day for day in said.values() if day), default=None)}


def moved_in_rows(**days: date | None) -> dict[str, Any]:
    """The same of one cause of many rows at once, as an update of theirs."""
    known: list[Any] = [
        Value(days[name], output_field=DateField()) if name in days else F(name)
        for name in CAUSES
        if days.get(name, True)
    ]
    nearest = Least(*(Coalesce(*known[rank:], *known[:rank]) for rank in range(len(known))))
    return {**days, "look_on": nearest}


def is_wanted(dispense: Dispense) -> bool:
    return dispense.status == Status.ACCEPTED and dispense.superseded_by_id is None and dispense.look_on is not None


def shown(dispense: Dispense) -> str:
    """Its causes as a page shows them to who decides, for what is decided to be about these alone."""
    return " ".join(f"{name}:{day}" for name, day in causes(dispense).items())


def settle(dispense: Dispense, at: datetime, only: str = "") -> dict[str, date | None]:
    """What the locked row says once the centre has decided: each of its causes is remembered. {} without any.

    `only`: those that were `shown`, "" for all of them.
    """
    seen = {name: day for name, day in causes(dispense).items() if not only or f"{name}:{day}" in only.split()}
    if not seen:
        return {}
    rows = [LifeStep(dispense=dispense, step=CAUSES[name], target=day, told_at=at) for name, day in seen.items()]
    LifeStep.objects.bulk_create(rows, ignore_conflicts=True)
    return moved(dispense, **dict.fromkeys(seen))


def in_words(acte_on: date | None, card_by: date | None, transfer_on: date | None) -> list[str]:
    """Why, a line for each cause."""
    lines = []
    if acte_on:
        lines.append(f"L’acte du {short_day(acte_on)} n’ouvre plus ce motif")
    if card_by:
        lines.append(f"Contrat prolongé à douze mois\xa0: carte attendue au plus tard le {short_day(card_by)}")
    if transfer_on:
        here = "motif à revoir avec l’acte du nouvel employeur"
        lines.append(f"Contrat transféré le {short_day(transfer_on)}\xa0: {here}")
    return lines

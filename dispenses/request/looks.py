"""A second look at a dispense granted: why it wants one, and what settles it. Nothing ends of itself.

A version of the acte no longer opens its motif (`look_acte_on`, its first day), or its contract has reached twelve
months (`look_card_by`, the day until which a proof is awaited). `look_on`, the nearest of both, sorts and is indexed.
"""

from datetime import date, datetime

from django.db.models import Q

from dispenses.models import Dispense, LifeStep
from dispenses.workflow import Status
from portal.lib.typography import short_day

LOOKED_ACTE = "looked_acte"
LOOKED_CARD = "looked_card"
"""Steps of a cause that the centre has looked at: it does not come back for the same day."""
WANTED = Q(status=Status.ACCEPTED.value, superseded_by__isnull=True, look_on__isnull=False)
"""Dispenses that want a second look: one that ended, or that gave way, wants it again if it comes back."""


def fields(acte_on: date | None, card_by: date | None) -> dict[str, date | None]:
    """What the row says of its causes; None for one that it has not."""
    days = [day for day in (acte_on, card_by) if day]
    return {"look_acte_on": acte_on, "look_card_by": card_by, "look_on": min(days, default=None)}


def is_wanted(dispense: Dispense) -> bool:
    return dispense.status == Status.ACCEPTED and dispense.superseded_by_id is None and dispense.look_on is not None


def settle(dispense: Dispense, at: datetime) -> dict[str, date | None]:
    """What the locked row says once the centre has decided: each of its causes is remembered. {} without any."""
    causes = {LOOKED_ACTE: dispense.look_acte_on, LOOKED_CARD: dispense.look_card_by}
    seen = [
        LifeStep(dispense=dispense, step=step, target=day, told_at=at)
        for step, day in causes.items()
        if day is not None
    ]
    if not seen:
        return {}
    LifeStep.objects.bulk_create(seen, ignore_conflicts=True)
    return fields(None, None)


def in_words(acte_on: date | None, card_by: date | None) -> list[str]:
    """Why, a line for each cause."""
    lines = []
    if acte_on:
        lines.append(f"L’acte du {short_day(acte_on)} n’ouvre plus ce motif")
    if card_by:
        lines.append(f"Contrat prolongé à douze mois\xa0: carte attendue au plus tard le {short_day(card_by)}")
    return lines

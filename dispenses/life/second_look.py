"""Dispenses in force that want a new look since their acte changed. Nothing ends of itself: the centre decides.

A version of an acte may no longer open a motif. An agreement or a referendum that takes the place of a decision of the
employer alone closes « présent avant la mise en place » in the same way (law of 31 December 1989, article 11): closing
knows both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Acte
from dispenses.models import Dispense
from dispenses.queue.speaking import in_force
from dispenses.request.closing import Closed, closed_dispenses, closed_motifs


@dataclass(frozen=True)
class SecondLook:
    """What one version of an acte no longer opens, and the dispenses in force that rest on it."""

    acte: Acte
    closed: list[Closed]
    dispenses: QuerySet[Dispense]


def changed_actes(today: date) -> QuerySet[Acte]:
    """Versions of `today` that took the place of another, the last to begin first."""
    earlier = Acte.objects.filter(employer=OuterRef("employer"), in_force_from__lt=OuterRef("in_force_from"))
    begun = Q(in_force_until__isnull=True) | Q(in_force_until__gte=today)
    versions = Acte.objects.filter(begun, Exists(earlier), in_force_from__lte=today)
    return versions.select_related("employer").order_by("-in_force_from", "-pk")


def second_looks(today: date, actes: Iterable[Acte] | None = None) -> Iterator[SecondLook]:
    """The versions that leave a dispense in force on `today` without its ground; `actes`: those alone."""
    for acte in changed_actes(today) if actes is None else actes:
        closed = closed_motifs(acte)
        resting = closed_dispenses(acte, closed).filter(in_force(today)) if closed else Dispense.objects.none()
        if resting.exists():
            yield SecondLook(acte, closed, resting)

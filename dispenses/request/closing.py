"""What a new version of an acte closes: dispenses granted whose motif it no longer opens. It ends none of them.

Law: a motif that the acte no longer provides (R242-1-6), and article 11 of the law of 1989, which speaks of a decision
of the employer alone: an agreement or a referendum that takes its place binds everybody.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from accounts.models import Acte
from dispenses.law.assessment import acte_against, is_opened_by_acte
from dispenses.law.situation import Reason
from dispenses.models import Dispense, Motif
from dispenses.workflow import Status
from portal.lib.dates import start_of_day


@dataclass(frozen=True)
class Closed:
    """A motif, in one edition, that a version no longer opens, and why."""

    motif: Motif
    reason: Reason


def closed_motifs(acte: Acte) -> list[Closed]:
    """The editions of motifs that the version before opened, for who was there all along, and that `acte` does not."""
    former = acte.before()
    if former is None:
        return []
    hired_on = former.first_set_up_on - timedelta(days=1)
    found = []
    for motif in Motif.objects.all():
        if is_opened_by_acte(motif, hired_on=hired_on, acte=former):
            reason = acte_against(motif, hired_on=hired_on, acte=acte)
            found += [Closed(motif, reason)] if reason else []
    return found


def closed_dispenses(acte: Acte, closed: list[Closed]) -> "QuerySet[Dispense]":
    """Dispenses asked before that version, granted, in force on its first day, under one of these motifs; by number."""
    start = acte.in_force_from
    return Dispense.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=start),
        employee__employer=acte.employer_id,
        status=Status.ACCEPTED.value,
        submitted_at__lt=start_of_day(start),
        motif__in=[one.motif.pk for one in closed],
    ).order_by("number")

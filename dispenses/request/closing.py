"""What a new version of an acte closes: dispenses granted whose motif it no longer opens. It ends none of them.

Law: a motif that the acte no longer provides (R242-1-6), and article 11 of the law of 1989, which speaks of a decision
of the employer alone: an agreement or a referendum that takes its place binds everybody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db.models import Q, QuerySet

from accounts.models import Acte
from dispenses.law.assessment import acte_against, is_opened_by_acte
from dispenses.law.situation import Reason
from dispenses.models import Dispense, Motif
from dispenses.workflow import Status
from portal.lib.dates import ONE_DAY, start_of_day

LONG_AGO = date(1990, 1, 1)


@dataclass(frozen=True)
class Closed:
    """A motif, in one edition, that a version no longer opens, and why."""

    motif: Motif
    reason: Reason


def closed_motifs(acte: Acte) -> list[Closed]:
    """The editions of motifs that the version before opened, for who was there all along, and that `acte` does not."""
    former = acte.before()
    return closed_between(former, acte, Motif.objects.all()) if former else []


def closed_between(former: Acte, acte: Acte, motifs: Iterable[Motif]) -> list[Closed]:
    """Of `motifs`, those that `former` opened, for who was there all along, and that `acte`, its next, does not."""
    hired_on = _there_all_along(former)
    found = []
    for motif in motifs:
        if is_opened_by_acte(motif, hired_on=hired_on, acte=former):
            reason = acte_against(motif, hired_on=hired_on, acte=acte)
            found += [Closed(motif, reason)] if reason else []
    return found


def subject_to_acte(motifs: Iterable[Motif]) -> list[Motif]:
    """Those of which an acte has a say: they are not opened without one."""
    return [motif for motif in motifs if not is_opened_by_acte(motif, hired_on=LONG_AGO, acte=None)]


def closed_since(versions: Sequence[Acte], motifs: Sequence[Motif], today: date) -> dict[date, list[Closed]]:
    """What each version, by its first day, closed that none opened again until `today`; `versions`: oldest first."""
    begun = [version for version in versions if version.in_force_from <= today]
    found = {}
    for rank, (former, acte) in enumerate(pairwise(begun), start=2):
        hired_on = _there_all_along(former)
        closed = [
            one
            for one in closed_between(former, acte, motifs)
            if not any(is_opened_by_acte(one.motif, hired_on=hired_on, acte=later) for later in begun[rank:])
        ]
        if closed:
            found[acte.in_force_from] = closed
    return found


def reason_against(acte: Acte, motif: Motif) -> Reason | None:
    """Why that version does not open the motif to who was there all along; None when it does."""
    return acte_against(motif, hired_on=_there_all_along(acte), acte=acte)


def _there_all_along(acte: Acte) -> date:
    """A hire before the first set-up."""
    return acte.first_set_up_on - ONE_DAY


def closed_dispenses(acte: Acte, closed: list[Closed]) -> "QuerySet[Dispense]":
    """Dispenses asked before that version, granted, in force on its first day, under one of these motifs; by number."""
    granted = Dispense.objects.filter(employee__employer=acte.employer_id, status=Status.ACCEPTED.value)
    return resting_on(granted, acte.in_force_from, closed).order_by("number")


def resting_on(granted: "QuerySet[Dispense]", start: date, closed: list[Closed]) -> "QuerySet[Dispense]":
    """Of dispenses granted, those asked before `start`, in force on it, under one of the motifs closed on that day."""
    return granted.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=start),
        submitted_at__lt=start_of_day(start),
        motif__in=[one.motif.pk for one in closed],
    )

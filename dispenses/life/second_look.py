"""Dispenses in force whose motif the acte of their employer no longer opens: they want a second look of the centre.

A version of an acte may no longer open a motif. An agreement or a referendum that takes the place of a decision of the
employer alone closes « présent avant la mise en place » in the same way (law of 31 December 1989, article 11): closing
knows both. The row of the dispense keeps the first day of that version (dispenses.request.looks).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from celery import shared_task
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import Acte, Employer, insured
from dispenses.life import transfer_look
from dispenses.models import Dispense, LifeStep, Motif, Transfer
from dispenses.request import looks
from dispenses.request.closing import Closed, closed_since, resting_on, subject_to_acte
from dispenses.workflow import Status
from portal.lib.dates import start_of_day

BATCH = 2000
GRANTED = Q(status=Status.ACCEPTED.value)
Cause = tuple[date, int]  # the first day of a version, and the motif that it no longer opens
EMPLOYERS = 500
"""Employers in memory at a time."""
RECENT = timedelta(days=31)
"""How long the night reads a finished transfer again: its end and each acte of its new employer wrote its looks."""


@shared_task(name="dispenses.tasks.record_second_looks")
def record_second_looks(today: date | None = None) -> int:
    """Bring up to date what the versions of actes begun on `today` (Europe/Paris) close. Returns how many rows changed.

    Late, twice or killed, it leaves what the actes say: a version that was corrected closes what it says now.
    """
    today = today or timezone.localdate()
    return _record_all(Q(), Q(finished_at__gte=start_of_day(today - RECENT)), today)


def record_of(employer: Employer) -> int:
    """The same for one employer, whose actes were just written."""
    return _record_all(Q(pk=employer.pk), Q(new=employer.pk), timezone.localdate())


def _record_all(wanted: Q, arrivals: Q, today: date) -> int:
    """Of these employers, and of these transfers, done already."""
    transfers = Transfer.objects.filter(arrivals, insured(today, "new__"), finished_at__isnull=False, moved__gt=0)
    return _record_actes(wanted, today) + sum(transfer_look.record(one, today) for one in transfers)


def _record_actes(wanted: Q, today: date) -> int:
    motifs, flagged = subject_to_acte(Motif.objects.all()), _flagged()
    employers = _employers(wanted & insured(today)).iterator(EMPLOYERS)
    return sum(_record(employer, motifs, flagged.get(employer.pk, set()), today) for employer in employers)


def _flagged() -> dict[int, set[Cause]]:
    """Why dispenses granted are looked at because of an acte, by employer: as many as versions that close something."""
    rows = Dispense.objects.filter(looks.WANTED, look_acte_on__isnull=False).order_by()
    found: dict[int, set[Cause]] = defaultdict(set)
    for employer, day, motif in rows.values_list("employee__employer", "look_acte_on", "motif").distinct():
        if day and motif:
            found[employer].add((day, motif))
    return found


def _employers(wanted: Q) -> QuerySet[Employer]:
    """Those whose acte has several versions, or of which a dispense is looked at because of one."""
    several = Acte.objects.values("employer").annotate(versions=Count("pk")).filter(versions__gt=1).values("employer")
    flagged = Dispense.objects.filter(looks.WANTED, look_acte_on__isnull=False)
    versions = Prefetch("actes", Acte.objects.order_by("in_force_from"))
    found = Employer.objects.filter(Q(pk__in=several) | Q(pk__in=flagged.values("employee__employer")))
    return found.filter(wanted).only("pk").order_by("pk").prefetch_related(versions)


def _record(employer: Employer, motifs: Sequence[Motif], flagged: set[Cause], today: date) -> int:
    """Flag what is closed since a day, then let go of what no version closes any more."""
    granted = Dispense.objects.filter(GRANTED, employee__employer=employer.pk)
    closed = closed_since(list(employer.actes.all()), motifs, today)
    lasting = granted.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))
    changed = sum(_flag(lasting, day, found) for day, found in closed.items())
    for day, motif in flagged - {(day, one.motif.pk) for day, found in closed.items() for one in found}:
        reopened = granted.filter(look_acte_on=day, motif=motif)
        changed += _in_batches(reopened, **looks.moved_in_rows(look_acte_on=None))
    return changed


def _flag(granted: QuerySet[Dispense], day: date, closed: list[Closed]) -> int:
    """Those that rest on what closed on `day`, but for what the centre has looked at already."""
    looked = LifeStep.objects.filter(dispense=OuterRef("pk"), step=looks.LOOKED_ACTE, target=day)
    here = granted.exclude(employee__transferred_on__gte=day)  # what came since is looked at because it came
    new = resting_on(here, day, closed).exclude(look_acte_on=day).exclude(Exists(looked))
    return _in_batches(new, **looks.moved_in_rows(look_acte_on=day))


def _in_batches(found: QuerySet[Dispense], **changes: object) -> int:
    """Write the same to all of `found`, some rows at a time, those that are granted still. Returns how many."""
    last = changed = 0
    while batch := list(found.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last = batch[-1]
        changed += Dispense.objects.filter(GRANTED, pk__in=batch).update(**changes)
    return changed

"""Journals of who read or took what: kept some years, then forgotten."""

from datetime import datetime

from celery import shared_task
from django.db.models import Exists, OuterRef
from django.utils import timezone

from dispenses.enums import PackStatus, PackStep
from dispenses.models import Consultation, EvidencePack, ListExport, PackReading, PayrollChange, PayrollFile
from dispenses.models.packs import OPEN_PACKS
from portal.lib.append_only import outdated
from portal.lib.dates import add_years, start_of_day
from portal.lib.leases import purge

JOURNALS_KEPT = 3
"""Years: prudence, no article says a number. Whoever asks who read their documents asks long before."""


@shared_task(name="dispenses.tasks.purge_journals")
def purge_journals(now: datetime | None = None) -> int:
    """Forget the readings, the exports and the packs of before. Returns how many rows.

    The row of a pack goes with its readings, once its bytes are gone.
    """
    limit = start_of_day(add_years(timezone.localdate(now), -JOURNALS_KEPT))
    gone = purge(outdated(Consultation).filter(at__lt=limit)) + purge(outdated(ListExport).filter(at__lt=limit))
    gone += purge(outdated(PackReading).filter(at__lt=limit))
    gone += purge(PayrollChange.objects.filter(until_rank__isnull=False, noted_at__lt=limit)) + _payroll_files(limit)
    packs = EvidencePack.objects.filter(asked_at__lt=limit, readings__isnull=True, step=PackStep.DONE)
    return gone + purge(packs.exclude(status__in=[*OPEN_PACKS, PackStatus.READY]))


def _payroll_files(limit: datetime) -> int:
    """Forget the files for payroll that another has followed since: the last one taken is a marker."""
    followed = PayrollFile.objects.filter(
        profile=OuterRef("profile"),
        taken_at__isnull=False,
        up_to_rank__gte=OuterRef("up_to_rank"),
        pk__gt=OuterRef("pk"),
    )
    return purge(PayrollFile.objects.filter(Exists(followed), begun_at__lt=limit))

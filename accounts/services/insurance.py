"""The end of an employer's contract with the insurer, told before it comes; accounts.read_only says what follows."""

from datetime import date, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import messages
from accounts.models import Employer
from accounts.services.people import tell_correspondents
from portal.lib.dates import ONE_DAY
from portal.lib.links import absolute, entrance

NOTICE = timedelta(days=60)


@shared_task(name="accounts.tasks.tell_contract_ends")
def tell_contract_ends(today: date | None = None) -> int:
    """Tell correspondents, from 60 days before, that the contract ends: once for each date. Returns how many dates."""
    today = today or timezone.localdate()
    untold = Q(told_insured_until__isnull=True) | ~Q(told_insured_until=F("insured_until"))
    due = Employer.objects.filter(untold, insured_until__lte=today + NOTICE).order_by("pk")
    return sum(_tell(pk, today) for pk in list(due.values_list("pk", flat=True)))


@transaction.atomic
def _tell(pk: int, today: date) -> bool:
    """Whether an end was to be told, and is now."""
    employer = Employer.objects.select_for_update(no_key=True).get(pk=pk)
    end = employer.insured_until
    if end is None or end > today + NOTICE or employer.told_insured_until == end:
        return False
    tell_correspondents(
        employer,
        messages.ContractEnds(
            employer_name=employer.name,
            last_day=end,
            read_only_from=end + ONE_DAY,
            evidence_url=f"{absolute(entrance('packs'))}?employeur={employer.pk}",
        ),
        key=f"contract-ends:{employer.pk}:{end}",
    )
    employer.told_insured_until = end
    employer.save(update_fields=["told_insured_until"])
    return True

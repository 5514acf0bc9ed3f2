"""Employees whom a mail about the life of their dispense did not reach: their correspondents are told to warn them."""

from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from dispenses.life import emails
from dispenses.life.messages import ConfirmationAsked, DispenseEndsSoon, ProofToRenew
from dispenses.models import Dispense, LifeStep
from dispenses.request.messages import DispenseEnded, DispenseReinstated
from dispenses.request.transitions import lock
from notifications.enums import EmailStatus
from notifications.models import OutgoingEmail
from portal.lib.typography import quoted

TOLD = (DispenseEndsSoon, ConfirmationAsked, ProofToRenew, DispenseEnded, DispenseReinstated)
LOOKED_BACK = timedelta(days=30)
BATCH = 500
UNREACHED = "unreached"


@shared_task(name="dispenses.tasks.warn_of_unreached")
def warn_of_unreached(now: datetime | None = None) -> int:
    """Tell correspondents of the mails that a server refused for good, each once. Returns how many mails were told."""
    last, told, mails = 0, 0, failed((now or timezone.now()) - LOOKED_BACK).order_by("pk")
    while batch := list(mails.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        told += sum(_warn(email) for email in _untold(batch))
    return told


def failed(since: datetime) -> QuerySet[OutgoingEmail]:
    """The mails written since then that a server refused for good."""
    kinds = [message.kind for message in TOLD]
    return OutgoingEmail.objects.filter(status=EmailStatus.FAILED, kind__in=kinds, created_at__gte=since)


def _untold(mails: list[OutgoingEmail]) -> list[OutgoingEmail]:
    """Those of these mails of which the correspondents were not told, as every hour finds again those of a month."""
    steps = LifeStep.objects.filter(step=UNREACHED, dispense__in={int(mail.about) for mail in mails})
    told = set(steps.values_list("dispense", "target"))
    return [mail for mail in mails if (int(mail.about), timezone.localdate(mail.created_at)) not in told]


@transaction.atomic
def _warn(email: OutgoingEmail) -> bool:
    dispense = lock(Dispense(number=int(email.about)))
    written_on = timezone.localdate(email.created_at)
    if not LifeStep.objects.get_or_create(dispense=dispense, step=UNREACHED, target=written_on)[1]:
        return False
    news = f"L’e-mail {quoted(email.subject)} n’a pas pu lui être remis\xa0: vérifiez aussi son adresse."
    emails.warn(dispense, news, f"{email.pk}")
    return True

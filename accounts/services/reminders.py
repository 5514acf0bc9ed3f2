"""A new link to all the employees of a filter who have not activated: in pieces, each employee once a day at most."""

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from accounts.enums import CompanyAct
from accounts.listing import filtered, read_filters
from accounts.models import CompanyEvent, Employee, Employer, Invitation, ReminderRun, User, employed, insured
from accounts.read_only import refuse_over
from accounts.services.invitations import resend
from accounts.states import Standing
from portal.lib import leases
from portal.lib.commits import after_commit
from portal.lib.hints import hint
from portal.lib.leases import Held, LeaseLost

logger = logging.getLogger(__name__)

PAUSE = timedelta(hours=24)
LEASE = timedelta(minutes=5)
PIECE = 200
PIECES = 20  # of one task; the next sweep goes on


def remindable(employer: Employer, filters: str, now: datetime) -> QuerySet[Employee]:
    """Employees of the filter who have an address, have not activated, and whose last link is more than a day old."""
    everyone = filtered(Employee.objects.filter(employer=employer), read_filters(filters), now)
    recent = Invitation.objects.filter(employee=OuterRef("pk"), sent_at__gt=now - PAUSE)
    today = timezone.localdate(now)
    here = everyone.filter(employed(today), insured(today, "employer__"), standing=Standing.INVITED)
    return here.exclude(professional_email="").filter(~Exists(recent))


@transaction.atomic
def remind_all(*, employer: Employer, by: User, filters: str) -> ReminderRun:
    """Have a worker send them a new link. Raises ContractOver once the employer's contract is over."""
    refuse_over(employer)
    run = ReminderRun.objects.create(employer=employer, asked_by=by, filters=filters[:500])
    after_commit(hint, work_on_reminders, run.pk)
    return run


@shared_task(name="accounts.tasks.send_reminders")
def work_on_reminders(pk: int) -> None:
    """Send what one run still has to send, if nobody holds it."""
    held = leases.take(_unfinished(), pk, lease=LEASE)
    if held is None:
        return
    try:
        for _ in range(PIECES):
            if not _send_piece(held):
                _finish(held)
                return
        held.give_back()
    except LeaseLost:
        logger.warning("Relance %s : reprise par un autre processus", pk)


def _unfinished() -> QuerySet[ReminderRun]:
    return ReminderRun.objects.filter(finished_at__isnull=True).select_related("employer", "asked_by")


def _send_piece(held: Held[ReminderRun]) -> bool:
    """Send to the next employees; the position moves with each of them. False when there are none."""
    run = held.row
    due = remindable(run.employer, run.filters, timezone.now()).filter(pk__gt=run.position).order_by("pk")
    piece = list(due.select_related("employer")[:PIECE])
    for employee in piece:
        with transaction.atomic():
            sent = _still_due(employee) and resend(employee=employee, by=run.asked_by) is not None
            held.renew(position=employee.pk, sent=F("sent") + int(sent))
    return bool(piece)


def _still_due(employee: Employee) -> bool:
    """Whether nobody has sent a link since the piece was read: another run, or a colleague. Holds the employee."""
    Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
    recent = Invitation.objects.filter(employee=employee, sent_at__gt=timezone.now() - PAUSE)
    return not recent.exists()


@transaction.atomic
def _finish(held: Held[ReminderRun]) -> None:
    run, now = held.row, timezone.now()
    held.finish(finished_at=now)
    run.refresh_from_db(fields=["sent"])
    if not run.sent:  # a double click: the first one sent it all
        return
    CompanyEvent.objects.create(
        employer=run.employer,
        act=CompanyAct.REMINDED,
        at=now,
        actor=run.asked_by,
        actor_label=run.asked_by.full_name,
        detail=f"{run.sent} nouveau{'x' if run.sent > 1 else ''} lien{'s' if run.sent > 1 else ''}",
    )


@shared_task(name="accounts.tasks.sweep_reminders")
def sweep_reminders() -> int:
    """Take up the runs whose task was lost or whose worker died. Returns how many."""
    return leases.sweep(leases.due(_unfinished()).order_by("pk"), work_on_reminders, most=50)

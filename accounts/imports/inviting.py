"""The invitations of an import that leave on a chosen day: until then its new employees are declared, and not invited.

An employee of whom they wait names the import (`held_import`); one who has had an invitation since waits no more.
"""

import logging
from datetime import date, datetime, timedelta

from celery import shared_task
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.enums import ImportStatus
from accounts.listing import uninvited
from accounts.models import Employee, ImportRun, employed, insured
from accounts.services import employee_events
from accounts.services.many import invite_many
from accounts.services.sending_days import send_at
from portal.lib import leases
from portal.lib.leases import Held, LeaseLost

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
PIECE = 500
PIECES = 40  # of one task; the next sweep goes on
WRITTEN = (ImportStatus.DONE, ImportStatus.FAILED)


def waiting(run: ImportRun) -> QuerySet[Employee]:
    """The employees of an import whose invitation has not left."""
    return Employee.objects.filter(uninvited(), held_import=run, user__isnull=True)


def choose(*, run: ImportRun, day: date | None, now: datetime) -> bool:
    """Have the invitations that wait leave on `day`, at once for today, or on none.

    False when they have left, or while the import is not written to its end.
    """
    changeable = ImportRun.objects.filter(pk=run.pk, status__in=WRITTEN, invited_at__isnull=True).filter(
        Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    )
    return bool(changeable.update(invite_at=send_at(day, now) if day else None))


def _due() -> QuerySet[ImportRun]:
    written = ImportRun.objects.filter(status__in=WRITTEN, invited_at__isnull=True)
    return written.filter(invite_at__lte=timezone.now()).select_related("employer")


def work(pk: int) -> None:
    """Send the invitations of one import, if nobody else does."""
    held = leases.take(_due(), pk, lease=LEASE)
    if held is None:
        return
    try:
        for _ in range(PIECES):
            if not _send_piece(held):
                held.finish(invited_at=timezone.now())
                return
        held.give_back()
    except LeaseLost:
        logger.warning("Invitations de l’import %s : reprises par un autre processus", pk)


def _send_piece(held: Held[ImportRun]) -> bool:
    """Invite the next ones, who wait no more then; those who left wait for nothing. False when there are none."""
    run, now = held.row, timezone.now()
    today = timezone.localdate(now)
    with held.step():
        locked = Employee.objects.select_for_update(of=("self",), no_key=True).filter(held_import=run).order_by("pk")
        piece = list(locked.values_list("pk", flat=True)[:PIECE])
        here = (
            waiting(run)
            .filter(employed(today), insured(today, "employer__"), pk__in=piece)
            .exclude(professional_email="")
        )
        invited = list(here.order_by("pk"))
        invite_many(employer=run.employer, employees=invited, now=now)
        employee_events.note_change([employee.pk for employee in invited], now)
        Employee.objects.filter(pk__in=piece).update(held_import=None)
    return bool(piece)


@shared_task(name="accounts.tasks.send_held_invitations")
def sweep() -> int:
    """Send the invitations whose day has come. Returns how many imports were worked on."""
    return leases.sweep(leases.due(_due()).order_by("invite_at", "pk"), work, most=20)

"""What the employer declares of a contract and of its end, followed by the requests of the employee.

Departures end what they must without a mail ([0059](docs/adr/0059-departures-and-rehires.md)).
"""

from datetime import date, datetime

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from accounts.models import Employee
from accounts.services import employee_events, employment
from accounts.services.invitations import revoke_of_leaver
from accounts.states import Standing
from dispenses.enums import EndCause
from dispenses.models import Dispense
from dispenses.queue import standing
from dispenses.request import departure
from dispenses.request.transitions import lock
from dispenses.workflow import OPEN_STATUSES, Status

BATCH = 500
_SENT_OPEN = [status.value for status in OPEN_STATUSES if status is not Status.DRAFT]


class Contracts:
    """Follows what accounts.services.employment tells."""

    def hold(self, employee_id: int) -> None:
        """Lock the requests of the employee, as each move of a request does before it writes the employee."""
        list(Dispense.objects.select_for_update().filter(employee=employee_id).order_by("pk").values_list("pk"))

    def follow(self, change: employment.Change) -> None:
        """End, prolong or give back what the change asks for, then say where the employee stands."""
        if "left_on" in change.before:
            _follow_departure(change.employee, change.at)
        standing.record(Employee.objects.filter(pk=change.employee.pk))


def _follow_departure(employee: Employee, at: datetime) -> None:
    requests = Dispense.objects.filter(employee=employee).order_by("pk")
    granted = requests.filter(status=Status.ACCEPTED.value)
    gone = requests.filter(status=Status.ENDED.value, end_cause=EndCause.DEPARTURE.value)
    for dispense in (granted | gone).distinct():
        departure.follow(lock(dispense), employee.left_on, at)
    if employee.left_on and employee.has_left(timezone.localdate(at)):
        for dispense in requests.filter(status__in=_SENT_OPEN):
            departure.lapse(lock(dispense), employee.left_on, at)


@shared_task(name="dispenses.tasks.record_departures")
def record_departures(today: date | None = None) -> int:
    """Put on record those whose last day at work is before `today` (Europe/Paris): links, open requests, state.

    Returns how many there were. Dispenses end by themselves, on their last day.
    """
    today = today or timezone.localdate()
    due = Employee.objects.filter(left_on__lt=today).exclude(standing=Standing.LEFT).order_by("left_on", "pk")
    recorded = 0
    while ids := list(due.values_list("pk", flat=True)[:BATCH]):
        recorded += sum(_record(pk, today) for pk in ids)
    return recorded


@transaction.atomic
def _record(pk: int, today: date) -> bool:
    """Whether somebody had left and nobody had put it on record."""
    Contracts().hold(pk)
    employee = Employee.objects.select_for_update(no_key=True).get(pk=pk)
    if not employee.has_left(today) or employee.standing == Standing.LEFT:
        return False
    now = timezone.now()
    revoke_of_leaver(employee)
    _follow_departure(employee, now)
    standing.record(Employee.objects.filter(pk=pk))
    employee_events.note_change([pk], now)
    return True

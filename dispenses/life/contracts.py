"""What the employer declares of a contract and of its end, followed by the requests of the employee.

Departures end what they must without a mail (docs/adr/0059); an end that moves with the contract is told (0060).
"""

from collections.abc import Iterable
from datetime import date, datetime

from celery import shared_task
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.enums import ContractType
from accounts.models import LIVE, Employee, Invitation, insured
from accounts.services import employee_events, employment
from accounts.services.invitations import revoke_of_leaver
from accounts.states import Standing
from dispenses.enums import EndCause, EndRule
from dispenses.life import cards, contract_emails, emails
from dispenses.life.beginning import has_begun
from dispenses.life.confirmations import next_confirmation
from dispenses.models import Dispense
from dispenses.queue import standing
from dispenses.request import departure, endings, succession
from dispenses.request import emails as request_emails
from dispenses.request.transitions import apply, hold, lock
from dispenses.workflow import SENT_OPEN, Role, Status
from portal.lib.dates import ONE_DAY
from portal.lib.typography import short_day

BATCH = 500
PERMANENT = "Le contrat de travail est devenu un CDI\xa0: le motif de la dispense ne s’applique plus."


class Contracts:
    """Follows what accounts.services.employment tells."""

    def hold(self, employee_id: int) -> None:
        """Lock the requests of the employee, as each move of a request does before it writes the employee."""
        hold(Dispense.objects.filter(employee=employee_id))

    def follow(self, change: employment.Change) -> None:
        """End, prolong or give back what the change asks for, then say where the employee stands."""
        if change.before.keys() & {"contract_type", "contract_ends_on"}:
            _follow_contract(change)
        if "left_on" in change.before:
            _follow_departure(change.employee, change.at)
        standing.record(Employee.objects.filter(pk=change.employee.pk))


def _follow_contract(change: employment.Change) -> None:
    """Dispenses that rest on a contract with an end: theirs moves with it, or comes once it has none any more."""
    employee = change.employee
    resting = Dispense.objects.filter(
        employee=employee,
        status=Status.ACCEPTED.value,
        motif__end_rule=EndRule.CONTRACT_END.value,
    )
    for dispense in resting.order_by("effective_on", "pk"):  # what one was to replace has its own end first
        if employee.contract_type == ContractType.CDI:
            _become_permanent(lock(dispense), change.at)
        elif employee.contract_ends_on and "contract_ends_on" in change.before:
            _move_end(lock(dispense), employee.contract_ends_on, change.at)


def _become_permanent(dispense: Dispense, at: datetime) -> None:
    """A contract without an end: what rests on its end is over on the eve, the affiliation is due; told as any end.

    The employer does not date the change: it is the day on which it is declared.
    """
    eve = max(timezone.localdate(at), dispense.effective_on or date.min) - ONE_DAY
    contract = {EndCause.CONTRACT: eve}
    if endings.earliest(endings.with_moved(dispense, contract))[1] != EndCause.CONTRACT:
        endings.note(dispense, contract)
        return
    begun = has_begun(dispense, timezone.localdate(at))
    apply(
        dispense,
        "end",
        role=Role.SYSTEM,
        user=None,
        at=at,
        comment=PERMANENT if begun else f"{PERMANENT} La dispense, qui devait commencer plus tard, ne commencera pas.",
        ends=contract,
    )
    if begun:
        request_emails.ended(dispense)
        return
    given_back = succession.give_back(dispense, at, "ne commencera pas.")
    contract_emails.never_begins(dispense, eve + ONE_DAY, _lasting(given_back, eve + ONE_DAY))


def _lasting(dispenses: Iterable[Dispense], day: date) -> Dispense | None:
    """The first of these dispenses that lets its employee off on `day`."""
    found = [Dispense.objects.get(pk=dispense.pk) for dispense in dispenses]
    return next((one for one in found if one.ends_on is None or one.ends_on >= day), None)


def _move_end(dispense: Dispense, until: date, at: datetime) -> None:
    """The end of the rule computed again from the new one of the contract.

    Told to both when it moves the last day, or asks for the card.
    """
    known, former = endings.of(dispense), dispense.ends_on
    if known.get(EndCause.RULE) == until and EndCause.CONTRACT not in known:
        return
    apply(
        dispense,
        "date_end",
        role=Role.SYSTEM,
        user=None,
        at=at,
        comment=f"L’employeur a déclaré une nouvelle fin de contrat\xa0: le {short_day(until)}.",
        ends={EndCause.RULE: until, EndCause.CONTRACT: None},
        confirm_by=_confirmation(dispense, until, timezone.localdate(at)),
    )
    card_by = cards.follow(dispense, until, at)
    moved = dispense.ends_on != former and not dispense.superseded_by_id
    if dispense.ends_on and (moved or card_by):
        emails.end_moved(dispense, dispense.ends_on, card_by=card_by)


def _confirmation(dispense: Dispense, until: date, today: date) -> date | None:
    """The next yearly confirmation once the dispense ends on `until`: the one that it had, or the one to come."""
    if dispense.confirm_by:
        return dispense.confirm_by if dispense.confirm_by <= until else None
    return next_confirmation(dispense, today, until)


def _follow_departure(employee: Employee, at: datetime) -> None:
    requests = Dispense.objects.filter(employee=employee).order_by("pk")
    granted = requests.filter(status=Status.ACCEPTED.value)
    gone = requests.filter(status=Status.ENDED.value, end_cause=EndCause.DEPARTURE.value)
    for dispense in (granted | gone).distinct():
        departure.follow(lock(dispense), employee.left_on, at)
    if employee.left_on and employee.has_left(timezone.localdate(at)):
        for dispense in requests.filter(status__in=SENT_OPEN):
            departure.lapse(lock(dispense), employee.left_on, at)


@shared_task(name="dispenses.tasks.record_departures")
def record_departures(today: date | None = None) -> int:
    """Put on record those whose last day at work is before `today` (Europe/Paris): links, open requests, state.

    Returns how many there were. Dispenses end by themselves, on their last day.
    """
    today = today or timezone.localdate()
    recorded = 0
    while ids := list(unrecorded(today).order_by("left_on", "pk").values_list("pk", flat=True)[:BATCH]):
        recorded += sum(_record(pk, today) for pk in ids)
    return recorded


def unrecorded(today: date) -> QuerySet[Employee]:
    """Those who have left before `today` and of whom nobody has put it on record: their state, a link, a request.

    The state alone would not do: whatever moves one of their requests writes it too.
    """
    gone = Employee.objects.filter(insured(today, "employer__"), left_on__lt=today)
    linked = Invitation.objects.filter(LIVE).values("employee")
    asking = Dispense.objects.filter(status__in=SENT_OPEN).values("employee")
    return gone.filter(~Q(standing=Standing.LEFT) | Q(pk__in=linked) | Q(pk__in=asking))


@transaction.atomic
def _record(pk: int, today: date) -> bool:
    """Whether somebody had left and nobody had put it on record."""
    Contracts().hold(pk)
    employee = Employee.objects.select_for_update(no_key=True).get(pk=pk)
    if not unrecorded(today).filter(pk=pk).exists():
        return False
    now = timezone.now()
    revoke_of_leaver(employee)
    _follow_departure(employee, now)
    standing.record(Employee.objects.filter(pk=pk))
    employee_events.note_change([pk], now)
    return True

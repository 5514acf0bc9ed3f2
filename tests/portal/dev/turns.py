"""What the demonstration shows of the life of dispenses, read from the database: a turn for each of its people."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.models import CompanyEvent, Employee
from accounts.states import Standing
from dispenses.enums import EndCause
from dispenses.life.confirmations import asks_to_confirm, policy_on
from dispenses.life.today import Stage, today_of
from dispenses.models import Dispense
from dispenses.workflow import GRANTED_STATUSES, Status
from portal.dev import demo_lives


@dataclass(frozen=True)
class Turn:
    """Where an employee stands and, of their last dispense granted, the stage, why it ends and what is asked."""

    standing: Standing
    stage: Stage | None = None
    cause: str = ""
    asks: str = ""


DISPENSED, LEFT = Standing.DISPENSED, Standing.LEFT
TURNS: dict[str, list[Turn]] = {
    "Kermarrec": [Turn(DISPENSED, Stage.IN_FORCE, asks="prudence unchanged")],
    "Benkirane": [Turn(DISPENSED, Stage.LATER, asks="prudence unchanged")],
    "Prigent": [Turn(DISPENSED, Stage.ENDING, EndCause.RULE)],
    "Stéphan": [Turn(Standing.TO_AFFILIATE, Stage.OVER, EndCause.RULE)],
    "Cadiou": [Turn(Standing.TO_AFFILIATE, Stage.OVER, EndCause.GIVEN_UP)],
    "Le Bihan": [Turn(DISPENSED, Stage.TO_CONFIRM, asks="prudence unchanged")],
    "Haddou": [Turn(DISPENSED, Stage.TO_CONFIRM, asks="law document")],
    "Guillou": [Turn(DISPENSED, Stage.TO_RENEW)],
    "Rolland": [Turn(DISPENSED, Stage.IN_FORCE, asks="prudence unchanged")],
    "Abgrall": [Turn(LEFT, Stage.OVER, EndCause.DEPARTURE)],
    "Quéré": [Turn(LEFT, Stage.OVER, EndCause.DEPARTURE), Turn(Standing.ACTIVE)],
    "Morvan": [Turn(DISPENSED, Stage.IN_FORCE, EndCause.RULE)],
    "Tanguy": [Turn(Standing.AFFILIATED, Stage.OVER, EndCause.RULE)],
}


def turns_on(today: date) -> dict[str, list[Turn]]:
    """The turns of the people of the demonstration, one for each employment, the former first."""
    people = Employee.objects.filter(employer__name=demo_lives.EMPLOYER[0]).order_by("pk")
    found: dict[str, list[Turn]] = {}
    for employee in people:
        found.setdefault(employee.last_name, []).append(_turn(employee, today))
    return found


def _turn(employee: Employee, today: date) -> Turn:
    standing = Standing(employee.standing)
    granted = Dispense.objects.filter(employee=employee, status__in=GRANTED_STATUSES).order_by("number").last()
    if granted is None:
        return Turn(standing)
    asker = asks_to_confirm(granted, today) if granted.status == Status.ACCEPTED else None
    asks = f"{asker.value} {policy_on(granted, today).value}" if asker else ""
    return Turn(standing, today_of(granted, today).stage, granted.end_cause, asks)


def dated_today(today: date) -> int:
    """How many lines of the company's journal and of its people say today, where all happened before."""
    instants = [
        *Employee.objects.filter(employer__name=demo_lives.EMPLOYER[0]).values_list("created_at", flat=True),
        *CompanyEvent.objects.filter(employer__name=demo_lives.EMPLOYER[0]).values_list("at", flat=True),
    ]
    return sum(timezone.localdate(instant) == today for instant in instants)


def replaced() -> list[str]:
    """Who had a dispense that another one took the place of."""
    former = Dispense.objects.filter(superseded_by__isnull=False, end_cause=EndCause.REPLACED.value)
    return list(former.order_by("number").values_list("employee__last_name", flat=True))


def prolonged() -> list[str]:
    """Whose dispense follows a contract that goes on for longer."""
    moved = Dispense.objects.filter(events__comment__startswith="L’employeur a déclaré une nouvelle fin de contrat")
    return list(moved.values_list("employee__last_name", flat=True))

"""What the employer's software hears of a request: status, dates, why it ends; never its motif nor its documents."""

from functools import partial
from typing import Any

from accounts.models import Employee
from accounts.services import employee_events
from dispenses.enums import EndCause
from dispenses.models import Dispense, TimelineEvent
from dispenses.queue.payroll import due_after
from dispenses.queue.standing import with_state
from dispenses.workflow import GRANTED_STATUSES

# Transition of the workflow → name of the event, part of the API.
EVENT_TYPES = {
    "submit": "dispense.submitted",
    "request_complement": "dispense.complement_requested",
    "complete": "dispense.completed",
    "accept": "dispense.accepted",
    "refuse": "dispense.refused",
    "withdraw": "dispense.withdrawn",
    "lapse": "dispense.withdrawn",
    "reopen": "dispense.reopened",
    "end": "dispense.ended",
    "flag_proof": "dispense.updated",
    "reinstate": "dispense.accepted",
    "replace": "dispense.updated",
    "restore": "dispense.updated",
    "date_end": "dispense.updated",
    "confirm": "dispense.updated",
    "announce_end": "dispense.updated",
    "uphold": "dispense.updated",
}


# Why a dispense ends → the word of the API. What the employee said is theirs: one word for all of it.
CAUSES: dict[str, str] = {
    EndCause.RULE: "rule",
    EndCause.REPLACED: "replaced",
    EndCause.SITUATION: "employee",
    EndCause.GIVEN_UP: "employee",
    EndCause.DEPARTURE: "departure",
    EndCause.CONTRACT: "contract",
    EndCause.UNCONFIRMED: "unconfirmed",
}


def announce_move(dispense: Dispense, event: TimelineEvent) -> None:
    """Date the employee's change and write the event, in the transaction of the move."""
    if event.transition not in EVENT_TYPES:
        return
    employee_events.announce(
        dispense.employee,
        EVENT_TYPES[event.transition],
        at=event.at,
        dedup_key=f"dispense:{dispense.pk}:{event.pk}",
        data=partial(_data, dispense),
    )


def _data(dispense: Dispense) -> dict[str, Any]:
    employee: Any = with_state(Employee.objects.filter(pk=dispense.employee_id)).get()
    return employee_events.of_employee(
        employee,
        employee.state,
        {
            "number": dispense.number,
            "status": dispense.status,
            "status_at": dispense.status_at.isoformat(),
            **_days(dispense),
            "end_cause": CAUSES.get(dispense.end_cause),
        },
    )


def _days(dispense: Dispense) -> dict[str, str | None]:
    """The days of a dispense; before the decision, none is granted."""
    granted = dispense.status in GRANTED_STATUSES
    days = {
        "effective_on": dispense.effective_on if granted else None,
        "ends_on": dispense.ends_on,
        "affiliation_due_on": due_after(dispense),
    }
    return {name: day.isoformat() if day else None for name, day in days.items()}

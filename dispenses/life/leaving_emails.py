"""Mails of a last day that an employee gave, and of a dispense that never begins: to both, in one place."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from accounts.models import User
from accounts.services import tell_correspondents
from dispenses.life import messages
from dispenses.models import Dispense
from notifications.messages import Message
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance


def end_announced(dispense: Dispense, user: User, affiliation_due_on: date | None) -> None:
    """The last day that the employee gave, to them and to the correspondents. Raises ValueError without one."""
    if dispense.ends_on is None:
        raise ValueError("Une fin annoncée a une date.")
    tell_both(
        dispense,
        user,
        messages.EndAnnounced,
        messages.EndAnnouncedToCorrespondent,
        key="end-announced",
        ends_on=dispense.ends_on,
        affiliation_due_on=affiliation_due_on,
    )


def never_begins(
    dispense: Dispense, user: User, begins_on: date, affiliation_due_on: date | None, goes_on: Dispense | None
) -> None:
    """Given up before its first day, to the employee and to the correspondents; `goes_on`: what lets them off still."""
    tell_both(
        dispense,
        user,
        messages.NeverBegins,
        messages.NeverBeginsToCorrespondent,
        key="never-begins",
        begins_on=begins_on,
        still=still_let_off(goes_on),
        affiliation_due_on=affiliation_due_on,
    )


def still_let_off(goes_on: Dispense | None) -> str:
    """The sentence of the dispense that goes on since this one never begins; "" without any."""
    return f"La dispense N°{goes_on.number}, qu’elle devait remplacer, continue." if goes_on else ""


def tell_both(
    dispense: Dispense,
    user: User | None,
    to_employee: Callable[..., Message],
    to_correspondents: Callable[..., Message],
    *,
    key: str,
    to_them: Mapping[str, Any] | None = None,
    **said: Any,
) -> None:
    """The two mails of one act, once for each line of the history; the second alone for whoever has no account.

    `said`: what both of them say; `to_them`: what the second one says besides.
    """
    employee, employer = dispense.employee, dispense.employee.employer
    once = f"{key}:{dispense.number}:{dispense.history_rank}"
    if user:
        mine = to_employee(
            person_name=employee.full_name,
            number=dispense.number,
            enrolment_at=employer.enrolment_url,
            follow_url=absolute(entrance("requests")),
            **said,
        )
        enqueue(mine, to=user.email, dedup_key=once)
    theirs = to_correspondents(
        employee_name=employee.full_name,
        employer_name=employer.name,
        number=dispense.number,
        list_url=absolute(entrance("employees")),
        **(to_them or {}),
        **said,
    )
    tell_correspondents(employer, theirs, key=once)

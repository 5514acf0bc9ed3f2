"""Mails of what an employee gives up: the last day that was given, the dispense that never begins."""

from datetime import date

from accounts.models import User
from accounts.services import tell_correspondents
from dispenses.life import messages
from dispenses.models import Dispense
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance


def end_announced(dispense: Dispense, user: User, affiliation_due_on: date | None) -> None:
    """The last day that the employee gave, to them and to the correspondents. Raises ValueError without one."""
    if dispense.ends_on is None:
        raise ValueError("Une fin annoncée a une date.")
    employer, key = dispense.employee.employer, f"end-announced:{dispense.number}:{dispense.history_rank}"
    enqueue(
        messages.EndAnnounced(
            person_name=dispense.employee.full_name,
            number=dispense.number,
            ends_on=dispense.ends_on,
            affiliation_due_on=affiliation_due_on,
            enrolment_at=employer.enrolment_url,
            follow_url=absolute(entrance("requests")),
        ),
        to=user.email,
        dedup_key=key,
    )
    tell_correspondents(
        employer,
        messages.EndAnnouncedToCorrespondent(
            employee_name=dispense.employee.full_name,
            employer_name=employer.name,
            number=dispense.number,
            ends_on=dispense.ends_on,
            affiliation_due_on=affiliation_due_on,
            list_url=absolute(entrance("employees")),
        ),
        key=key,
    )


def never_begins(
    dispense: Dispense, user: User, begins_on: date, affiliation_due_on: date | None, goes_on: Dispense | None
) -> None:
    """Given up before its first day, to the employee and to the correspondents; `goes_on`: what lets them off still."""
    employer, key = dispense.employee.employer, f"never-begins:{dispense.number}:{dispense.history_rank}"
    still = f"La dispense N°{goes_on.number}, qu’elle devait remplacer, continue." if goes_on else ""
    enqueue(
        messages.NeverBegins(
            person_name=dispense.employee.full_name,
            number=dispense.number,
            begins_on=begins_on,
            still=still,
            affiliation_due_on=affiliation_due_on,
            enrolment_at=employer.enrolment_url,
            follow_url=absolute(entrance("requests")),
        ),
        to=user.email,
        dedup_key=key,
    )
    tell_correspondents(
        employer,
        messages.NeverBeginsToCorrespondent(
            employee_name=dispense.employee.full_name,
            employer_name=employer.name,
            number=dispense.number,
            begins_on=begins_on,
            still=still,
            affiliation_due_on=affiliation_due_on,
            list_url=absolute(entrance("employees")),
        ),
        key=key,
    )

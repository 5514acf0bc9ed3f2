"""Mails of a contract of employment that changed before a dispense began."""

from datetime import date

from accounts.services import tell_correspondents
from dispenses.life import messages
from dispenses.life.leaving_emails import still_let_off
from dispenses.models import Dispense
from dispenses.request.emails import to_warn
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance


def never_begins(dispense: Dispense, begins_on: date, goes_on: Dispense | None) -> None:
    """To the employee and to the correspondents; `goes_on`: what lets them off still, if anything."""
    employee, key = dispense.employee, f"contract-never-begins:{dispense.number}:{dispense.history_rank}"
    still = still_let_off(goes_on)
    due_on = None if goes_on else begins_on
    if employee.user:
        enqueue(
            messages.NotBegun(
                person_name=employee.full_name,
                number=dispense.number,
                begins_on=begins_on,
                still=still,
                affiliation_due_on=due_on,
                enrolment_at=employee.employer.enrolment_url,
                follow_url=absolute(entrance("requests")),
            ),
            to=employee.user.email,
            dedup_key=key,
        )
    tell_correspondents(
        employee.employer,
        messages.NotBegunToCorrespondent(
            employee_name=employee.full_name,
            employer_name=employee.employer.name,
            number=dispense.number,
            begins_on=begins_on,
            still=still,
            affiliation_due_on=due_on,
            to_warn=to_warn(dispense),
            list_url=absolute(entrance("employees")),
        ),
        key=key,
    )

"""Mails of a contract of employment that changed before a dispense began."""

from datetime import date

from dispenses.life import messages
from dispenses.life.leaving_emails import still_let_off, tell_both
from dispenses.models import Dispense
from dispenses.request.emails import to_warn


def never_begins(dispense: Dispense, begins_on: date, goes_on: Dispense | None) -> None:
    """To the employee and to the correspondents; `goes_on`: what lets them off still, if anything."""
    tell_both(
        dispense,
        dispense.employee.user,
        messages.NotBegun,
        messages.NotBegunToCorrespondent,
        key="contract-never-begins",
        to_them={"to_warn": to_warn(dispense)},
        begins_on=begins_on,
        still=still_let_off(goes_on),
        affiliation_due_on=None if goes_on else begins_on,
    )

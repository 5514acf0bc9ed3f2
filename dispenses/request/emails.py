"""Mails of the request: builds the room's messages and hands them to the outbox."""

from datetime import date

from django.utils import timezone

from accounts.models import User
from accounts.services import people_to_notify
from dispenses.models import Complement, Dispense
from dispenses.request import messages
from dispenses.request.receipts import RECEIPT
from dispenses.workflow import Status
from notifications.outbox import LaterAttachment, enqueue
from notifications.rendering import render
from portal.lib.links import absolute, entrance


def _follow_url() -> str:
    return absolute(entrance("requests"))


def _owner(dispense: Dispense) -> User:
    if dispense.employee.user is None:
        raise ValueError("Une demande appartient à un salarié qui a un compte.")
    return dispense.employee.user


def received(dispense: Dispense) -> None:
    """Acknowledgement of the first sending; its PDF is made when the mail leaves."""
    enqueue(
        messages.DispenseReceived(
            person_name=dispense.employee.full_name,
            number=dispense.number,
            created_on=_day(dispense),
            follow_url=_follow_url(),
        ),
        to=_owner(dispense).email,
        dedup_key=f"dispense-received:{dispense.number}",
        attachment=LaterAttachment(
            name=f"accuse-de-reception-{dispense.number}.pdf",
            mimetype="application/pdf",
            maker=RECEIPT,
            key=str(dispense.number),
        ),
    )


def _day(dispense: Dispense) -> date:
    return timezone.localdate(dispense.submitted_at)


def _complement(dispense: Dispense, message: str) -> messages.ComplementRequested:
    return messages.ComplementRequested(
        person_name=dispense.employee.full_name,
        number=dispense.number,
        message=message,
        follow_url=_follow_url(),
    )


def complement_preview(dispense: Dispense, message: str) -> tuple[str, str, str]:
    """Address, subject and text of the mail that `complement_requested` would send now."""
    subject, text, _ = render(_complement(dispense, message))
    return _owner(dispense).email, subject, text


def complement_requested(dispense: Dispense, complement: Complement) -> None:
    enqueue(
        _complement(dispense, complement.message),
        to=_owner(dispense).email,
        dedup_key=f"complement-requested:{complement.pk}",
    )


def complement_reminder(dispense: Dispense, complement: Complement, step: int) -> None:
    enqueue(
        messages.ComplementReminder(
            person_name=dispense.employee.full_name,
            number=dispense.number,
            asked_on=timezone.localdate(complement.asked_at),
            follow_url=_follow_url(),
        ),
        to=_owner(dispense).email,
        dedup_key=f"complement-reminder:{complement.pk}:{step}",
    )


def draft_ending(dispense: Dispense, last_day: date) -> None:
    """A draft that is about to be forgotten, whose last day is given."""
    enqueue(
        messages.DraftEnding(
            person_name=dispense.employee.full_name,
            number=dispense.number,
            last_day=last_day,
            follow_url=_follow_url(),
        ),
        to=_owner(dispense).email,
        dedup_key=f"draft-ending:{dispense.number}:{last_day:%Y-%m-%d}",
    )


def complement_received(dispense: Dispense, complement: Complement) -> None:
    enqueue(
        messages.ComplementReceived(
            person_name=dispense.employee.full_name, number=dispense.number, follow_url=_follow_url()
        ),
        to=_owner(dispense).email,
        dedup_key=f"complement-received:{complement.pk}",
    )


def decided(dispense: Dispense) -> None:
    """The decision, to the employee and, without its reason, to the employer's correspondents."""
    accepted = dispense.status == Status.ACCEPTED
    name, key = dispense.employee.full_name, f"dispense-decided:{dispense.number}"
    if reopened := dispense.events.filter(transition="reopen").count():
        key = f"{key}:{reopened}"  # decided anew: told anew
    enqueue(
        messages.DispenseAccepted(
            person_name=name, number=dispense.number, ends_on=dispense.ends_on, follow_url=_follow_url()
        )
        if accepted
        else messages.DispenseRefused(person_name=name, number=dispense.number, follow_url=_follow_url()),
        to=_owner(dispense).email,
        dedup_key=key,
    )
    for address in people_to_notify(dispense.employee.employer):
        enqueue(
            messages.DecisionToCorrespondent(
                employee_name=name,
                employer_name=dispense.employee.employer.name,
                number=dispense.number,
                decision="acceptée" if accepted else "refusée",
                list_url=absolute(entrance("employees")),
            ),
            to=address,
            dedup_key=f"{key}:{address}",
        )


def reopened(dispense: Dispense) -> None:
    count = dispense.events.filter(transition="reopen").count()
    enqueue(
        messages.DispenseReopened(
            person_name=dispense.employee.full_name, number=dispense.number, follow_url=_follow_url()
        ),
        to=_owner(dispense).email,
        dedup_key=f"dispense-reopened:{dispense.number}:{count}",
    )


def withdrawn(dispense: Dispense) -> None:
    enqueue(
        messages.DispenseWithdrawn(
            person_name=dispense.employee.full_name, number=dispense.number, follow_url=_follow_url()
        ),
        to=_owner(dispense).email,
        dedup_key=f"dispense-withdrawn:{dispense.number}",
    )


def ended(dispense: Dispense) -> None:
    enqueue(
        messages.DispenseEnded(
            person_name=dispense.employee.full_name, number=dispense.number, follow_url=_follow_url()
        ),
        to=_owner(dispense).email,
        dedup_key=f"dispense-ended:{dispense.number}",
    )

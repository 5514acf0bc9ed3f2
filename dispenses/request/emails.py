"""Mails of the request: builds the room's messages and hands them to the outbox."""

from datetime import date
from typing import Any

from django.utils import timezone

from accounts.models import Employee, Employer, User
from accounts.services import tell_correspondents
from dispenses.enums import EndCause, EndRule
from dispenses.law.catalogue import BY_CODE
from dispenses.models import Complement, Dispense
from dispenses.queue.standing import GROUPS
from dispenses.request import eligibility, messages
from dispenses.request.receipts import RECEIPT
from dispenses.workflow import Status
from notifications.outbox import LaterAttachment, enqueue
from notifications.rendering import render
from portal.lib.dates import ONE_DAY
from portal.lib.links import absolute, entrance
from portal.lib.typography import long_day

HEALTH_PAYMENT = "Versement santé dû (Code de la sécurité sociale, L911-7-1), à vérifier."
TO_WARN = "À prévenir par vous\xa0: cette personne n’a pas de compte, le portail n’a pas pu lui écrire."


def _follow_url() -> str:
    return absolute(entrance("requests"))


def _complete_url(dispense: Dispense) -> str:
    """Where a complement is answered, at the first document awaited: the address names none."""
    return f"{absolute(entrance('complete', str(dispense.number)))}#a-fournir"


def _owner(dispense: Dispense) -> User:
    if dispense.employee.user is None:
        raise ValueError("Une demande appartient à un salarié qui a un compte.")
    return dispense.employee.user


def received(dispense: Dispense, answer_by: date) -> None:
    """Acknowledgement of the first sending, `answer_by` being promised; its PDF is made when the mail leaves."""
    enqueue(
        messages.DispenseReceived(
            person_name=dispense.employee.full_name,
            number=dispense.number,
            created_on=_day(dispense),
            answer_by=answer_by,
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
        follow_url=_complete_url(dispense),
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
            follow_url=_complete_url(dispense),
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
            person_name=name,
            number=dispense.number,
            effective_on=dispense.effective_on,
            ends_on=dispense.ends_on,
            follow_url=_follow_url(),
        )
        if accepted
        else messages.DispenseRefused(person_name=name, number=dispense.number, follow_url=_follow_url()),
        to=_owner(dispense).email,
        dedup_key=key,
    )
    tell_correspondents(
        dispense.employee.employer,
        messages.DecisionToCorrespondent(
            employee_name=name,
            employer_name=dispense.employee.employer.name,
            number=dispense.number,
            decision="acceptée" if accepted else "refusée",
            list_url=absolute(entrance("employees")),
            **(_granted(dispense) if accepted else {}),
        ),
        key=key,
    )


def _granted(dispense: Dispense) -> dict[str, Any]:
    """What an employer reads of a dispense granted: the group of its motif, its dates, what is left to do."""
    motif = dispense.motif
    entry = BY_CODE.get(motif.code) if motif else None
    return {
        "group": GROUPS.get(motif.family, "") if motif else "",
        "effective_on": dispense.effective_on,
        "ends_on": dispense.ends_on,
        "to_check": HEALTH_PAYMENT if entry and entry.health_payment else "",
    }


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
    """The dispense is over, from when the affiliation is due: to the employee, and to the employer's correspondents."""
    employee, last_day = dispense.employee, dispense.ends_on or timezone.localdate(dispense.status_at)
    key = f"dispense-ended:{dispense.number}:{dispense.events.filter(transition='end').count()}"
    if employee.user:
        enqueue(
            messages.DispenseEnded(
                person_name=employee.full_name,
                number=dispense.number,
                ends_on=last_day,
                consequence=consequence_for(dispense, last_day),
                enrolment=enrolment(employee.employer),
                cases=open_cases(employee),
                follow_url=_follow_url(),
            ),
            to=employee.user.email,
            dedup_key=key,
        )
    tell_correspondents(
        employee.employer,
        messages.AffiliationDue(
            employee_name=employee.full_name,
            employer_name=employee.employer.name,
            number=dispense.number,
            ends_on=last_day,
            consequence=consequence_for(dispense, last_day),
            to_warn=to_warn(dispense),
            list_url=absolute(entrance("employees")),
        ),
        key=key,
    )


def reinstated(dispense: Dispense) -> None:
    """The end was a mistake: to both."""
    employee = dispense.employee
    until = f"jusqu’au {long_day(dispense.ends_on)}" if dispense.ends_on else "sans date de fin connue"
    key = f"dispense-reinstated:{dispense.number}:{dispense.events.filter(transition='reinstate').count()}"
    if employee.user:
        enqueue(
            messages.DispenseReinstated(
                person_name=employee.full_name, number=dispense.number, until=until, follow_url=_follow_url()
            ),
            to=employee.user.email,
            dedup_key=key,
        )
    tell_correspondents(
        employee.employer,
        messages.ReinstatedToCorrespondent(
            employee_name=employee.full_name,
            employer_name=employee.employer.name,
            number=dispense.number,
            until=until,
            to_warn=to_warn(dispense),
            list_url=absolute(entrance("employees")),
        ),
        key=key,
    )


def consequence_for(dispense: Dispense, last_day: date) -> str:
    """What the end on `last_day` brings, for the employee and the employer alike."""
    due = f"l’affiliation au contrat de l’entreprise est due à compter du {long_day(last_day + ONE_DAY)}"
    with_contract = dispense.motif is not None and dispense.motif.end_rule == EndRule.CONTRACT_END
    if with_contract and dispense.end_cause == EndCause.RULE:
        return f"Elle suit le contrat de travail\xa0: s’il se poursuit, {due}, sauf nouvelle dispense."
    return f"{due.capitalize()}, sauf nouvelle dispense."


def enrolment(employer: Employer) -> str:
    """Where the employees of a company join its contract."""
    if employer.enrolment_url:
        return f"Pour adhérer\xa0: {employer.enrolment_url}"
    return "Pour adhérer, rapprochez-vous du service des ressources humaines de votre entreprise."


def open_cases(employee: Employee) -> str:
    """The cases that the law and the acte open to the employee today, a line each, whatever was asked before."""
    found = eligibility.offered(employee, timezone.localdate())
    return "\n".join(f"– {motif.full_label}" for motif, one in found if not one.against)


def to_warn(dispense: Dispense) -> str:
    """What the correspondent reads of an employee to whom nobody could write, "" of the others."""
    return "" if dispense.employee.user else TO_WARN

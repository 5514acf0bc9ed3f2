"""One employee as the correspondent may know them: what was declared, where they stand, what happened and when."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import CompanyEvent, Employee, Invitation
from accounts.permissions import get_managed_employee, person
from accounts.read_only import read_only_words
from accounts.states import Standing
from dispenses.employer.employees import row_of, with_details
from dispenses.employer.place import carried
from dispenses.models import TimelineEvent
from dispenses.queue.payroll import facts_on
from dispenses.queue.standing import GROUPS
from dispenses.workflow import PASSED
from notifications.models import OutgoingEmail
from portal.lib.dates import start_of_day

# What a correspondent reads of a move: never its comment, which may speak of health.
MOVES = {
    "submit": "Demande de dispense envoyée",
    "request_complement": "Complément demandé par le centre de gestion",
    "complete": "Complément envoyé",
    "accept": "Dispense accordée",
    "refuse": "Dispense refusée",
    "withdraw": "Demande annulée par le salarié",
    "lapse": "Demande classée sans décision\xa0: le contrat de travail a pris fin",
    "date_end": "Date de fin de la dispense modifiée",
    "end": "Dispense échue",
    "flag_proof": "Preuve annuelle à renouveler",
    "reinstate": "Fin de la dispense annulée par le centre de gestion",
    "reopen": "Demande rouverte par le centre de gestion",
    "replace": "Dispense remplacée par une autre",
    "confirm": "Situation confirmée par le salarié",
    "announce_end": "Fin de la dispense annoncée par le salarié",
    "restore": "Dispense maintenue",
    "uphold": "Dispense réexaminée par le centre de gestion, et maintenue",
    PASSED: "Demande reprise avec le contrat de travail",
}


@dataclass(frozen=True)
class Line:
    """One line of the timeline."""

    at: datetime
    what: str
    who: str = ""
    detail: str = ""
    icon: str = "info"


@require_safe
def salarie(request: HttpRequest, employee_id: int) -> HttpResponse:
    """The page of one employee."""
    employee = get_managed_employee(person(request), employee_id)
    shown = with_details(Employee.objects.filter(pk=employee.pk)).get()
    context = {
        "employee": employee,
        "employer": employee.employer,
        "here": carried(request, employee.employer),
        "row": row_of(shown, timezone.now()),
        "told": next(facts_on(timezone.localdate(), Employee.objects.filter(pk=employee.pk))).told,
        "lines": sorted(_lines(employee), key=lambda line: line.at, reverse=True),
        "read_only": read_only_words(employee.employer),
        "invited": employee.standing == Standing.INVITED,
        "gone": employee.has_left(timezone.localdate()),
        "next_employment": employee.rehires.order_by("hired_on").first(),
        "elsewhere": employee.transfers.select_related("employer").first(),
        "came_from": employee.transferred_from,
    }
    return render(request, "dispenses/employer/salarie.html", context)


def _lines(employee: Employee) -> list[Line]:
    """Everything dated about the employee, in a number of queries that does not depend on it."""
    by = str(employee.pre_affiliated_by or "") if employee.pre_affiliated_by_id else ""
    lines = [] if employee.transferred_on else [Line(employee.created_at, "Pré-affiliation", by, icon="plus")]
    if employee.activated_at:
        lines.append(Line(employee.activated_at, "Compte activé", icon="user"))
    invitations = list(Invitation.objects.filter(employee=employee))
    for invitation in invitations:
        lines += _of_invitation(invitation)
    lines += _undelivered(invitations)
    for move in _moves(employee).select_related("dispense__motif"):
        group = GROUPS.get(move.dispense.motif.family, "") if move.dispense.motif else ""
        said = MOVES.get(move.transition, move.label)
        lines.append(Line(move.at, said, detail=f"N°{move.dispense_id}{' – ' + group if group else ''}"))
    for event in CompanyEvent.objects.filter(employee=employee):
        lines.append(Line(event.at, event.get_act_display(), event.actor_label, event.detail))
    return lines


def _moves(employee: Employee) -> QuerySet[TimelineEvent]:
    """What happened to the requests of the employee while they were this employer's."""
    here = Q(dispense__employee=employee)
    if employee.transferred_on:
        here &= Q(at__gte=start_of_day(employee.transferred_on)) | Q(transition=PASSED)
    before = Q(dispense__transfers__former=employee, at__lt=F("dispense__transfers__since"))
    return TimelineEvent.objects.filter(Q(pk__in=TimelineEvent.objects.filter(before).values("pk")) | here)


def _of_invitation(invitation: Invitation) -> list[Line]:
    lines = [] if invitation.is_letter else [Line(invitation.sent_at, "Invitation envoyée", icon="mail")]
    if invitation.revoked_at:
        lines.append(
            Line(invitation.revoked_at, "Lien révoqué", detail=invitation.get_revocation_reason_display(), icon="ban")
        )
    if invitation.expired_at:
        lines.append(Line(invitation.expires_at, "Lien expiré", icon="hourglass"))
    if invitation.renewal_requested_at:
        lines.append(Line(invitation.renewal_requested_at, "Nouveau lien demandé par le salarié"))
    return lines


def _undelivered(invitations: list[Invitation]) -> list[Line]:
    """The invitations that the mail server refused for good."""
    keys = [f"invitation:{invitation.pk}" for invitation in invitations]
    failed = OutgoingEmail.objects.filter(dedup_key__in=keys, status="failed").values_list("created_at", "to")
    return [Line(at, "L’e-mail n’a pas pu être remis", detail=f"{to} : vérifiez l’adresse") for at, to in failed]

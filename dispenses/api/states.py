"""Employees as the API tells them, by pages whose cursor is the last change seen."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import Http404
from django.utils import timezone

from accounts.employee.fields import TOLD
from accounts.models import ApiToken, Employee, Invitation, employed
from accounts.permissions import MAX_ID
from accounts.states import BY_KEY
from dispenses.api.schemas import DispenseOut, EmployeeOut, EmployeesOut, EmployeesQuery, InvitationOut
from dispenses.models import Dispense
from dispenses.queue.speaking import also_open, said
from dispenses.queue.standing import GROUPS, with_state
from dispenses.request.eligibility import GRANTED
from dispenses.workflow import Status
from portal.lib import keyset

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FARTHEST = datetime(9000, 1, 1, tzinfo=UTC)
OLDEST_CHANGE_FIRST = keyset.Order(("changed_at", "pk"))


def one(token: ApiToken, employee_id: int) -> EmployeeOut:
    """An employee of the token's employer. Raises Http404 otherwise."""
    found = list(_annotated(_mine(token).filter(pk=min(employee_id, MAX_ID))))
    if not found:
        raise Http404
    return _told(found)[0]


def page(token: ApiToken, query: EmployeesQuery) -> EmployeesOut:
    """A page of the token's employer's employees."""
    employees = _annotated(_mine(token))
    if query.matricule is not None:
        theirs, still = _mine(token).filter(matricule=query.matricule), employed(timezone.localdate())
        employees = employees.filter(still | ~Exists(theirs.filter(still)), matricule=query.matricule)
    if query.state is not None:
        employees = employees.filter(state=query.state)
    if query.changed_since is not None:
        employees = employees.filter(changed_at__gte=min(max(query.changed_since, EPOCH), FARTHEST).astimezone(UTC))
    place = OLDEST_CHANGE_FIRST.read(Employee, query.cursor or "")  # its form is already checked
    found = keyset.page(employees, OLDEST_CHANGE_FIRST, size=query.limit, after=place)
    return EmployeesOut(
        employees=_told(found.rows),
        next_cursor=keyset.write(OLDEST_CHANGE_FIRST.place(found.rows[-1])) if found.rows else query.cursor,
        has_more=bool(found.after),
    )


def _mine(token: ApiToken) -> QuerySet[Employee]:
    return Employee.objects.filter(employer_id=token.employer_id)


def _annotated(employees: QuerySet[Employee]) -> QuerySet[Any]:
    invitations = Invitation.objects.filter(employee=OuterRef("pk")).order_by("-pk")
    found: QuerySet[Any] = with_state(employees).annotate(
        invitation_id=Subquery(invitations.values("pk")[:1]), **said("number"), asks_anew=Exists(also_open())
    )
    return found


def _told(employees: Iterable[Any]) -> list[EmployeeOut]:
    """Three queries, however many employees."""
    employees = list(employees)
    invitations = Invitation.objects.in_bulk([e.invitation_id for e in employees if e.invitation_id])
    dispenses = Dispense.objects.select_related("motif").in_bulk(
        [e.speaking_number for e in employees if e.speaking_number]
    )
    now = timezone.now()
    return [
        EmployeeOut(
            id=employee.pk,
            **{field.api_name: getattr(employee, field.attribute) for field in TOLD},
            state=employee.state,
            state_label=BY_KEY[employee.state].explained,
            activated_at=_local(employee.activated_at),
            changed_at=timezone.localtime(employee.changed_at),
            invitation=_invitation(invitations.get(employee.invitation_id), now),
            asks_anew=employee.asks_anew and employee.speaking_status == Status.ACCEPTED,
            dispense=_dispense(dispenses.get(employee.speaking_number)),
        )
        for employee in employees
    ]


def _local(at: datetime | None) -> datetime | None:
    return timezone.localtime(at) if at else None


def _invitation(invitation: Invitation | None, now: datetime) -> InvitationOut | None:
    if invitation is None:
        return None
    return InvitationOut(
        status=invitation.state(now).value,  # type: ignore[arg-type]  # the same words
        sent_at=timezone.localtime(invitation.sent_at),
        expires_at=timezone.localtime(invitation.expires_at),
    )


def _dispense(dispense: Dispense | None) -> DispenseOut | None:
    if dispense is None:
        return None
    return DispenseOut(
        number=dispense.number,
        status=dispense.status,
        status_at=timezone.localtime(dispense.status_at),
        submitted_at=_local(dispense.submitted_at),
        decided_at=_local(dispense.decided_at),
        effective_on=dispense.effective_on if dispense.status in GRANTED else None,
        ends_on=dispense.ends_on,
        confirm_by=dispense.confirm_by,
        motif_group=GROUPS.get(dispense.motif.family) if dispense.motif else None,
    )

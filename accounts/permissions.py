"""Loaders: without the right there is no object, and the answer is 404."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.models import (
    ApiToken,
    ColleagueInvitation,
    Correspondent,
    Employee,
    Employer,
    ImportRun,
    ReminderRun,
    User,
)
from accounts.owners import webhook_owner
from accounts.read_only import refuse_over
from notifications.models import WebhookEndpoint
from portal.lib import numbers
from portal.lib.links import entrance

MAX_ID = 2**63 - 1


def person(request: HttpRequest) -> User:
    """The signed-in account (LoginRequiredMiddleware lets nobody else through)."""
    if not isinstance(request.user, User):
        raise TypeError("Page réservée aux personnes connectées.")
    return request.user


def is_correspondent(request: HttpRequest) -> bool:
    """Whether the session is a correspondent's. On the company's pages somebody appointed since the sign-in is one."""
    if request.session.get("correspondent"):
        return True
    user, of_the_company = request.user, (entrance("employees"), reverse("second_facteur"))
    if not request.path_info.startswith(of_the_company) or not isinstance(user, User):
        return False
    if found := user.correspondent_roles.exists():
        request.session["correspondent"] = True
    return found


def managed_employers(user: User) -> QuerySet[Employer]:
    """Employers of which the user is a correspondent."""
    return Employer.objects.filter(correspondents__user=user).order_by("sort_name", "pk")


@dataclass(frozen=True)
class Employments:
    """Those of a person on a day: `current` by the name of the employer, `former` with the last one left first."""

    current: list[Employee]
    former: list[Employee]

    @property
    def all(self) -> list[Employee]:
        return [*self.current, *self.former]


_EMPLOYMENTS = Employee.objects.select_related("employer").order_by()


def own_employments(user: User, day: date, rows: QuerySet[Employee] = _EMPLOYMENTS) -> Employments:
    """The employments of an account, those that go on apart from those that ended before `day`; in one query.

    `rows`: all of them with their employers, as the page that has its columns to name reads them.
    """
    found = sorted(rows.filter(user=user), key=lambda one: (one.employer.name, one.pk))
    gone = [one for one in found if one.has_left(day)]
    return Employments(
        current=[one for one in found if not one.has_left(day)],
        former=sorted(gone, key=lambda one: one.left_on or day, reverse=True),
    )


def get_own_employee(user: User, key: str) -> Employee:
    """One of the user's own employments, by its key as typed. Raises Http404 for anything else."""
    return get_object_or_404(user.employees.select_related("employer"), pk=numbers.key(key))


def get_managed_employer(user: User, employer_id: int) -> Employer:
    """An employer of which the user is a correspondent. Raises Http404 otherwise."""
    return get_object_or_404(managed_employers(user), pk=min(employer_id, MAX_ID))


def get_open_employer(user: User, employer_id: int) -> Employer:
    """The same, for what changes something. Raises ContractOver once its contract with the insurer is over."""
    employer = get_managed_employer(user, employer_id)
    refuse_over(employer)
    return employer


def get_managed_colleague(user: User, role_id: int) -> Correspondent:
    """A correspondent of an employer of which the user is one too. Raises Http404 otherwise."""
    return get_object_or_404(
        Correspondent.objects.select_related("employer", "user").filter(employer__correspondents__user=user),
        pk=min(role_id, MAX_ID),
    )


def get_colleague_invitation(user: User, invitation_id: int) -> ColleagueInvitation:
    """An invitation of an employer of which the user is a correspondent. Raises Http404 otherwise."""
    return get_object_or_404(
        ColleagueInvitation.objects.select_related("employer").filter(employer__correspondents__user=user),
        pk=min(invitation_id, MAX_ID),
    )


def get_managed_import(user: User, run_id: int) -> ImportRun:
    """An import of an employer of which the user is a correspondent. Raises Http404 otherwise."""
    return get_object_or_404(
        ImportRun.objects.select_related("employer", "created_by").filter(employer__correspondents__user=user),
        pk=min(run_id, MAX_ID),
    )


def get_reminder_run(user: User, run_id: int) -> ReminderRun:
    """A chase of an employer of which the user is a correspondent. Raises Http404 otherwise."""
    return get_object_or_404(
        ReminderRun.objects.select_related("employer").filter(employer__correspondents__user=user),
        pk=min(run_id, MAX_ID),
    )


def get_managed_employee(user: User, employee_id: int) -> Employee:
    """An employee of an employer of which the user is a correspondent. Raises Http404 otherwise."""
    return get_object_or_404(
        Employee.objects.select_related("employer").filter(employer__correspondents__user=user),
        pk=min(employee_id, MAX_ID),
    )


def get_open_employee(user: User, employee_id: int) -> Employee:
    """The same, for what changes something. Raises ContractOver once the employer's contract is over."""
    employee = get_managed_employee(user, employee_id)
    refuse_over(employee.employer)
    return employee


def get_open_import(user: User, run_id: int) -> ImportRun:
    """The same as get_managed_import, for what changes something. Raises ContractOver as they do."""
    run = get_managed_import(user, run_id)
    refuse_over(run.employer)
    return run


def get_api_token(employer: Employer, token_id: int) -> ApiToken:
    """A token of an employer that one already manages. Raises Http404 otherwise."""
    return get_object_or_404(ApiToken.objects.select_related("holder"), employer=employer, pk=min(token_id, MAX_ID))


def webhooks_of(employer: Employer) -> QuerySet[WebhookEndpoint]:
    """Webhook addresses of an employer that one already manages."""
    return WebhookEndpoint.objects.filter(owner=webhook_owner(employer.pk), removed_at__isnull=True).order_by("pk")


def get_webhook(employer: Employer, endpoint_id: int) -> WebhookEndpoint:
    """A webhook address of an employer that one already manages. Raises Http404 otherwise."""
    return get_object_or_404(webhooks_of(employer), pk=min(endpoint_id, MAX_ID))

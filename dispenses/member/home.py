"""The employee's first page: for each employment, what is true today, what to do first, what comes of silence."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Employee
from accounts.permissions import own_employments, person
from accounts.read_only import read_only_words
from accounts.states import Standing
from dispenses.law.editions import with_motif
from dispenses.life.confirming import is_over
from dispenses.life.today import Today, today_of
from dispenses.models import Dispense
from dispenses.queue import promise
from dispenses.request import drafts
from dispenses.request.ending import SILENT
from dispenses.workflow import OPEN_STATUSES, STATUSES, Status

SHOWN_AT_HOME = [status.value for status, facts in STATUSES.items() if facts.at_home]
COMPULSORY = "la couverture de votre entreprise est obligatoire pour vous"
AFFILIATED = f"{COMPULSORY}. Votre employeur vous y affilie, et votre part de la cotisation est retenue sur votre paie."
STILL_DUE = "D’ici à la décision, votre cotisation reste due."

_EMPLOYMENTS = (
    Employee.objects.select_related("employer")
    .only(
        *("user", "hired_on", "left_on", "affiliated_on", "standing"),
        *("employer__name", "employer__enrolment_url", "employer__insured_until"),
    )
    .order_by()
)
_AT_HOME = (
    Dispense.objects.filter(status__in=SHOWN_AT_HOME)
    .only(
        *("employee", "motif", "status", "status_at", "decided_at", "effective_on", "ends_on", "end_cause"),
        *("ends", "confirm_by", "unconfirmed_since", "superseded_by", "abandoned_at"),
    )
    .annotate(**promise.DUE)
    .order_by("number")
)
"""What the first page shows: it leaves most columns of a request, of an employee and of an employer unread."""


@require_safe
def accueil(request: HttpRequest) -> HttpResponse:
    """« Bienvenue dans votre espace adhérent ! » and its doors, for each employment that goes on."""
    user, today = person(request), timezone.localdate()
    employments = own_employments(user, today, _EMPLOYMENTS)
    if request.session.get("employee", True) != bool(employments.all):
        request.session["employee"] = bool(employments.all)  # given or taken away since the sign-in
    if not employments.all:
        if user.correspondent_roles.exists():
            return redirect("salaries")
        if user.is_staff:
            return redirect("admin:index")
    employees = employments.current
    of_employee: dict[int, list[Dispense]] = {}
    for dispense in _AT_HOME.filter(employee__in=[employee.pk for employee in employees]):
        of_employee.setdefault(dispense.employee_id, []).append(with_motif(dispense))
    doors = [_door(employee, of_employee.get(employee.pk, []), today) for employee in employees]
    return render(request, "dispenses/member/accueil.html", {"doors": doors, "former": employments.former})


@dataclass(frozen=True)
class GivenUp:
    """A draft that was given up, and the last day on which it comes back: beginning anew erases it."""

    number: int
    comes_back_until: date | None


def given_up_of(draft: Dispense | None) -> GivenUp | None:
    """What is said of it, None without one."""
    return GivenUp(draft.number, drafts.comes_back_until(draft)) if draft else None


@dataclass(frozen=True)
class Door:
    """What the first page says of one employment: the dispense that speaks on that day, the request that is open, the
    one that was refused while nothing came after it."""

    employee: Employee
    dispense: Dispense | None
    today: Today | None
    asked: Dispense | None
    refused: Dispense | None
    answer: str  # when the request that is open is answered, in words
    read_only: str  # why nothing changes any more, "" while something may
    given_up: GivenUp | None = None

    @property
    def open_status(self) -> str:
        return self.asked.status if self.asked else ""

    @property
    def affiliated_on(self) -> date | None:
        """Since when the employer has declared an affiliation, of whoever it is that stands so."""
        return self.employee.affiliated_on if self.employee.standing == Standing.AFFILIATED else None

    @property
    def is_let_off(self) -> bool:
        """Whether a dispense goes on, be it for a later day."""
        return self.today is not None and self.today.may_change

    @property
    def may_give_up(self) -> bool:
        return self.is_let_off and not self.affiliated_on

    @property
    def first(self) -> str:
        """The card that comes first and has the main button; "" when there is nothing to do."""
        if self.asked and (self.open_status == Status.AWAITING_COMPLEMENT or not (self.today and self.today.waits)):
            return "request"
        if self.today:
            return "dispense"
        if self.affiliated_on:
            return ""
        return "refused" if self.refused else "adhesion"

    @property
    def is_first_dispense(self) -> bool:
        return self.first == "dispense"

    @property
    def joins_first(self) -> bool:
        """Whether joining comes first: nothing else is said of a dispense."""
        return self.first == "adhesion"

    @property
    def if_nothing_joining(self) -> str:
        return self.if_nothing if self.joins_first else ""

    @property
    def if_nothing(self) -> str:
        """What comes of doing nothing, after « Si vous ne faites rien »; "" where the card says it already."""
        if self.first == "request":
            return self._if_nothing_is_sent()
        if self.first in {"refused", "adhesion"}:
            return AFFILIATED
        return self.today.if_nothing if self.today else ""

    def _if_nothing_is_sent(self) -> str:
        due = "" if self.is_let_off or self.affiliated_on else f" {STILL_DUE}"
        if self.open_status == Status.AWAITING_COMPLEMENT:
            return f"le centre de gestion ne peut pas accepter votre demande, et peut la refuser.{due}"
        if self.open_status == Status.DRAFT:
            goes_on = "votre dispense d’aujourd’hui ne change pas" if self.is_let_off else COMPULSORY
            return f"cette demande ne compte pas tant qu’elle n’est pas envoyée, et {goes_on}."
        return f"votre demande suit son cours.{due}"


def _door(employee: Employee, shown: list[Dispense], today: date) -> Door:
    given_up = next((dispense for dispense in shown if dispense.abandoned_at), None)
    shown = [dispense for dispense in shown if dispense is not given_up]
    granted = [dispense for dispense in shown if dispense.status == Status.ACCEPTED]
    going_on = [dispense for dispense in granted if not is_over(dispense, today)]
    speaks = min(going_on or granted, key=lambda dispense: dispense.effective_on or date.min, default=None)
    speaks = speaks or _ended(employee, shown)
    asked = next((dispense for dispense in shown if dispense.status in OPEN_STATUSES), None)
    if speaks:
        speaks.employee = employee  # read already, with its employer
    told = today_of(speaks, today) if speaks else None
    answer = promise.answer_words(asked.status, asked.answer_due_on, today) if asked else ""
    last = max(shown, key=lambda dispense: dispense.number, default=None)
    return Door(
        employee=employee,
        dispense=speaks,
        today=told,
        asked=asked,
        refused=last if last and last.status == Status.REFUSED else None,
        answer=answer,
        read_only=read_only_words(employee.employer),
        given_up=given_up_of(given_up),
    )


def _ended(employee: Employee, shown: list[Dispense]) -> Dispense | None:
    """The last dispense that ended, while what follows from it is still to be done."""
    if employee.standing == Standing.AFFILIATED:
        return None
    ended = [dispense for dispense in shown if dispense.status == Status.ENDED and dispense.end_cause not in SILENT]
    return max(ended, key=lambda dispense: dispense.ends_on or date.min, default=None)

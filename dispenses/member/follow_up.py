"""The employee's own space: home, follow-up, acknowledgement, documents."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Employee
from accounts.permissions import own_employments, person
from accounts.read_only import read_only_words
from accounts.states import Standing
from dispenses.exceptions import TransitionRefused
from dispenses.law.editions import with_motif
from dispenses.life.confirming import is_over
from dispenses.life.today import Today, today_of
from dispenses.member.cards import cards
from dispenses.models import Dispense
from dispenses.request import drafts, sending
from dispenses.request.ending import SILENT
from dispenses.request.permissions import get_own_dispense
from dispenses.request.receipts import receipt_pdf
from dispenses.workflow import OPEN_STATUSES, STATUSES, Status
from portal.lib import keyset

PAGE = 10
NEWEST_FIRST = keyset.Order(("number",), descending=True)
SHOWN_AT_HOME = [status.value for status, facts in STATUSES.items() if facts.at_home]
EXPLAINED = tuple((status.value, facts.meaning) for status, facts in STATUSES.items() if facts.explained)


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
        *("ends", "confirm_by", "unconfirmed_since", "superseded_by"),
    )
    .order_by("number")
)
"""What the first page shows: it leaves most columns of a request, of an employee and of an employer unread."""


@require_safe
def accueil(request: HttpRequest) -> HttpResponse:
    """« Bienvenue dans votre espace adhérent ! » and its two doors, for each employment that goes on."""
    user, today = person(request), timezone.localdate()
    employments = own_employments(user, today, _EMPLOYMENTS)
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
class Door:
    """What the first page says of one employment: the dispense that speaks on that day, the request that is open."""

    employee: Employee
    dispense: Dispense | None
    today: Today | None
    asked: Dispense | None
    read_only: str  # why nothing changes any more, "" while something may

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
    def main(self) -> bool:
        """Whether joining comes first: nothing else is said of a dispense."""
        return self.today is None and not self.affiliated_on


def _door(employee: Employee, shown: list[Dispense], today: date) -> Door:
    granted = [dispense for dispense in shown if dispense.status == Status.ACCEPTED]
    going_on = [dispense for dispense in granted if not is_over(dispense, today)]
    speaks = min(going_on or granted, key=lambda dispense: dispense.effective_on or date.min, default=None)
    speaks = speaks or _ended(employee, shown)
    asked = next((dispense for dispense in shown if dispense.status in OPEN_STATUSES), None)
    if speaks:
        speaks.employee = employee  # read already, with its employer
    told = today_of(speaks, today) if speaks else None
    return Door(employee, speaks, told, asked, read_only_words(employee.employer))


def _ended(employee: Employee, shown: list[Dispense]) -> Dispense | None:
    """The last dispense that ended, while what follows from it is still to be done."""
    if employee.standing == Standing.AFFILIATED:
        return None
    ended = [dispense for dispense in shown if dispense.status == Status.ENDED and dispense.end_cause not in SILENT]
    return max(ended, key=lambda dispense: dispense.ends_on or date.min, default=None)


_FOLLOWED = Dispense.objects.select_related("employee__employer").only(
    *("motif", "status", "status_at", "submitted_at", "decision_reason", "decision_rule"),
    *(
        "effective_on",
        "ends_on",
        "confirm_by",
        "unconfirmed_since",
        "end_cause",
        "ends",
        "superseded_by",
        "follows",
        "has_virus",
    ),
    *("employee__first_name", "employee__last_name", "employee__employer__name", "employee__employer__insured_until"),
)
"""What the cards show: they leave most columns of an employee and of an employer unread."""


@require_safe
def demandes(request: HttpRequest) -> HttpResponse:
    """« Suivi de mes demandes », newest first, ten a page by number."""
    found = _FOLLOWED.filter(employee__user=person(request))
    before = request.GET.get("avant", "")
    page = keyset.page(found, NEWEST_FIRST, size=PAGE, after=NEWEST_FIRST.read(Dispense, before))
    context = {
        "cards": cards(request, [with_motif(dispense) for dispense in page.rows]),
        "older": bool(before),
        "next": page.after,
        "meanings": EXPLAINED,
    }
    return render(request, "dispenses/member/demandes.html", context)


def _sent(request: HttpRequest, number: int) -> Dispense | HttpResponse:
    dispense = get_own_dispense(person(request), number)
    if dispense.status == Status.DRAFT:
        return redirect("demande_verification", number=dispense.number)
    return dispense


@require_safe
def demande_accuse(request: HttpRequest, number: int) -> HttpResponse:
    """Acknowledgement on screen."""
    dispense = _sent(request, number)
    if isinstance(dispense, HttpResponse):
        return dispense
    context = {"dispense": dispense, "effect": STATUSES[Status(dispense.status)].effect}
    return render(request, "dispenses/member/accuse.html", context)


@require_safe
def demande_recu(request: HttpRequest, number: int) -> HttpResponse:
    """Acknowledgement as a PDF."""
    dispense = _sent(request, number)
    if isinstance(dispense, HttpResponse):
        return dispense
    response = HttpResponse(receipt_pdf(dispense), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="accuse-de-reception-{dispense.number}.pdf"'
    return response


def demande_annuler(request: HttpRequest, number: int) -> HttpResponse:
    """Take a sent request back: the GET asks for confirmation."""
    user = person(request)
    dispense = get_own_dispense(user, number)
    if request.method == "POST":
        try:
            sending.withdraw(dispense=dispense, user=user)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Votre demande N°{dispense.number} est annulée.")
        return redirect("demandes")
    return render(request, "dispenses/member/annuler.html", {"dispense": dispense})


@require_POST
def demande_abandonner(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a draft."""
    dispense = get_own_dispense(person(request), number)
    try:
        drafts.discard_draft(dispense=dispense)
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Votre brouillon est supprimé.")
    return redirect("demandes")

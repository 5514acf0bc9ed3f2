"""« Puis-je être dispensé ? »: few questions, then each motif as the rules judge it. Nothing is stored.

Open to everybody, for search engines too. By an employer's address it knows the acte; signed in, it knows the person.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Employee, Employer, User
from accounts.permissions import get_own_employee, own_employments, person
from dispenses.enums import Opening
from dispenses.exceptions import Code, TransitionRefused
from dispenses.guide.forms import SENT, GuideForm
from dispenses.guide.letters import EMPLOYEE
from dispenses.law import editions
from dispenses.law.guide import Finding, GuideAnswers, finding, situation_of, typed_answers
from dispenses.law.numbers import MOMENT_DAYS
from dispenses.law.rules import in_force
from dispenses.law.situation import Person
from dispenses.models import Motif
from dispenses.request import drafts, eligibility
from dispenses.request.letters import LETTERS
from portal.lib.links import absolute

LOST_LINK = "lien"


@dataclass(frozen=True)
class Answer:
    """The motifs sorted as the page shows them."""

    open: list[Finding]
    depends: list[Finding]
    closed: list[Finding]
    others: list[Finding]


@login_not_required
@require_safe
def puis_je(request: HttpRequest) -> HttpResponse:
    """The guide for everybody; for who is signed in and employed, what the portal knows of them is not asked."""
    employees = _employees(request)
    employee = _chosen(request, employees)
    return _page(request, employer=employee.employer if employee else None, employee=employee, employees=employees)


@login_not_required
@require_safe
def puis_je_entreprise(request: HttpRequest, key: str) -> HttpResponse:
    """The guide by an employer's address, which knows its acte; a dead address leads to the guide for everybody."""
    employer = Employer.objects.filter(guide_key=key).first() if key.isascii() else None
    if employer is None:
        return redirect(f"{reverse('puis_je')}?{urlencode({LOST_LINK: '1'})}")
    here = [employee for employee in _employees(request) if employee.employer_id == employer.pk]
    return _page(request, employer=employer, employee=here[0] if here else None, employees=here[:1])


def _employees(request: HttpRequest) -> list[Employee]:
    """Employments of who is signed in that go on, by name of the employer."""
    return own_employments(request.user, timezone.localdate()).current if isinstance(request.user, User) else []


def _chosen(request: HttpRequest, employees: list[Employee]) -> Employee | None:
    """The employment that the address names, the first otherwise."""
    asked = request.GET.get(EMPLOYEE, "")
    return next((one for one in employees if str(one.pk) == asked), employees[0] if employees else None)


def _form(request: HttpRequest, employer: Employer | None, employee: Employee | None) -> GuideForm:
    return GuideForm(
        request.GET if SENT in request.GET else None,
        person=eligibility.person_of(employee) if employee else None,
        acte_known=employer is not None,
    )


def _page(
    request: HttpRequest, *, employer: Employer | None, employee: Employee | None, employees: list[Employee]
) -> HttpResponse:
    form = _form(request, employer, employee)
    answer = _answer(form, employer, employee) if form.is_valid() else None
    given_up = drafts.given_up_by(employee) if employee and answer else None
    public = employer is None and not request.GET
    context = {
        "form": form,
        "answer": answer,
        "answers": form.in_words() if answer else [],
        "employer": employer,
        "employee": employee,
        "employees": employees,
        "lost": LOST_LINK in request.GET,
        "given_up": given_up,
        "comes_back_until": drafts.comes_back_until(given_up) if given_up else None,
        "today": timezone.localdate(),
        "letters": LETTERS,
        "moment_days": MOMENT_DAYS,
        "query": request.GET.urlencode(),
        "sign_in": f"{reverse('connexion')}?{urlencode({'next': _address(request)})}",
        "indexable": public,
        "canonical": absolute(reverse("puis_je")),
    }
    response = render(request, "dispenses/guide/puis_je.html", context)
    if public and not request.user.is_authenticated:
        response.headers["X-Robots-Tag"] = "all"
    return response


def _address(request: HttpRequest) -> str:
    """The guide for everybody with the same answers: after the sign-in it knows the person."""
    query = request.GET.copy()
    query.pop(LOST_LINK, None)
    return f"{reverse('puis_je')}?{query.urlencode()}" if query else reverse("puis_je")


def _answer(form: GuideForm, employer: Employer | None, employee: Employee | None) -> Answer:
    answers, who = form.answers(), form.person()
    found = _findings(answers, who, employer, employee)
    closed = [one for one in found if not one.is_open and not one.depends]
    return Answer(
        open=[one for one in found if one.is_open],
        depends=[one for one in found if one.depends],
        closed=[one for one in closed if one.is_closed or one.concerns(answers.cover)],
        others=[one for one in closed if not one.is_closed and not one.concerns(answers.cover)],
    )


def _findings(
    answers: GuideAnswers, who: Person, employer: Employer | None, employee: Employee | None
) -> list[Finding]:
    situation = situation_of(
        answers,
        who,
        timezone.localdate(),
        actes=editions.actes_of(employer.pk) if employer else None,
        granted_until=eligibility.granted_until(employee) if employee else {},
    )
    return [
        finding(
            one, situation, label=motif.full_label, help_text=motif.help_text, by_acte=motif.opening == Opening.ACTE
        )
        for motif, one in eligibility.offered_in(situation)
    ]


@require_POST
def puis_je_demander(request: HttpRequest) -> HttpResponse:
    """Open the wizard on a motif, with the answers that the address holds."""
    user = person(request)
    employee = get_own_employee(user, request.POST.get(EMPLOYEE, ""))
    form = _form(request, employee.employer, employee)
    back = f"{reverse('puis_je')}?{request.GET.urlencode()}"
    motif = _motif(request.POST.get("motif", ""))
    if motif is None or not form.is_valid():
        return redirect(back)
    try:
        with transaction.atomic():  # a motif that is refused begins nothing, and erases nothing that was given up
            draft = drafts.get_or_create_draft(employee=employee)
            drafts.choose_motif(dispense=draft, motif=motif)
            kept = typed_answers(form.answers(), form.person(), motif.extra_fields)
            drafts.save_answers(dispense=draft, answers=kept)
    except TransitionRefused as refusal:
        messages.info(request, str(refusal))
        return redirect(back if refusal.code == Code.MOTIF_CLOSED else "demandes")
    return redirect("demande_situation", number=draft.number)


def _motif(code: str) -> Motif | None:
    """The edition in force today of a motif."""
    today = timezone.localdate()
    editions_of = (one for one in editions.all_editions() if one.code == code)
    return next((one for one in editions_of if in_force(one.in_force_from, one.in_force_until, today)), None)

"""Employees, with what only this room knows: an attaching to the wrong account is undone unless a request was sent."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts import admin as people
from accounts import services
from accounts.exceptions import AlreadyPreAffiliated, ContractOver, EmploymentRefused, SentTooOften
from accounts.models import Employee, User
from accounts.permissions import MAX_ID
from dispenses.desk.rights import refuse_parties
from dispenses.employer.forms import CorrectionForm
from dispenses.models import Dispense
from dispenses.parties import interests
from dispenses.request import drafts
from dispenses.workflow import Status
from portal.lib.typography import of

DETACH = "accounts.detach_employee"
ASSIST = "accounts.assist_employee"
ADDRESS = "professional_email"


class CentreCorrectionForm(CorrectionForm):
    """The correspondent's form, in the words of the centre."""

    helps = {
        "matricule": "L’entreprise et son logiciel le reconnaissent par ce matricule\xa0: prévenez-la, "
        "pour qu’elle le corrige aussi de son côté.",
        "category": "Comme l’acte de l’entreprise la nomme, par exemple cadre ou non cadre.",
    }


admin.site.unregister(Employee)


@admin.register(Employee)
class EmployeeAdmin(people.EmployeeAdmin):
    change_form_template = "admin/accounts/employee/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/detacher/", wrap(self.detach_view), name="accounts_employee_detacher"),
            path("<int:pk>/corriger/", wrap(self.correct_view), name="accounts_employee_corriger"),
            path("<int:pk>/renvoyer/", wrap(self.invite_view), name="accounts_employee_renvoyer"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the way to the whole life of the employee, for who may see requests."""
        context = dict(extra_context or {})
        if request.user.has_perm("dispenses.view_dispense") and object_id.isascii() and object_id.isdigit():
            context["life_page"] = reverse("admin:dispenses_dispense_vie", args=[object_id])
        return super().change_view(request, object_id, form_url, context)

    def invite_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a new link to whoever has not activated their account (POST); the company's journal says so.

        Raises Forbidden for the account itself and for a correspondent of the employer.
        """
        employee, user = _open(request, pk, ASSIST)
        page = redirect("admin:accounts_employee_change", employee.pk)
        if request.method != "POST":
            return page
        try:
            sent = services.resend(employee=employee, by=user, label=services.CENTRE)
        except (SentTooOften, ContractOver) as refusal:
            messages.error(request, str(refusal))
            return page
        if sent:
            self.log_change(request, employee, f"Invitation renvoyée à {employee.professional_email}")
            messages.success(
                request, f"Un nouveau lien part à {employee.professional_email}. L’ancien ne fonctionne plus."
            )
        elif not employee.professional_email:
            messages.error(
                request,
                f"{employee.full_name} n’a pas d’adresse e-mail\xa0: {_who_adds(request, employee)}, "
                "ou demandez au correspondant d’imprimer une lettre.",
            )
        elif employee.has_left(timezone.localdate()):
            messages.error(request, f"{employee.full_name} a quitté l’entreprise\xa0: aucun lien n’est parti.")
        else:
            messages.info(request, f"{employee.full_name} a déjà activé son compte.")
        return page

    def correct_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Correct what was declared, with the fields and the rules of the correspondent's own page; logged.

        Raises Forbidden for the account itself and for a correspondent of the employer.
        """
        employee, user = _open(request, pk, ASSIST)
        kept = _address_is_kept(request, employee)
        form = CentreCorrectionForm(
            request.POST if request.method == "POST" else None, employee=employee, without=[ADDRESS] if kept else []
        )
        if request.method == "POST" and form.is_valid():
            try:
                changed = services.correct_employee(
                    employee=employee, by=user, values=form.cleaned_data, label=services.CENTRE
                )
            except AlreadyPreAffiliated as twin:
                form.add_error(twin.field if twin.field in form.fields else None, str(twin))
            except SentTooOften as refusal:
                form.add_error(ADDRESS, str(refusal))
            except (EmploymentRefused, ContractOver) as refusal:
                form.add_error(None, str(refusal))
            else:
                if changed:
                    self.log_change(request, employee, f"Corrigé\xa0: {', '.join(changed)}")
                messages.success(request, f"Corrigé\xa0: {', '.join(changed)}." if changed else "Rien n’a changé.")
                return redirect("admin:accounts_employee_change", employee.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Corriger la fiche {of(employee.full_name)}",
            "employee": employee,
            "form": form,
            "address_kept": kept,
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return TemplateResponse(request, "admin/accounts/employee/corriger.html", context, status=status)

    def detach_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The invitation was used by somebody else: who, what follows, then the deed, logged.

        Raises Forbidden for the account itself and for a correspondent of the employer.
        """
        employee, _ = _open(request, pk, DETACH)
        sent = Dispense.objects.filter(employee=employee).exclude(status=Status.DRAFT.value).first()
        page = reverse("admin:accounts_employee_change", args=[employee.pk])
        if request.method == "POST" and sent is None and employee.user is not None:
            account = str(employee.user)
            _detach(employee)
            self.log_change(request, employee, f"Détaché du compte {of(account)}")
            messages.success(
                request, f"{employee} n’est plus rattaché au compte {of(account)}\xa0: un e-mail l’annonce."
            )
            return redirect(page)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Détacher du compte",
            "employee": employee,
            "sent": sent,
            "page": page,
        }
        return TemplateResponse(request, "admin/accounts/employee/detacher.html", context)


def _open(request: HttpRequest, pk: int, right: str) -> tuple[Employee, User]:
    """The employee, and who acts. Raises PermissionDenied without the right, Http404, Forbidden to a party."""
    if not request.user.has_perm(right) or not isinstance(request.user, User):
        raise PermissionDenied
    employee = Employee.objects.select_related("employer", "user").filter(pk=min(pk, MAX_ID)).first()
    if employee is None:
        raise Http404
    refuse_parties(interests(request.user), owner=employee.user_id, employer=employee.employer_id)
    return employee, request.user


def _address_is_kept(request: HttpRequest, employee: Employee) -> bool:
    """Whether the address stays: its mailbox opens the account, so changing it takes the right to undo an attaching."""
    return employee.user_id is None and not request.user.has_perm(DETACH)


def _who_adds(request: HttpRequest, employee: Employee) -> str:
    kept = _address_is_kept(request, employee)
    return "demandez à un responsable de l’ajouter" if kept else "ajoutez-la par «\xa0Corriger…\xa0»"


@transaction.atomic
def _detach(employee: Employee) -> None:
    """Without the draft that the other person had begun: its documents are theirs."""
    for draft in Dispense.objects.filter(employee=employee, status=Status.DRAFT.value):
        drafts.discard_draft(dispense=draft)
    services.detach(employee=employee)

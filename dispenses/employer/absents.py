"""Those whom a company's file no longer names, proposed as departures: never ticked beforehand, never applied alone."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts import services
from accounts.employee.values import EARLIEST_HIRE, LEFT_AHEAD
from accounts.enums import ImportStatus
from accounts.imports.analysis import MOST_ABSENT
from accounts.models import Employee, ImportRun, User
from accounts.permissions import get_open_import, person
from portal.lib.fields import ThreePartDateField
from portal.lib.typography import short_day

FEW = 10  # absent employees of whom a small company may propose all
CHOSEN, CONFIRMED = "salarie", "confirmer"


class AbsentsForm(forms.Form):
    """Who left, and when: one day for all those ticked."""

    day = ThreePartDateField(
        label="Dernier jour de travail",
        help_text="Le même pour tous ceux que vous cochez\xa0; recommencez pour une autre date.",
        min_date=EARLIEST_HIRE,
        max_date=lambda: timezone.localdate() + LEFT_AHEAD,
    )

    def __init__(self, data: Any, *, employees: Sequence[Employee]) -> None:
        super().__init__(data)
        self.employees = employees
        sent = data.getlist(CHOSEN) if data else []
        self.chosen = [employee for employee in employees if str(employee.pk) in sent]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.chosen:
            raise forms.ValidationError("Cochez au moins un salarié")
        day = data.get("day")
        early = [one.full_name for one in self.chosen if day and day < one.hired_on]
        if early:
            self.add_error("day", f"Cette date précède l’embauche de {early[0]}\xa0: décochez-le ou corrigez la date")
        return data


def may_propose(run: ImportRun) -> bool:
    """Whether the file speaks of nearly everybody: one that leaves out most of the company is partial, and no proof."""
    if run.status not in {ImportStatus.READY, ImportStatus.DONE} or not 0 < run.absent <= MOST_ABSENT:
        return False
    staff = int(run.preview.get("staff", 0))  # 0: the preview is forgotten
    return bool(staff) and (run.absent <= FEW or run.absent * 2 <= staff)


def import_departs(request: HttpRequest, run_id: int) -> HttpResponse:
    """Tick those who left, give the day, confirm."""
    user = person(request)
    run = get_open_import(user, run_id)
    if not may_propose(run):
        raise Http404
    form = AbsentsForm(request.POST if request.method == "POST" else None, employees=_still_here(run))
    context = {"run": run, "employer": run.employer, "form": form, "staff": run.preview.get("staff", 0)}
    if request.method != "POST" or not form.is_valid():
        return render(request, "dispenses/employer/import_departs.html", context)
    if CONFIRMED not in request.POST:
        return render(request, "dispenses/employer/import_departs_confirmer.html", context)
    messages.success(request, _declare(form, user))
    return redirect("import_salaries", run_id=run.pk)


def _still_here(run: ImportRun) -> list[Employee]:
    """The absents of the file whose departure nobody has declared since."""
    ids = [item["id"] for item in run.preview.get("absents", []) if "id" in item]
    here = Employee.objects.filter(employer=run.employer, left_on__isnull=True, pk__in=ids).select_related("employer")
    return list(here.order_by("sort_name", "pk"))


def _declare(form: AbsentsForm, user: User) -> str:
    day = form.cleaned_data["day"]
    done = sum(services.declare_departure(employee=one, by=user, left_on=day) for one in form.chosen)
    return f"{done} départ{'s' if done > 1 else ''} enregistré{'s' if done > 1 else ''}, au {short_day(day)}."

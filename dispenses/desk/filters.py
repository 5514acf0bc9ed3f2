"""Filters of the queue."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from dispenses.models import Dispense, Motif
from dispenses.workflow import STATUS_LABELS, Status

ALL = "toutes"
PAGE_PARAMETER = "p"


class StatusFilter(admin.SimpleListFilter):
    """What awaits a decision, unless something else is asked for; a search looks everywhere."""

    title = "statut"
    parameter_name = "statut"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.default = ALL if request.GET.get("q", "").strip() else Status.IN_PROGRESS.value
        super().__init__(request, *args)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        sent = [(status.value, label) for status, label in STATUS_LABELS.items() if status is not Status.DRAFT]
        return [*sent, (ALL, "Toutes")]

    def value(self) -> str:
        asked = super().value()
        return asked if asked in dict(self.lookup_choices) else self.default

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispense]) -> QuerySet[Dispense]:
        return queryset if self.value() == ALL else queryset.filter(status=self.value())


class MotifFilter(admin.SimpleListFilter):
    """Every edition of a motif, under its code."""

    title = "motif"
    parameter_name = "motif"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(dict(Motif.objects.values_list("code", "label")).items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispense]) -> QuerySet[Dispense]:
        return queryset.filter(motif__code=self.value()) if self.value() else queryset


class TypedFilter(admin.ListFilter):
    """A filter whose values are typed in a small form, which keeps the rest of the address."""

    template = "admin/dispenses/dispense/filtre_saisi.html"
    inputs: tuple[tuple[str, str, str], ...] = ()  # parameter, label, type of the input

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                self.used_parameters[name] = str(params.pop(name)[-1]).replace("\0", "").strip()[:200]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [name for name, _, _ in self.inputs]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        own = {*self.expected_parameters(), PAGE_PARAMETER}
        yield {
            "kept": [(name, value) for name, value in changelist.params.items() if name not in own],
            "inputs": [(name, label, kind, self.used_parameters.get(name, "")) for name, label, kind in self.inputs],
            "used": any(self.used_parameters.values()),
            "clear": changelist.get_query_string(remove=[name for name, _, _ in self.inputs]),
        }


class EmployerFilter(TypedFilter):
    """Part of the name, or the whole SIRET."""

    title = "employeur"
    inputs = (("employeur", "Nom ou SIRET", "search"),)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispense]) -> QuerySet[Dispense]:
        text = str(self.used_parameters.get("employeur", ""))
        if not text:
            return queryset
        siret = "".join(text.split())
        return queryset.filter(Q(employee__employer__name__icontains=text) | Q(employee__employer__siret=siret))


class PeriodFilter(TypedFilter):
    """Days of sending, both included, in Europe/Paris."""

    title = "date d’envoi"
    inputs = (("envoyee_du", "Du", "date"), ("envoyee_au", "Au", "date"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispense]) -> QuerySet[Dispense]:
        if first := self._day("envoyee_du"):
            queryset = queryset.filter(submitted_at__gte=midnight(first))
        if (last := self._day("envoyee_au")) and last < date.max:
            queryset = queryset.filter(submitted_at__lt=midnight(last + timedelta(days=1)))
        return queryset

    def _day(self, name: str) -> date | None:
        try:
            day = date.fromisoformat(str(self.used_parameters.get(name, "")))
        except ValueError:
            return None
        return day if day.year > 1 else None


def midnight(day: date) -> datetime:
    """First instant of `day` in Europe/Paris."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())

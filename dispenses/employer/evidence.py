"""« Preuves URSSAF »: a period, what is exposed and missing, the packs and who took them."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Employer
from accounts.permissions import get_managed_employer, managed_employers, person
from dispenses.enums import Lack
from dispenses.exceptions import PackRefused
from dispenses.models import ActeText, EvidencePack
from dispenses.packs import delivery, preparation, proofs, seal
from dispenses.packs.exposure import FACTORS, LAW, Exposure, risk
from dispenses.packs.forms import PeriodForm, default_period
from dispenses.request.permissions import get_pack

SHOWN_PACKS = 20
SHOWN_LACKS = 50
MAX_LIVE = 1000  # dispenses examined while a person waits; beyond, the pack says it
UNAVAILABLE = "Ce dossier n’est pas disponible pour l’instant. Réessayez dans quelques minutes."


@dataclass
class Findings:
    """What the page says of a period; `too_many`: nothing was read, only counted."""

    dispenses: int
    too_many: bool = False
    exposure: Exposure = field(default_factory=Exposure)
    amount: Decimal | None = None
    kinds: list[tuple[str, int, str]] = field(default_factory=list)
    lacks: list[tuple[proofs.Proof, proofs.Missing]] = field(default_factory=list)


@require_safe
def preuves(request: HttpRequest) -> HttpResponse:
    """The period asked for, or what a control reaches; 403 without any employer."""
    employers = list(managed_employers(person(request)))
    if not employers:
        return render(request, "dispenses/employer/salaries_aucun.html", status=403)
    employer = _chosen(request, employers)
    form = PeriodForm(request.GET) if "du_0" in request.GET else PeriodForm(_initial())
    return _page(request, employer, employers, form)


@require_POST
def preuves_demander(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Ask for the pack of a period."""
    user = person(request)
    employer = get_managed_employer(user, employer_id)
    form = PeriodForm(request.POST)
    if not form.is_valid():
        return _page(request, employer, list(managed_employers(user)), form)
    data = form.cleaned_data
    try:
        preparation.ask(
            employer=employer, by=user, first_day=data["du"], last_day=data["au"], contribution=data["cotisation"]
        )
    except PackRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Le dossier est en préparation. Un e-mail vous préviendra quand il sera prêt.")
    asked = urlencode({"employeur": str(employer.pk), **_as_fields(**data)})
    return redirect(f"{reverse('preuves')}?{asked}#dossiers")


@require_safe
def preuves_telecharger(request: HttpRequest, pack_id: int) -> HttpResponseBase:
    """A pack of one of one's employers, as a download; the reading is written first."""
    user = person(request)
    pack = get_pack(user, pack_id)
    try:
        return delivery.handed_over(pack, user)
    except (PackRefused, OSError) as error:
        messages.error(request, str(error) if isinstance(error, PackRefused) else UNAVAILABLE)
    return redirect(f"{reverse('preuves')}?employeur={pack.employer_id}#dossiers")


def _chosen(request: HttpRequest, employers: list[Employer]) -> Employer:
    asked = request.GET.get("employeur")
    for employer in employers:
        if not asked or str(employer.pk) == asked:
            return employer
    raise Http404


def _initial() -> dict[str, str]:
    first, last = default_period(timezone.localdate())
    return _as_fields(first, last, None)


def _as_fields(du: date, au: date, cotisation: Decimal | None) -> dict[str, str]:
    """The period as the form's own inputs."""
    dates = {
        f"{name}_{position}": str(part)
        for name, day in (("du", du), ("au", au))
        for position, part in enumerate((day.day, day.month, day.year))
    }
    return dates if cotisation is None else {**dates, "cotisation": str(cotisation)}


def _page(request: HttpRequest, employer: Employer, employers: list[Employer], form: PeriodForm) -> HttpResponse:
    found = None
    if form.is_valid():
        found = _findings(employer, **form.cleaned_data)
    context: dict[str, Any] = {
        "employer": employer,
        "employers": employers,
        "form": form,
        "found": found,
        "hidden": list(_as_fields(**form.cleaned_data).items()) if found else [],
        "law": LAW,
        "acte_texts": _acte_texts(employer),
        "packs": [*_packs(employer)[:SHOWN_PACKS]],
        "public_key": seal.public_text(preparation.signing_key()),
    }
    return render(request, "dispenses/employer/preuves.html", context)


def _acte_texts(employer: Employer) -> QuerySet[ActeText]:
    """The text that each version of the acte has now, the latest version first."""
    found = ActeText.objects.filter(acte__employer=employer, replaced_at=None)
    return found.select_related("acte").order_by("-acte__in_force_from")


def _packs(employer: Employer) -> QuerySet[EvidencePack]:
    return EvidencePack.objects.filter(employer=employer).select_related("asked_by").prefetch_related("readings__user")


def _findings(employer: Employer, *, du: date, au: date, cotisation: Decimal | None) -> Findings:
    granted = proofs.granted(employer.pk, du, au)
    found = Findings(dispenses=granted.order_by().count())
    if found.dispenses > MAX_LIVE:
        found.too_many = True
        return found
    frame = proofs.Frame.of(employer.pk, first=du, last=au, today=timezone.localdate())
    for employee in proofs.by_employee(granted, frame):
        found.exposure.add(employee)
        lacks = ((proof, missing) for proof in employee for missing in proof.missing)
        found.lacks.extend(islice(lacks, max(0, SHOWN_LACKS - len(found.lacks))))
    found.amount = risk(cotisation, found.exposure.formal, found.exposure.substance)
    found.kinds = [
        (Lack(kind).label, count, f"{FACTORS[kind]} fois".replace(".", ",") if kind in FACTORS else "")
        for kind, count in sorted(found.exposure.kinds.items(), key=lambda pair: list(Lack).index(pair[0]))
    ]
    return found

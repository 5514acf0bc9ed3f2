"""Who read which document: of one request for whoever examines it, of all for those who have the right."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import User, normalize_email
from dispenses.desk import queries
from dispenses.desk.rights import ALL_CONSULTATIONS, Desk, reader
from dispenses.models import Consultation
from dispenses.permissions import MAX_NUMBER, desk_dispenses

PAGE = 50
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)  # beyond, a database may not know the date
BEFORE = "avant"  # the last line of the page that was read: microseconds and number


class ConsultationFilter(forms.Form):
    """What narrows the list. Everything is optional."""

    personne = forms.CharField(
        label="Adresse e-mail de la personne",
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"}),
    )
    demande = forms.IntegerField(
        label="Numéro de la demande",
        required=False,
        min_value=1,
        max_value=MAX_NUMBER,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": "Écrivez le numéro en chiffres, par exemple 20964"},
    )
    du = forms.DateField(
        label="Du",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Cette date n’existe pas"},
    )
    au = forms.DateField(
        label="Au",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Cette date n’existe pas"},
    )

    person: User | None = None

    def clean_personne(self) -> str:
        """An address of ours, whatever its case."""
        address = normalize_email(self.cleaned_data["personne"])
        if address:
            self.person = User.objects.filter(email=address).first()
            if self.person is None:
                raise forms.ValidationError("Aucun compte n’a cette adresse. Vérifiez-la, ou videz le champ")
        return address

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("du") and data.get("au") and data["au"] < data["du"]:
            self.add_error("au", "Cette date précède celle du début")
        return data


def of_request(desk: Desk, request: HttpRequest, number: int) -> HttpResponse:
    """The readings of one request's documents. Raises Http404 for a draft."""
    reader(desk, request)
    queries.state_of(number)
    lines = Consultation.objects.filter(dispense=number)
    context = {"title": f"Consultations des documents de la demande N°{number}", "number": number}
    return _page(desk, request, lines, context)


def journal(desk: Desk, request: HttpRequest) -> HttpResponse:
    """Every reading, filtered. Raises PermissionDenied without the right of its own."""
    if not reader(desk, request).has_perm(ALL_CONSULTATIONS):
        raise PermissionDenied
    form = ConsultationFilter(request.GET)
    lines = _filtered(form) if form.is_valid() else Consultation.objects.none()
    context = {"title": "Journal des consultations", "form": form}
    return _page(desk, request, lines, context)


def _filtered(form: ConsultationFilter) -> "QuerySet[Consultation]":
    lines: QuerySet[Consultation] = Consultation.objects.all()
    if form.person:
        lines = lines.filter(user=form.person)
    if form.cleaned_data["demande"]:
        lines = lines.filter(dispense=form.cleaned_data["demande"])
    if start := form.cleaned_data["du"]:
        lines = lines.filter(at__gte=_midnight(start))
    if last := form.cleaned_data["au"]:
        lines = lines.filter(at__lt=_midnight(min(last, LATEST) + timedelta(days=1)))
    return lines


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(max(day, EARLIEST), time()))


def _page(desk: Desk, request: HttpRequest, lines: "QuerySet[Consultation]", context: dict[str, Any]) -> HttpResponse:
    found = list(_after(lines, request.GET.get(BEFORE, "")).select_related("user").order_by("-at", "-id")[: PAGE + 1])
    shown, more = found[:PAGE], len(found) > PAGE
    sent = desk_dispenses().filter(number__in={line.dispense_id for line in shown})
    params = request.GET.copy()
    params.pop(BEFORE, None)
    values = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "media": desk.media,
        "lines": shown,
        "sent": set(sent.values_list("number", flat=True)),
        "first": params.urlencode(),
        "older": f"{params.urlencode()}&{BEFORE}={_place(shown[-1])}".lstrip("&") if more else "",
        "begun": BEFORE in request.GET,
        "may_read_all": request.user.has_perm(ALL_CONSULTATIONS),
        "form": None,
        "number": None,
        **context,
    }
    return TemplateResponse(request, "admin/dispenses/dispense/consultations.html", values)


def _place(line: Consultation) -> str:
    return f"{round(line.at.timestamp() * 1_000_000)}-{line.pk}"


def _after(lines: "QuerySet[Consultation]", place: str) -> "QuerySet[Consultation]":
    """The lines older than `place`; all of them when it says nothing."""
    micro, _, pk = place.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (micro, pk)):
        return lines
    try:
        at = datetime.fromtimestamp(0, tz=UTC) + timedelta(microseconds=int(micro))
    except OverflowError:
        return lines
    return lines.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=int(pk)))

"""Who read which document: of one request for whoever examines it, of all for those who have the right."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.models import User, normalize_email
from dispenses import parties
from dispenses.desk import queries
from dispenses.desk.rights import ALL_CONSULTATIONS, Desk, reader
from dispenses.models import Consultation, Dispense
from dispenses.request.permissions import MAX_NUMBER, desk_dispenses
from portal.lib import keyset
from portal.lib.dates import end_of_day, start_of_day

PAGE = 50
ORDER = keyset.Order(("at", "id"), descending=True)
BEFORE = "avant"  # the place of the last line of the page that was read


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
    """The readings of one request's documents. Raises Http404 for a draft, Forbidden for a party to it."""
    queries.state_of(number, parties.interests(reader(desk, request)))
    lines = Consultation.objects.filter(dispense=number)
    context = {"title": f"Consultations des documents de la demande N°{number}", "number": number}
    return _page(desk, request, lines, context)


def journal(desk: Desk, request: HttpRequest) -> HttpResponse:
    """Every reading, filtered, but of requests to which the reader is a party.

    Raises PermissionDenied without the right of its own.
    """
    user = reader(desk, request)
    if not user.has_perm(ALL_CONSULTATIONS):
        raise PermissionDenied
    form = ConsultationFilter(request.GET)
    lines = _filtered(form) if form.is_valid() else Consultation.objects.none()
    if interests := parties.interests(user):  # a line may outlive its request: no join
        lines = lines.exclude(dispense__in=Dispense.objects.filter(interests.of_requests()).order_by().values("pk"))
    context = {"title": "Journal des consultations", "form": form}
    return _page(desk, request, lines, context)


def _filtered(form: ConsultationFilter) -> "QuerySet[Consultation]":
    lines: QuerySet[Consultation] = Consultation.objects.all()
    if form.person:
        lines = lines.filter(user=form.person)
    if form.cleaned_data["demande"]:
        lines = lines.filter(dispense=form.cleaned_data["demande"])
    if start := form.cleaned_data["du"]:
        lines = lines.filter(at__gte=start_of_day(start))
    if last := form.cleaned_data["au"]:
        lines = lines.filter(at__lt=end_of_day(last))
    return lines


def _page(desk: Desk, request: HttpRequest, lines: "QuerySet[Consultation]", context: dict[str, Any]) -> HttpResponse:
    place = ORDER.read(Consultation, request.GET.get(BEFORE, ""))
    page = keyset.page(lines.select_related("user"), ORDER, size=PAGE, after=place)
    sent = desk_dispenses().filter(number__in={line.dispense_id for line in page.rows})
    params = request.GET.copy()
    params.pop(BEFORE, None)
    values = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "media": desk.media,
        "lines": page.rows,
        "sent": set(sent.values_list("number", flat=True)),
        "first": params.urlencode(),
        "older": f"{params.urlencode()}&{BEFORE}={page.after}".lstrip("&") if page.after else "",
        "begun": BEFORE in request.GET,
        "may_read_all": request.user.has_perm(ALL_CONSULTATIONS),
        "form": None,
        "number": None,
        **context,
    }
    return TemplateResponse(request, "dispenses/desk/consultations.html", values)

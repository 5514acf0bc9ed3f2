"""Who read which document: of one request for whoever examines it, of all for those who have the right."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import User, normalize_email
from dispenses import parties
from dispenses.desk import queries
from dispenses.desk.rights import ALL_CONSULTATIONS, Desk, reader
from dispenses.enums import Reading
from dispenses.exports import download
from dispenses.exports.columns import Column, Listing
from dispenses.exports.lists import name_in_full
from dispenses.models import Consultation, Dispense
from dispenses.request.permissions import MAX_NUMBER, desk_dispenses
from portal.lib import keyset
from portal.lib.dates import end_of_day, start_of_day

PAGE = 50
JOURNAL = "dispenses_dispense_journal"
ORDER = keyset.Order(("at", "id"), descending=True)
BEFORE = "avant"  # the place of the last line of the page that was read


def _quality(by_centre: bool) -> str:
    return "Centre" if by_centre else "Salarié"


def _number_sent(number: int, sent: bool) -> int | str:
    return number if sent else "Non envoyée"


def _document_sent(name: str, sent: bool) -> str:
    return name if sent else "Document d’un brouillon"


def _kind(kind: str) -> str:
    return Reading(kind).label


COLUMNS: tuple[Column, ...] = (
    Column("Le", ("at",)),
    Column("Personne", ("user__first_name", "user__last_name"), name_in_full),
    Column("Adresse e-mail", ("user__email",)),
    Column("Qualité", ("by_centre",), _quality),
    Column("Demande", ("dispense_id", "sent"), _number_sent),
    Column("Document", ("name", "sent"), _document_sent),
    Column("Numéro du document", ("document",)),
    Column("Lecture", ("kind",), _kind),
    Column("Raison", ("reason",)),
)
"""Nothing of a draft but that it was read, as on the page."""


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
    form = ConsultationFilter(request.GET)
    lines = _chosen(_auditor(desk, request), form)
    return _page(desk, request, lines, {"title": "Journal des consultations", "form": form})


def exporter(desk: Desk, request: HttpRequest, forme: str) -> HttpResponseBase:
    """The lines that the page would list, the oldest first, as CSV or XLSX; the taking out is written down first.

    What is wrong with the filters is said on the page.

    Raises PermissionDenied without the right of its own, Http404 for another form.
    """
    user = _auditor(desk, request)
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    back = f"{desk.admin_site.name}:{JOURNAL}"
    form = ConsultationFilter(request.GET)
    if not form.is_valid():
        return redirect(f"{reverse(back)}?{request.GET.urlencode()}")
    filters = {name: str(value) for name, value in request.GET.items() if name in form.fields and value}
    sent = Exists(desk_dispenses().filter(number=OuterRef("dispense")))
    lines = _chosen(user, form).annotate(sent=sent).order_by("at", "id")
    found = Listing("consultations", "Consultations", COLUMNS, lines, filters)
    return download.answer(request, found, form=forme, user=user, back=back)


def _auditor(desk: Desk, request: HttpRequest) -> User:
    """Who reads it. Raises PermissionDenied for whoever may not read every reading."""
    user = reader(desk, request)
    if not user.has_perm(ALL_CONSULTATIONS):
        raise PermissionDenied
    return user


def _chosen(user: User, form: ConsultationFilter) -> "QuerySet[Consultation]":
    """What the form leaves, none when it is wrong, but of requests to which the reader is a party."""
    lines = _filtered(form) if form.is_valid() else Consultation.objects.none()
    if interests := parties.interests(user):  # a line may outlive its request: no join
        lines = lines.exclude(dispense__in=Dispense.objects.filter(interests.of_requests()).order_by().values("pk"))
    return lines


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

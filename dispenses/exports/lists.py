"""The lists that may be taken out, column by column (docs/exports.md). An employer's say no more than its pages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import QueryDict
from django.utils import timezone

from accounts import listing
from accounts.enums import ContractType
from accounts.models import Correspondent, Employee, Employer, Invitation
from accounts.states import BY_KEY
from dispenses.models import Dispense
from dispenses.queue.standing import GROUPS, with_state
from dispenses.workflow import STATUS_LABELS, Status
from portal.lib.cells import Value

CHUNK = 2000  # rows in memory at a time
CONTRACTS: dict[str, str] = {choice.value: choice.label for choice in ContractType}
EMPLOYEES = (
    "Matricule", "Nom", "Prénom", "E-mail professionnel", "Date d’embauche", "Type de contrat", "Catégorie", "État",
    "Groupe du motif", "Dispense jusqu’au", "Statut depuis le", "Invité le", "Compte activé le",
)  # fmt: skip
REQUESTS = (
    "Numéro", "Matricule", "Nom", "Prénom", "Statut", "Groupe du motif", "Envoyée le", "Décidée le",
    "Dispense jusqu’au",
)  # fmt: skip
CORRESPONDENTS = ("Nom", "Prénom", "Adresse e-mail")


@dataclass(frozen=True)
class Listing:
    """One list with its filter applied. `shown` makes the cells of a row of `source`."""

    name: str
    title: str
    header: Sequence[str]
    source: QuerySet[Any, Any]
    shown: Callable[[Any], Sequence[Value]]
    filters: Mapping[str, str] = field(default_factory=dict)

    def count(self) -> int:
        return self.source.order_by().count()

    def rows(self) -> Iterator[Sequence[Value]]:
        """Every row, a few thousand in memory at a time."""
        return map(self.shown, self.source.iterator(chunk_size=CHUNK))


def _kept(filters: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value}


def employees(employer: Employer, filters: listing.Filters | None = None) -> Listing:
    """« Mes salariés », with the filters of its page."""
    filters = filters or listing.Filters()
    mine = Employee.objects.filter(employer=employer)
    found = with_state(listing.filtered(mine, filters, timezone.now()))
    sent = Dispense.objects.filter(employee=OuterRef("pk")).exclude(status=Status.DRAFT.value).order_by("-number")
    invited = Invitation.objects.filter(employee=OuterRef("pk")).order_by("-pk")
    source = found.order_by("last_name", "first_name", "pk").values_list(
        "matricule", "last_name", "first_name", "professional_email", "hired_on", "contract_type", "category", "state",
        Subquery(sent.values("motif__family")[:1]), Subquery(sent.values("ends_on")[:1]),
        Subquery(sent.values("status_at")[:1]), Subquery(invited.values("sent_at")[:1]), "activated_at",
    )  # fmt: skip
    return Listing("salaries", "Salariés", EMPLOYEES, source, _employee, _kept(asdict(filters)))


def _employee(row: tuple[Any, ...]) -> Sequence[Value]:
    *who, contract, category, state, family, ends_on, since, invited_at, activated_at = row
    group = GROUPS.get(family or "", "")
    return [
        *who, CONTRACTS.get(contract, contract), category, BY_KEY[state].label,
        group, ends_on, since, invited_at, activated_at,
    ]  # fmt: skip


def requests(employer: Employer, *, state: str = "") -> Listing:
    """Requests sent by the employer's employees: that they exist, their group and dates. `state`: a status."""
    state = state if state in STATUS_LABELS and state != Status.DRAFT else ""
    found = Dispense.objects.filter(employee__employer=employer).exclude(status=Status.DRAFT.value)
    source = (found.filter(status=state) if state else found).order_by("number")
    source_rows = source.values_list(
        "number", "employee__matricule", "employee__last_name", "employee__first_name", "status", "motif__family",
        "submitted_at", "decided_at", "ends_on",
    )  # fmt: skip
    return Listing("demandes", "Demandes", REQUESTS, source_rows, _request, _kept({"etat": state}))


def _request(row: tuple[Any, ...]) -> Sequence[Value]:
    number, matricule, last_name, first_name, status, family, *dates = row
    group = GROUPS.get(family or "", "")
    return [number, matricule, last_name, first_name, STATUS_LABELS[status], group, *dates]


def correspondents(employer: Employer) -> Listing:
    """Who may act for the employer."""
    source = Correspondent.objects.filter(employer=employer).order_by("user__last_name", "user__first_name", "pk")
    rows = source.values_list("user__last_name", "user__first_name", "user__email")
    return Listing("correspondants", "Correspondants", CORRESPONDENTS, rows, list)


def of_employer(name: str, employer: Employer, asked: QueryDict) -> Listing:
    """The list called `name`, filtered as the address asks. Raises KeyError for an unknown one."""
    makers: dict[str, Callable[[], Listing]] = {
        "salaries": lambda: employees(employer, listing.read_filters(asked)),
        "demandes": lambda: requests(employer, state=asked.get("etat", "")),
        "correspondants": lambda: correspondents(employer),
    }
    return makers[name]()

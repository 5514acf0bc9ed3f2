"""The lists that may be taken out, column by column (docs/exports.md). An employer's say no more than its pages."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime

from django.db.models import OuterRef, Subquery
from django.http import QueryDict
from django.utils import timezone

from accounts import listing
from accounts.employee.fields import EXPORTED
from accounts.models import Correspondent, Employee, Employer, Invitation
from accounts.states import BY_KEY
from dispenses.exports.columns import Column, Listing
from dispenses.queue.speaking import said
from dispenses.queue.standing import GROUPS, with_state
from dispenses.queue.transferred import known_to, last_day_known
from dispenses.request.eligibility import GRANTED
from dispenses.workflow import STATUS_LABELS, Status


def standing_in_words(state: str) -> str:
    return BY_KEY[state].label


def status_in_words(status: str) -> str:
    return STATUS_LABELS[status]


def name_in_full(first_name: str | None, last_name: str | None) -> str:
    """« Camille Martin »; "" of nobody."""
    return f"{first_name or ''} {last_name or ''}".strip()


def group_in_words(family: str | None) -> str:
    """The group of a motif, which an employer may know."""
    return GROUPS.get(family or "", "")


def once_granted(day: date | None, status: str | None) -> date | None:
    """The first day of a dispense, which the rules give at the sending: nothing before it is granted."""
    return day if status in GRANTED else None


def _while_here(at: datetime | None, passed_at: datetime | None) -> datetime | None:
    """What was done before the request passed to another employer."""
    return at if passed_at is None or (at and at < passed_at) else None


def _still_here(day: date | None, passed_on: date | None) -> date | None:
    """A day to come, of which the employer knows nothing any more once the request passed to another."""
    return None if passed_on else day


def _last_day(ends_on: date | None, passed_on: date | None, status: str) -> date | None:
    return last_day_known(ends_on, passed_on) if status in GRANTED else ends_on


_INVITED = Invitation.objects.filter(employee=OuterRef("pk")).order_by("-pk")


_SAID = ("motif__family", "effective_on", "ends_on", "confirm_by", "status_at")
"""What a list says of the request that speaks for an employee."""

EMPLOYEES: tuple[Column, ...] = (
    *(Column(field.export, (field.attribute,), field.exported if field.choices else None) for field in EXPORTED),
    Column("État", ("state",), standing_in_words),
    Column("Groupe du motif", ("speaking_family",), group_in_words),
    Column("Dispense à compter du", ("speaking_effective_on", "speaking_status"), once_granted),
    Column("Dispense jusqu’au", ("speaking_ends_on",)),
    Column("À confirmer avant le", ("speaking_confirm_by",)),
    Column("Statut depuis le", ("speaking_status_at",)),
    Column("Invité le", (Subquery(_INVITED.values("sent_at")[:1]),)),
    Column("Compte activé le", ("activated_at",)),
)
REQUESTS: tuple[Column, ...] = (
    Column("Numéro", ("number",)),
    Column("Matricule", ("known_matricule",)),
    Column("Nom", ("known_last_name",)),
    Column("Prénom", ("known_first_name",)),
    Column("Statut", ("known_status",), status_in_words),
    Column("Groupe du motif", ("motif__family",), group_in_words),
    Column("Envoyée le", ("submitted_at",)),
    Column("Décidée le", ("decided_at", "passed_at"), _while_here),
    Column("Dispense à compter du", ("effective_on", "known_status"), once_granted),
    Column("Dispense jusqu’au", ("ends_on", "passed_on", "known_status"), _last_day),
    Column("À confirmer avant le", ("confirm_by", "passed_on"), _still_here),
)
CORRESPONDENTS: tuple[Column, ...] = (
    Column("Nom", ("user__last_name",)),
    Column("Prénom", ("user__first_name",)),
    Column("Adresse e-mail", ("user__email",)),
)


def _kept(filters: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in filters.items() if value}


def employees(employer: Employer, filters: listing.Filters | None = None) -> Listing:
    """« Mes salariés », with the filters of its page."""
    filters = filters or listing.Filters()
    mine = Employee.objects.filter(employer=employer)
    found = with_state(listing.filtered(mine, filters, timezone.now())).annotate(**said(*_SAID))
    source = found.order_by("sort_name", "pk")
    return Listing("salaries", "Salariés", EMPLOYEES, source, _kept(asdict(filters)))


def requests(employer: Employer, *, state: str = "") -> Listing:
    """Requests sent by the employer's employees: that they exist, their group and dates. `state`: a status.

    Those that passed to another employer are there as they were until then.
    """
    state = state if state in STATUS_LABELS and state != Status.DRAFT else ""
    found = known_to(employer.pk)
    source = (found.filter(known_status=state) if state else found).order_by("number")
    return Listing("demandes", "Demandes", REQUESTS, source, _kept({"etat": state}))


def correspondents(employer: Employer) -> Listing:
    """Who may act for the employer."""
    source = Correspondent.objects.filter(employer=employer).order_by("user__sort_name", "pk")
    return Listing("correspondants", "Correspondants", CORRESPONDENTS, source)


def of_employer(name: str, employer: Employer, asked: QueryDict) -> Listing:
    """The list called `name`, filtered as the address asks. Raises KeyError for an unknown one."""
    makers: dict[str, Callable[[], Listing]] = {
        "salaries": lambda: employees(employer, listing.read_filters(asked)),
        "demandes": lambda: requests(employer, state=asked.get("etat", "")),
        "correspondants": lambda: correspondents(employer),
    }
    return makers[name]()

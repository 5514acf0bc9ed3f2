"""The list of an employer's employees: what one may ask of it by its address, and in which order it goes."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from accounts import due
from accounts.models import Employee, Invitation
from accounts.states import BY_KEY, Standing
from portal.lib import searching
from portal.lib.keyset import Order

LINKS = {
    "jamais": "Pas encore invité",
    "sans_reponse": "Sans réponse depuis 7 jours",
    "expire": "Lien expiré ou révoqué",
    "demande": "Nouveau lien demandé",
}
WAITED = timedelta(days=7)
ORDER = Order(("standing", "sort_name", "id"))
# What the list may be sorted by, by the word of its address; "-" before it turns it round. The index of each is in
# accounts.models, but for `deadline`, which is computed (dispenses.queue.deadlines).
SORTS = {
    "etat": ORDER,
    "nom": Order(("sort_name", "id")),
    "embauche": Order(("hired_on", "sort_name", "id")),
    "echeance": Order(("deadline", "sort_name", "id")),
}
LONGEST = 100  # characters of a filter


@dataclass(frozen=True)
class Filters:
    """What the address asks for, as typed; what means nothing is dropped."""

    q: str = ""
    etat: str = ""
    lien: str = ""
    echeance: str = ""
    du: str = ""
    au: str = ""
    etablissement: str = ""
    categorie: str = ""

    @property
    def any(self) -> bool:
        return bool(self.query)

    @property
    def query(self) -> str:
        """The filters as the end of an address."""
        return urlencode({field.name: value for field in fields(self) if (value := getattr(self, field.name))})


def read_filters(given: QueryDict | str) -> Filters:
    """The filters of an address."""
    values = QueryDict(given) if isinstance(given, str) else given
    read = {field.name: values.get(field.name, "").replace("\0", "").strip()[:LONGEST] for field in fields(Filters)}
    if read["etat"] not in BY_KEY:
        read["etat"] = ""
    if read["lien"] not in LINKS:
        read["lien"] = ""
    if read["echeance"] not in due.labels():
        read["echeance"] = ""
    for name in ("du", "au"):
        read[name] = read[name] if _day(read[name]) else ""
    return Filters(**read)


def read_sort(given: QueryDict) -> str:
    """What an address sorts the list by; "" for the order of what remains to be done."""
    asked = given.get("tri", "")
    return asked if asked.removeprefix("-") in SORTS and asked != "etat" else ""


def order_of(sort: str) -> Order:
    """The order that `read_sort` names."""
    order = SORTS[sort.removeprefix("-") or "etat"]
    return replace(order, descending=True) if sort.startswith("-") else order


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def filtered(employees: QuerySet[Employee], filters: Filters, now: datetime) -> QuerySet[Employee]:
    """The employees that the filters keep."""
    for pattern in searching.patterns(filters.q):
        employees = employees.filter(search__contains=pattern)
    if filters.etat:
        employees = employees.filter(standing=BY_KEY[filters.etat].standing)
    if filters.lien:
        employees = _by_link(employees, filters.lien, now)
    if filters.echeance:
        employees = due.find(employees, filters.echeance, timezone.localdate(now))
    if first := _day(filters.du):
        employees = employees.filter(hired_on__gte=first)
    if last := _day(filters.au):
        employees = employees.filter(hired_on__lte=last)
    if filters.etablissement:
        employees = employees.filter(establishment_siret=filters.etablissement)
    return employees.filter(category=filters.categorie) if filters.categorie else employees


def uninvited() -> Q:
    """Employees whose first invitation waits for the day chosen for an import."""
    invited = Exists(Invitation.objects.filter(employee=OuterRef("pk")))
    return Q(held_import__isnull=False) & ~Q(invited)


def _by_link(employees: QuerySet[Employee], asked: str, now: datetime) -> QuerySet[Employee]:
    """Those who have not activated, by the state of their invitation."""
    invited = employees.filter(standing=Standing.INVITED)
    mine = Invitation.objects.filter(employee=OuterRef("pk"))
    live = mine.filter(revoked_at__isnull=True, expired_at__isnull=True, expires_at__gt=now)
    if asked == "demande":
        return invited.filter(Exists(mine.filter(renewal_requested_at__isnull=False)), ~Exists(live))
    if asked == "jamais":
        return invited.filter(~Exists(mine))
    if asked == "expire":
        return invited.filter(Exists(mine), ~Exists(live))
    return invited.filter(Exists(live.filter(sent_at__lte=now - WAITED)))

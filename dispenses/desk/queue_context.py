"""What the queue's page shows: rows, quick views with their counts, filters in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from dispenses.desk import listing, saved_views
from dispenses.desk.ahead import AHEAD
from dispenses.desk.criteria import AGES, ALL, DUES, LATE, ME, NOBODY, STATUSES, Criteria
from dispenses.desk.listing import COUNTED, Reader
from dispenses.desk.queries import note_counts
from dispenses.desk.rows import row
from dispenses.law import editions
from dispenses.request import permissions
from dispenses.workflow import Status
from portal.lib.typography import NBSP

REVIEWERS = 200
QUICK: tuple[tuple[str, Criteria], ...] = (
    ("À traiter", Criteria()),
    ("En retard", Criteria(echeance=LATE)),
    ("Nouvelles pour moi", Criteria(nouveau="1")),
    ("Les miennes", Criteria(qui=ME)),
    ("À personne", Criteria(qui=NOBODY)),
    ("Complément attendu", Criteria(statut=Status.AWAITING_COMPLEMENT.value)),
    ("Toutes", Criteria(statut=ALL)),
)
AFTERWARDS: tuple[tuple[str, Criteria], ...] = tuple((one.label, Criteria(suite=key)) for key, one in AHEAD.items())


@dataclass(frozen=True)
class Quick:
    label: str
    query: str
    count: str
    current: bool


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address without it."""

    words: str
    without: str


def bounded(count: int) -> str:
    """« 1 000 » at most in figures, then « plus de 1 000 »."""
    thousand = f"1{NBSP}000"
    if count > COUNTED:
        return f"plus de {thousand}"
    return thousand if count == COUNTED else str(count)


def results(criteria: Criteria, reader: Reader, address: Mapping[str, Any]) -> dict[str, Any]:
    """Rows of one page, and how many there are in all."""
    cursor = listing.read_cursor(criteria, str(address.get("apres", "")), str(address.get("avant", "")))
    numbers = listing.searched(criteria, reader) if criteria.q else None
    page = listing.page(criteria, reader, cursor, numbers)
    motifs = {motif.pk: motif.full_label for motif in editions.all_editions()}
    notes = note_counts([values["number"] for values in page.rows])
    total = len(numbers) if numbers is not None else _total(page, criteria, reader)
    return {
        "rows": [row(values, reader, motifs, notes, criteria.ahead) for values in page.rows],
        "page": page,
        "total": total,
        "total_words": bounded(total),
        "too_many": bool(criteria.q) and total >= listing.FOUND,
        "chips": chips(criteria),
    }


def _total(page: listing.Page, criteria: Criteria, reader: Reader) -> int:
    return len(page.rows) if not (page.before or page.after) else listing.counts([criteria], reader)[0]


def around(criteria: Criteria, reader: Reader) -> dict[str, Any]:
    """Quick views, saved views and what the filters offer."""
    views = quick(criteria, reader)
    return {
        "interests": reader.interests,
        "quick": views[: len(QUICK)],
        "afterwards": views[len(QUICK) :],
        "saved": saved_views.views_of(reader.user, criteria),
        "statuses": STATUSES,
        "aheads": {key: one.label for key, one in AHEAD.items()},
        "dues": DUES,
        "ages": AGES,
        "motifs": list({motif.code: motif.full_label for motif in editions.all_editions()}.items()),
        "reviewers": reviewers(reader.user),
    }


def quick(criteria: Criteria, reader: Reader) -> list[Quick]:
    """The views that everybody has, QUICK then AFTERWARDS; « Toutes » is not counted."""
    views = (*QUICK, *AFTERWARDS)
    counted = [wanted for _, wanted in views if wanted.statut != ALL]
    found = dict(zip(counted, listing.counts(counted, reader), strict=True))
    return [
        Quick(label, wanted.query, bounded(found[wanted]) if wanted in found else "", wanted == criteria)
        for label, wanted in views
    ]


def reviewers(but: User) -> list[tuple[str, str]]:
    """Other people who examine requests, by name."""
    names = permissions.reviewers().exclude(pk=but.pk).values_list("pk", "first_name", "last_name")[:REVIEWERS]
    return [(str(pk), f"{first} {last}") for pk, first, last in names]


def chips(criteria: Criteria) -> list[Chip]:
    """The filters in force in words; the status is left to the quick views unless it is a rare one."""
    motifs = {motif.code: motif.full_label for motif in editions.all_editions()}
    words = {
        "q": f"Recherche{NBSP}: {criteria.q}",
        "statut": f"Statut{NBSP}: {STATUSES.get(criteria.statut, '')}",
        "suite": criteria.ahead.label if criteria.ahead else "",
        "echeance": DUES.get(criteria.echeance, ""),
        "age": AGES.get(criteria.age, ""),
        "motif": f"Motif{NBSP}: {motifs.get(criteria.motif, criteria.motif)}",
        "employeur": f"Employeur{NBSP}: {criteria.employeur}",
        "qui": {ME: "À moi", NOBODY: "À personne"}.get(criteria.qui, "À une autre personne"),
        "nouveau": "Nouvelles depuis ma dernière visite",
        "envoyee_du": f"Envoyée à partir du {_day(criteria, 'envoyee_du')}",
        "envoyee_au": f"Envoyée jusqu’au {_day(criteria, 'envoyee_au')}",
    }
    return [Chip(words[name], criteria.but(**{name: ""}).query) for name, _ in criteria.pairs]


def _day(criteria: Criteria, name: str) -> str:
    day = criteria.day(name)
    return f"{day:%d/%m/%Y}" if day else ""

"""The menu of the centre's pages: what each member may open, the page that is shown marked."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    current: bool


ENTRIES: tuple[tuple[str, str, str, str], ...] = (
    ("dispenses.view_dispense", "Ma journée", "index", ""),
    ("dispenses.view_dispense", "Demandes", "dispenses_dispense_changelist", "dispenses_dispense_"),
    ("dispenses.view_question", "Questions", "dispenses_question_changelist", "dispenses_question_"),
    ("dispenses.view_pictures", "Chiffres", "dispenses_dispense_chiffres", ""),
    ("dispenses.view_consultations", "Journal", "dispenses_dispense_journal", ""),
    ("accounts.view_journalentry", "Journal d’administration", "accounts_journalentry_changelist", ""),
)
"""Right, words, name of the page, how the names of the pages around it begin ("": it alone)."""


def entries(request: HttpRequest) -> list[Entry]:
    """What the reader may open, in the order of the menu; empty when nothing is worth a menu."""
    match = request.resolver_match
    name = (match.url_name or "") if match else ""
    alone = {page for _, _, page, around in ENTRIES if not around}
    found = []
    for right, label, page, around in ENTRIES:
        if request.user.has_perm(right):
            current = name == page or bool(around and name.startswith(around) and name not in alone)
            found.append(Entry(label, reverse(f"admin:{page}"), current))
    return found

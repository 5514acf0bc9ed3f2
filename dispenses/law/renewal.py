"""Motifs that the portal words anew: a database that holds the former wording gets a new edition of each.

What an administrator worded is never touched, nor what a request was signed with: `FORMER` tells an edition as it was
shipped by what it says. A draft goes on under the new edition, nothing of it is signed yet.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from dispenses.law import editing, editions
from dispenses.law.cases import MotifEntry
from dispenses.law.catalogue import CATALOGUE
from dispenses.models import Dispense, Motif, RequiredJustificatif
from dispenses.workflow import Status

FORMER: dict[str, str] = {
    "conjoint": "69e15c4050702934",
    "multi_employeur": "b0934d20078dafe1",
    "alsace_moselle": "ac286e3abf9bd0f9",
    "camieg": "699c698eb4a771a2",
    "fonction_publique": "5556e609bb664817",
    "madelin": "034b32bf7bc6289d",
    "individuelle": "199975740178cce8",
    "c2s": "2b11ace4004bba19",
    "cdd_12_mois_et_plus": "5b3a98273d696cb3",
    "cdd_moins_12_mois": "88dcae014f745bd1",
    "contrat_court": "a0f9d8c71f8f91c5",
}
"""By code, the fingerprint of the edition that was shipped before the present one."""

WORDED = ("label", "help_text", "declaration", "legal_basis", "contract_types", "extra_fields")


@dataclass(frozen=True)
class Renewed:
    """How many motifs got a new edition, and how many drafts go on under it."""

    editions: int
    drafts: int


def fingerprint(edition: Motif | MotifEntry) -> str:
    """What tells an edition by what it says: sixteen hexadecimal digits."""
    said = [
        *(edition.label, edition.help_text, edition.declaration, edition.legal_basis),
        *(sorted(edition.contract_types), list(edition.extra_fields)),
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]


@transaction.atomic
def renew(today: date) -> Renewed:
    """Give a new edition, in force from `today`, to each motif that still says what was shipped before."""
    renewed, drafts = 0, 0
    for position, entry in enumerate(CATALOGUE):
        Motif.objects.filter(code=entry.code.value).exclude(position=position).update(position=position)
        last = Motif.objects.filter(code=entry.code.value, in_force_until__isnull=True).first()
        if last is None or fingerprint(last) != FORMER.get(entry.code.value):
            continue
        if last.in_force_from and last.in_force_from >= today:
            continue  # it has not begun, or begins today: tomorrow
        edition = editing.new_edition(motif=last, starts_on=today)
        _word(edition, entry)
        drafts += Dispense.objects.filter(motif=last, status=Status.DRAFT.value).update(motif=edition)
        renewed += 1
    editions.forget()
    return Renewed(renewed, drafts)


def _word(edition: Motif, entry: MotifEntry) -> None:
    """Say in `edition` what the catalogue says, documents included; those kept of the former keep their codes."""
    for name in WORDED:
        value = getattr(entry, name)
        setattr(edition, name, list(value) if isinstance(value, tuple) else value)
    edition.save(update_fields=WORDED)
    for piece in entry.pieces:
        RequiredJustificatif.objects.filter(motif=edition, code=piece.code).update(
            label=piece.label, help_text=piece.help_text
        )

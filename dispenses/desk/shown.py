"""What the page of a request shows, whoever reads it: documents, declarations, acte. Its decisions are in views.py."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from dispenses import reading, rules
from dispenses.desk import queries
from dispenses.models import Dispense


def around(dispense: Dispense) -> dict[str, Any]:
    """Context of the fragments of `admin/dispenses/dispense/demande/`, but for that of the decisions."""
    pieces = reading.pieces(dispense, sent_only=True)
    queries.mark_same_files(dispense)
    declarations = list(dispense.declarations.all())
    return {
        "dispense": dispense,
        "pieces": [piece for piece in pieces if piece.required or piece.files],
        "missing": [piece for piece in pieces if piece.required and not piece.files],
        "declaration": declarations[-1] if declarations else None,
        "earlier": declarations[-2::-1],
        "acte": rules.acte_in_force(dispense.employee.employer.actes.all(), timezone.localdate(dispense.submitted_at)),
        "antivirus": bool(settings.PORTAL_CLAMD),
    }

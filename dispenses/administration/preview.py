"""What an employee will see of an edition: the wizard's own fragments and the declaration, saved or not."""

from typing import Any

from dispenses.law.situation import Proof
from dispenses.member.forms import PrecisionsForm
from dispenses.member.motifs import Offer, Open
from dispenses.member.upload import accepted, asked
from dispenses.models import Dispense, Motif, RequiredJustificatif
from dispenses.request import contents


def preview(motif: Motif, pieces: list[RequiredJustificatif]) -> dict[str, Any]:
    """Values of the preview's template, for an edition as it is in memory with these documents."""
    motif._prefetched_objects_cache = {"required_justificatifs": _Listed(pieces)}  # type: ignore[attr-defined]
    shown = Dispense(motif=motif)
    shown.acte_of_its_day = None
    states = contents.pieces(shown, joined=[])
    proofs = tuple(Proof(piece.code, piece.label, piece.by_law, recommended=False) for piece in pieces)
    return {
        "motif": motif,
        "sections": Offer([Open(motif, (), proofs)]).sections,
        "form": PrecisionsForm(motif=motif, raw={}),
        "pieces": tuple(asked(piece, {}) for piece in states),
        "limits": accepted(),
        "declaration": contents.declaration_text(shown),
    }


class _Listed(list[RequiredJustificatif]):
    """Documents in hand, where a relation is expected."""

    def all(self) -> list[RequiredJustificatif]:
        return list(self)

"""What an employee will see of an edition: the wizard's own fragments and the declaration, saved or not."""

from typing import Any

from dispenses.member.forms import MotifForm, PrecisionsForm
from dispenses.member.upload import accepted, asked
from dispenses.models import Dispense, Motif, RequiredJustificatif
from dispenses.request import contents


def preview(motif: Motif, pieces: list[RequiredJustificatif]) -> dict[str, Any]:
    """Values of the preview's template, for an edition as it is in memory with these documents."""
    motif._prefetched_objects_cache = {"required_justificatifs": _Listed(pieces)}  # type: ignore[attr-defined]
    shown = Dispense(motif=motif)
    shown.acte_of_its_day = None
    states = contents.pieces(shown, joined=[])
    return {
        "motif": motif,
        "sections": MotifForm(motifs=[motif], initial={"motif": motif.code, "famille": motif.family}).sections(),
        "form": PrecisionsForm(motif=motif, raw={}),
        "pieces": tuple(asked(piece, {}) for piece in states),
        "limits": accepted(),
        "declaration": contents.declaration_text(shown),
    }


class _Listed(list[RequiredJustificatif]):
    """Documents in hand, where a relation is expected."""

    def all(self) -> list[RequiredJustificatif]:
        return list(self)

"""The editions of the motifs and of the employers' actes, as pages read them: kept a moment in each process.

They seldom change. What is decided or signed is read from the database, never from here: see dispenses.request.
"""

from accounts.models import Acte
from dispenses.models import Dispense, Motif
from portal.lib.kept import Reading, kept

KEPT_SECONDS = 10.0
KEPT_EMPLOYERS = 2000


def all_editions() -> Reading[Motif]:
    """Every edition with its documents, in the order of the guide; to read only: several requests share them."""
    return _editions()


def with_motif(dispense: Dispense) -> Dispense:
    """The same request, its motif and the documents that it asks for already in hand."""
    if dispense.motif_id and (motif := next((one for one in _editions() if one.pk == dispense.motif_id), None)):
        dispense.motif = motif
    return dispense


@kept(seconds=KEPT_SECONDS, most=KEPT_EMPLOYERS)
def actes_of(employer: int) -> Reading[Acte]:
    """Every version of the employer's acte; to read only: several requests share them."""
    return Reading(Acte.objects.filter(employer=employer))


def forget() -> None:
    """Read the motifs again at the next page."""
    _editions.forget()


@kept(seconds=KEPT_SECONDS)
def _editions() -> Reading[Motif]:
    return Reading(Motif.objects.prefetch_related("required_justificatifs"))

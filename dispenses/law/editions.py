"""The editions of the motifs and of the employers' actes, as pages read them: kept a moment in each process.

They seldom change. What is decided or signed is read from the database, never from here: see dispenses.request.
"""

from accounts.models import Acte
from dispenses.models import Dispense, Motif
from portal.lib.kept import kept

KEPT_SECONDS = 10.0
KEPT_EMPLOYERS = 2000


def all_editions() -> list[Motif]:
    """Every edition with its documents, in the order of the guide; to read only: several requests share them."""
    return list(_editions().values())


def with_motif(dispense: Dispense) -> Dispense:
    """The same request, its motif and the documents that it asks for already in hand."""
    if dispense.motif_id and (motif := _editions().get(dispense.motif_id)):
        dispense.motif = motif
    return dispense


@kept(seconds=KEPT_SECONDS, most=KEPT_EMPLOYERS)
def actes_of(employer: int) -> list[Acte]:
    """Every version of the employer's acte; to read only: several requests share them."""
    return list(Acte.objects.filter(employer=employer))


def forget() -> None:
    """Read the motifs again at the next page."""
    _editions.forget()


@kept(seconds=KEPT_SECONDS)
def _editions() -> dict[int, Motif]:
    return {motif.pk: motif for motif in Motif.objects.prefetch_related("required_justificatifs")}

"""What the lists of a pack say of each dispense: kept in files while it is prepared, sorted by name at the end."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from dispenses.packs.contents import acte_label, kept
from dispenses.packs.proofs import Proof
from portal.lib import searching
from portal.lib.cells import Value, cell

INDEX = (
    "Dispense", "Matricule", "Nom", "Prénom", "Motif", "Fondement", "Demandée le", "Décidée le", "Fin", "Statut",
    "Acte à la date de la déclaration", "Preuves conservées", "Déclarations", "Documents joints", "Manques",
)  # fmt: skip
MISSING = ("Dispense", "Matricule", "Nom", "Prénom", "Manque", "Précision", "Du", "Au")
EXPOSURE = ("Matricule", "Nom", "Prénom", "Mois sans preuve (1,5 fois)", "Mois hors cas de dispense (3 fois)")


@dataclass(frozen=True)
class Line:
    """One line of one list (`name`: index, missing or exposure)."""

    name: str
    cells: list[Any]

    def dump(self) -> bytes:
        return json.dumps([self.name, self.cells], ensure_ascii=False).encode() + b"\n"


def of_employee(proofs: Iterable[Proof], months: tuple[int, int]) -> Iterator[Line]:
    """Lines of one employee. `months`: those counted at 1.5 and at 3 times."""
    who: list[str] = []
    for proof in proofs:
        dispense = proof.dispense
        who = [dispense.employee.matricule, dispense.employee.last_name, dispense.employee.first_name]
        yield Line("index", [dispense.number, *who, *_of_dispense(proof)])
        for missing in proof.missing:
            span = [_day(day) for day in missing.span] if missing.span else ["", ""]
            yield Line("missing", [dispense.number, *who, missing.kind.label, missing.detail, *span])
    if any(months):
        yield Line("exposure", [*who, *months])


def _of_dispense(proof: Proof) -> list[Any]:
    dispense, motif = proof.dispense, proof.dispense.motif
    return [
        proof.named(motif.full_label) if motif else "",
        proof.basis(motif.legal_basis) if motif else "",
        _day(proof.first_day),
        _day(dispense.decided_at),
        _day(proof.last_day),
        dispense.get_status_display(),
        acte_label(proof.acte),
        kept(proof),
        len(dispense.declarations.all()),
        sum(1 for file in dispense.justificatifs.all() if file.sent_at),
        " · ".join(dict.fromkeys(missing.kind.label for missing in proof.missing)),
    ]


def _day(value: Any) -> str:
    return str(cell(value))[:10]


class Lists:
    """The lines gathered in `spool`, given back by list and by name. Memory: a name and a place for each line."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        self._places: dict[str, list[tuple[str, int, int]]] = {"index": [], "missing": [], "exposure": []}

    def take(self, line: Line) -> None:
        """Copy a line."""
        at = self._spool.tell()
        self._spool.write(line.dump())
        places = self._places[line.name]
        places.append((_sort_key(line.name, line.cells), len(places), at))

    def rows(self, name: str) -> Iterator[list[Value]]:
        """Cells of the list `name`, sorted by name of employee."""
        for _, _, at in sorted(self._places[name]):
            self._spool.seek(at)
            yield json.loads(self._spool.readline())[1]

    def count(self, name: str) -> int:
        return len(self._places[name])


def _sort_key(name: str, cells: list[Any]) -> str:
    who = cells[1:3] if name == "exposure" else cells[2:4]
    return searching.sort_key(*map(str, who))

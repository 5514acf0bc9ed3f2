"""What the acte of a new employer says of the dispenses that a transfer brings: counted before, listed after."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from django.db.models import Count, Q, QuerySet

from accounts.exceptions import AlreadyPreAffiliated
from accounts.models import Acte, Employer
from accounts.services.transferring import refuse_twin
from dispenses.law.assessment import acte_against
from dispenses.law.codes import MotifCode
from dispenses.law.rules import acte_for
from dispenses.life.transfer_scope import carried, passed, passing, with_twins
from dispenses.models import Dispense, Motif, Transfer
from dispenses.queue.speaking import in_force
from dispenses.workflow import SENT_OPEN, Status

SHOWN = 200
OF_A_SET_UP = {MotifCode.PRESENT_AVANT_DUE, MotifCode.ACTE_1_PRESENT}
SET_UP_ELSEWHERE = (
    "Ce motif tient à la mise en place de la couverture chez l’ancien employeur\xa0: à revoir avec l’acte du nouveau."
)
NO_ACTE = "Le portail ne connaît aucun acte du nouvel employeur à cette date."


@dataclass
class MotifLine:
    """A motif of the dispenses that pass: how many, of which `to_look` want a look, and the reasons of it."""

    label: str
    basis: str
    count: int = 0
    to_look: int = 0
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Preview:
    """What a transfer would do. `stay`: full name, matricule, reason of the first ones who would not pass."""

    people: int
    invited: int
    staying: int
    stay: list[tuple[str, str, str]]
    motifs: list[MotifLine]
    over_since: int
    open_requests: int
    drafts: int

    @property
    def dispenses(self) -> int:
        return sum(line.count for line in self.motifs)

    @property
    def to_look(self) -> int:
        return sum(line.to_look for line in self.motifs)


def preview(former: Employer, new: Employer, day: date, establishment: str) -> Preview:
    """What the transfer would do today. Nothing is written."""
    people = passing(former, day, establishment)
    twins = with_twins(people, new, day)
    moving = people.exclude(pk__in=twins.values("pk"))
    requests = Dispense.objects.filter(carried(day), employee__in=moving)
    return Preview(
        people=moving.count(),
        invited=moving.filter(user__isnull=True).count(),
        staying=twins.count(),
        stay=list(_reasons(former, new, day, establishment)),
        motifs=_motifs(new, day, requests.filter(status=Status.ACCEPTED.value)),
        over_since=requests.filter(status=Status.ENDED.value).count(),
        open_requests=requests.filter(status__in=SENT_OPEN).count(),
        drafts=requests.filter(status=Status.DRAFT.value).count(),
    )


def _reasons(former: Employer, new: Employer, day: date, establishment: str) -> Iterator[tuple[str, str, str]]:
    twins = with_twins(passing(former, day, establishment), new, day).order_by("sort_name", "pk")
    for employee in twins[:SHOWN]:
        try:
            refuse_twin(employee, new, day)
        except AlreadyPreAffiliated as refusal:
            yield employee.full_name, employee.matricule, str(refusal)


def _motifs(new: Employer, day: date, requests: QuerySet[Dispense]) -> list[MotifLine]:
    """One line for each motif, whatever its edition, with what the acte of that day has against it."""
    actes = list(Acte.objects.filter(employer=new))
    motifs = {motif.pk: motif for motif in Motif.objects.all()}
    grouped = requests.order_by().values_list("motif", "hired_on")
    lines: dict[str, MotifLine] = {}
    for motif_id, hired_on, count in grouped.annotate(count=Count("pk")):
        motif = motifs[motif_id]
        line = lines.setdefault(motif.code, MotifLine(motif.label, motif.legal_basis))
        line.count += count
        if why := against(motif, actes, day, hired_on):
            line.to_look += count
            if why not in line.reasons:
                line.reasons.append(why)
    return sorted(lines.values(), key=lambda line: line.label)


def against(motif: Motif, actes: list[Acte], day: date, hired_on: date | None) -> str:
    """Why a dispense of this motif wants a look under the actes of the new employer, "" when it does not."""
    if motif.code in OF_A_SET_UP:
        return SET_UP_ELSEWHERE
    acte = acte_for(actes, day=day, hired_on=None)
    reason = acte_against(motif, hired_on=hired_on or day, acte=acte)
    if reason is None:
        return ""
    return reason.words if acte else NO_ACTE


def to_look_at(transfer: Transfer, today: date, closed: Q | None = None) -> tuple[int, list[tuple[Dispense, str]]]:
    """The dispenses in force that passed and that the acte of the new employer does not open, but the `closed` ones.

    How many, and the first SHOWN with the reason: of the others nothing but the motif and the hire is read.
    """
    actes = list(Acte.objects.filter(employer=transfer.new_id))
    resting = passed(transfer).filter(in_force(today), motif__isnull=False)
    if closed:
        resting = resting.exclude(closed)
    kinds = list(resting.order_by().values_list("motif", "hired_on").annotate(count=Count("pk")))
    motifs = Motif.objects.in_bulk({motif for motif, _, _ in kinds})
    reasons = {(motif, hired): against(motifs[motif], actes, transfer.day, hired) for motif, hired, _ in kinds}
    count = sum(many for motif, hired, many in kinds if reasons[motif, hired])
    keys = resting.values_list("pk", "motif", "hired_on").iterator()
    first = list(islice((pk for pk, *kind in keys if reasons[kind[0], kind[1]]), SHOWN)) if count else []
    rows = passed(transfer).filter(pk__in=first)
    return count, [(one, reasons[one.motif_id, one.hired_on]) for one in rows]

"""What the acte of a new employer says of the dispenses that a transfer brings: counted before, listed after."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.exceptions import AlreadyPreAffiliated
from accounts.models import Acte, Employer
from accounts.services.transferring import refuse_twin
from dispenses.law.assessment import acte_against
from dispenses.law.codes import MotifCode
from dispenses.law.rules import acte_for
from dispenses.life.transfer_scope import carried, passed, passing, with_twins
from dispenses.models import Dispense, LifeStep, Motif, Transfer
from dispenses.request import looks
from dispenses.workflow import SENT_OPEN, Status

SHOWN = 200
BATCH = 2000
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
        line = lines.setdefault(motif.code, MotifLine(motif.full_label, motif.legal_basis))
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


def record(transfer: Transfer, today: date) -> int:
    """Have the dispenses that it brought, and that are there still, want a second look, or no more. How many changed.

    As the acte of its day says now: what the centre has looked at already does not come back.
    """
    actes = list(Acte.objects.filter(employer=transfer.new_id))
    came = Dispense.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=today),
        transfers__transfer=transfer,
        employee__employer=transfer.new_id,
        employee__transferred_on=transfer.day,
        status=Status.ACCEPTED.value,
    )
    motifs = Motif.objects.in_bulk({*came.order_by().values_list("motif", flat=True).distinct()})
    looked = LifeStep.objects.filter(dispense=OuterRef("pk"), step=looks.LOOKED_TRANSFER, target=transfer.day)
    found = came.order_by().annotate(looked=Exists(looked))
    wanted: list[int] = []
    settled: list[int] = []
    for pk, motif, hired_on, known, seen in found.values_list(
        "pk", "motif", "hired_on", "look_transfer_on", "looked"
    ).iterator():
        is_wanted = not seen and bool(motif and against(motifs[motif], actes, transfer.day, hired_on))
        if is_wanted != (known == transfer.day):
            (wanted if is_wanted else settled).append(pk)
    return _write(wanted, transfer.day) + _write(settled, None)


def _write(numbers: list[int], day: date | None) -> int:
    """That cause, in batches, on those of these dispenses that are granted still."""
    pieces = (numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH))
    rows = (Dispense.objects.filter(pk__in=piece, status=Status.ACCEPTED.value) for piece in pieces)
    return sum(some.update(**looks.moved_in_rows(look_transfer_on=day)) for some in rows)


def to_look_at(transfer: Transfer, closed: Q | None = None) -> tuple[int, list[tuple[Dispense, str]]]:
    """The dispenses that it brought and that want a second look because of it, but the `closed` ones.

    How many, and the first SHOWN with the reason.
    """
    actes = list(Acte.objects.filter(employer=transfer.new_id))
    rows = passed(transfer).filter(looks.WANTED, employee__employer=transfer.new_id, look_transfer_on=transfer.day)
    rows = rows.exclude(closed) if closed else rows
    shown = [(one, against(one.motif, actes, transfer.day, one.hired_on)) for one in rows[:SHOWN]]
    return rows.count() if len(shown) == SHOWN else len(shown), shown

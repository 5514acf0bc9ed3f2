"""What proves each granted dispense of an employer over a period, and what it lacks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from accounts.models import Acte
from dispenses.enums import EndCause, Lack, MotifFamily, Opening, ScanStatus, Yearly
from dispenses.law import rules
from dispenses.law.assessment import is_opened_by_acte
from dispenses.law.rules import Span
from dispenses.law.yearly import asked_by
from dispenses.models import Dispense, Justificatif, LegalHold, TransferredDispense
from dispenses.queue.transferred import as_left, histories, is_touched
from dispenses.request import retention
from dispenses.workflow import Status
from portal.lib.dates import end_of_day, start_of_day

WITHHELD = "pièce conservée par l’assureur"
PIECES = "motif__required_justificatifs"
READ = (PIECES, "declarations__signed_by", "justificatifs", "events")


@dataclass(frozen=True)
class Missing:
    """One thing that a dispense lacks, in words; `span`: the days of the period for which it counts, if any."""

    kind: Lack
    detail: str
    span: Span | None = None


@dataclass(frozen=True)
class Proof:
    """One granted dispense over the period. `last_day` is None while its end is unknown.

    `arrived_on`: the first day that concerns the employer, when the contract came from another.
    `withheld`: the employer's acte has it that its pack neither names the motif nor holds its documents.
    """

    dispense: Dispense
    first_day: date
    last_day: date | None
    acte: Acte | None
    kept_until: date | None
    withheld: bool = False
    missing: list[Missing] = field(default_factory=list)
    arrived_on: date | None = None

    def named(self, label: str) -> str:
        """What the pack calls the motif, whose `label` is given: it, or what may be said of a motif withheld."""
        if not self.withheld or not self.dispense.motif:
            return label
        de_droit = self.dispense.motif.opening == Opening.DROIT
        return f"{'Motif de droit' if de_droit else 'Motif ouvert par l’acte'}, {WITHHELD}"

    def basis(self, article: str) -> str:
        """The `article` that the pack quotes, short of telling the case of a motif withheld."""
        if not self.withheld or not self.dispense.motif:
            return article
        return LEAST_BASIS[Opening(self.dispense.motif.opening)]


LEAST_BASIS = {
    Opening.DROIT: "Code de la sécurité sociale, art. D911-2",
    Opening.ACTE: "Code de la sécurité sociale, art. R242-1-6",
}


@dataclass(frozen=True)
class Frame:
    """What one examination is about: the period, cut at the day of the asking, the actes and the holds."""

    first: date
    last: date
    actes: Sequence[Acte]
    holds: frozenset[int | None]  # numbers of requests held, None for all of them
    employer_id: int = 0
    touched: bool = False  # whether a transfer brought requests to the employer, or took some away

    @classmethod
    def of(cls, employer_id: int, *, first: date, last: date, today: date) -> "Frame":
        actes = list(Acte.objects.filter(employer=employer_id).order_by("in_force_from", "pk"))
        holds = frozenset(LegalHold.current(employer_id).values_list("dispense_id", flat=True))
        return cls(first, min(last, today), actes, holds, employer_id, is_touched(employer_id))


def granted(employer_id: int, first: date, last: date) -> QuerySet[Any]:
    """Dispenses granted by the centre that cover a day of the period, or that were left open past their end.

    With `owner`, the key of the employer's own row of the employee: of a request that passed to another employer since,
    the former row. What came from another employer after the period is left out.
    """
    after, from_ = end_of_day(last), start_of_day(first)
    over = Q(status=Status.ENDED.value, status_at__gte=from_) & (Q(ends_on__isnull=True) | Q(ends_on__gte=first))
    rows = Dispense.objects.filter(Q(status=Status.ACCEPTED.value) | over, submitted_at__lt=after)
    if not is_touched(employer_id):
        return rows.filter(employee__employer=employer_id).annotate(owner=F("employee_id"))
    passed = TransferredDispense.objects.filter(former__employer=employer_id, day__gt=first, dispense=OuterRef("pk"))
    to_come = TransferredDispense.objects.filter(transfer__new=employer_id, day__gt=last, dispense=OuterRef("pk"))
    mine = Q(~Exists(to_come), employee__employer=employer_id)
    own = Case(
        When(employee__employer=employer_id, then=F("employee_id")),
        default=Subquery(passed.order_by("-day").values("former")[:1]),
        output_field=BigIntegerField(),
    )
    return rows.filter(mine | Q(Exists(passed))).annotate(owner=own)


def by_employee(dispenses: QuerySet[Any], frame: Frame) -> Iterator[list[Proof]]:
    """The proofs of each employee, in the order of ids; the rows are read at once: give a batch of `granted`."""
    read: tuple[Any, ...] = (PIECES, *histories(frame.employer_id)) if frame.touched else READ
    rows = list(dispenses.select_related("employee", "motif").prefetch_related(*read).order_by("owner", "number"))
    arrivals = _as_the_employer_knows(rows, frame) if frame.touched else {}
    for _, found in groupby(rows, key=lambda dispense: dispense.employee_id):
        yield _examined(list(found), frame, arrivals)


def _as_the_employer_knows(rows: list[Dispense], frame: Frame) -> dict[int, date]:
    """Have those that passed to another employer, and had not come back on the last day, end with the eve.

    Returns the first day of those that began elsewhere, by number.
    """
    passages = TransferredDispense.objects.filter(dispense__in=rows).select_related("former", "transfer")
    left: dict[int, TransferredDispense] = {}
    began: dict[int, date | None] = {}
    for passage in passages.order_by("day"):
        if passage.former.employer_id == frame.employer_id:
            left[passage.dispense_id] = passage
            began.setdefault(passage.dispense_id, None)
        if passage.transfer.new_id == frame.employer_id:
            began.setdefault(passage.dispense_id, passage.day)
            if passage.day <= frame.last:
                left.pop(passage.dispense_id, None)
    for row in rows:
        passed = left.get(row.number)
        if passed and (row.employee.employer_id != frame.employer_id or passed.day <= frame.last):
            as_left(row, passed)
    return {number: day for number, day in began.items() if day}


def _examined(dispenses: list[Dispense], frame: Frame, arrivals: Mapping[int, date]) -> list[Proof]:
    signed = [timezone.localdate(d.signed_at) for dispense in dispenses for d in dispense.declarations.all()]
    ends = [retention.last_day(dispense) for dispense in dispenses]
    proofs = []
    for dispense, last_day in zip(dispenses, ends, strict=True):
        proof = _proof(dispense, last_day, frame, arrivals.get(dispense.number))
        proof.missing.extend(_lacks(proof, signed, frame))
        left_free = dispense.status == Status.ENDED and dispense.end_cause != EndCause.DEPARTURE
        if last_day is not None and _is_left(last_day, ends, frame) and left_free:
            detail = f"Finie le {last_day:%d/%m/%Y}\xa0: le portail ne sait pas si le salarié a été affilié depuis."
            proof.missing.append(Missing(Lack.NOT_SHOWN_AFFILIATED, detail))
        proofs.append(proof)
    return proofs


def _is_left(last_day: date, ends: list[date | None], frame: Frame) -> bool:
    """Whether the period goes on after `last_day` without another dispense."""
    return last_day < frame.last and all(end is not None and end <= last_day for end in ends)


def _proof(dispense: Dispense, last_day: date | None, frame: Frame, arrived_on: date | None) -> Proof:
    first_day = timezone.localdate(dispense.submitted_at)
    signed = [timezone.localdate(declaration.signed_at) for declaration in dispense.declarations.all()]
    bound_on = max(min(signed, default=first_day), arrived_on or first_day)
    acte = rules.acte_for(frame.actes, day=bound_on, hired_on=dispense.hired_on)
    return Proof(
        dispense=dispense,
        first_day=first_day,
        last_day=last_day,
        acte=acte,
        withheld=_is_withheld(dispense, acte, rules.acte_in_force(frame.actes, frame.last)),
        kept_until=retention.kept_until(
            dispense, received=max([first_day, *signed]), held=None in frame.holds or dispense.number in frame.holds
        ),
        arrived_on=arrived_on,
    )


def _is_withheld(dispense: Dispense, *actes: Acte | None) -> bool:
    """Whether one of these versions, that of the declaration or that of the pack, keeps C2S from the employer."""
    solidarity = dispense.motif is not None and dispense.motif.family == MotifFamily.SOLIDAIRE
    return solidarity and any(acte.withholds_c2s for acte in actes if acte)


def _lacks(proof: Proof, signed: list[date], frame: Frame) -> Iterator[Missing]:
    first = max(proof.first_day, frame.first, proof.arrived_on or frame.first)
    last = min(proof.last_day or frame.last, frame.last)
    if first <= last:
        yield from _formal(proof, (first, last), signed)
        yield from _of_acte(proof, (first, last))
    if proof.dispense.status == Status.ACCEPTED and proof.last_day is not None and proof.last_day < frame.last:
        late = (max(frame.first, proof.last_day + timedelta(days=1)), frame.last)
        yield Missing(Lack.PAST_END, f"Devait finir le {proof.last_day:%d/%m/%Y}.", late)
    yield from _cancelled_ends(proof.dispense)
    yield from _of_files(proof.dispense)


def _cancelled_ends(dispense: Dispense) -> Iterator[Missing]:
    """Spans during which the portal held for ended a dispense that the centre brought back."""
    over_at: datetime | None = None
    for event in sorted(dispense.events.all(), key=lambda event: (event.at, event.pk)):
        if event.transition == "end":
            over_at = event.at
        elif event.transition == "reinstate" and over_at:
            first, last = timezone.localdate(over_at), timezone.localdate(event.at)
            detail = f"Tenue pour finie du {first:%d/%m/%Y} au {last:%d/%m/%Y}, puis rétablie par le centre."
            yield Missing(Lack.END_CANCELLED, detail, (first, last))
            over_at = None


def _formal(proof: Proof, span: Span, signed: list[date]) -> Iterator[Missing]:
    dispense = proof.dispense
    if not dispense.declarations.all():
        yield Missing(Lack.DECLARATION, "La demande n’a pas de déclaration signée.", span)
    sent = [file for file in dispense.justificatifs.all() if file.sent_at]
    lowered = proof.acte.recommended_pieces if proof.acte else []
    for piece in dispense.motif.required_justificatifs.all() if dispense.motif else []:
        if rules.is_recommended(piece, motif=dispense.motif.code if dispense.motif else "", lowered=lowered):
            continue
        files = [file for file in sent if file.piece == piece.code]
        if not any(_stands(file) for file in files):
            why = "jamais joint" if not files else "fichier introuvable ou mis à l’écart"
            label = "Document demandé" if proof.withheld else piece.label
            yield Missing(Lack.PIECE, f"{label}\xa0: {why}.", span)
    if dispense.motif and asked_by(dispense.motif, proof.acte) is Yearly.LAW and signed:
        for gap in rules.unproved(span, signed):
            detail = f"Aucune preuve de moins d’un an du {gap[0]:%d/%m/%Y} au {gap[1]:%d/%m/%Y}."
            yield Missing(Lack.YEARLY, detail, gap)


def _of_acte(proof: Proof, span: Span) -> Iterator[Missing]:
    motif, hired_on = proof.dispense.motif, proof.dispense.hired_on
    if proof.acte is None:
        yield Missing(Lack.NO_ACTE, "Le portail ne connaît aucun acte de l’employeur à cette date.")
    if motif and hired_on and not is_opened_by_acte(motif, hired_on=hired_on, acte=proof.acte):
        detail = f"{proof.named(motif.full_label)} ({proof.basis(motif.legal_basis)})."
        yield Missing(Lack.NOT_OPENED, detail, span)


def _stands(file: Justificatif) -> bool:
    return not file.is_infected and file.missing_since is None


def _of_files(dispense: Dispense) -> Iterator[Missing]:
    for file in dispense.justificatifs.all():
        if not file.sent_at:
            continue
        if file.is_infected:
            yield Missing(Lack.FILE_INFECTED, f"Document n°{file.pk}.")
        elif file.missing_since:
            yield Missing(Lack.FILE_LOST, f"Document n°{file.pk}.")
        elif not file.is_released:
            state = ScanStatus(file.scan_status).label
            yield Missing(Lack.FILE_NOT_SCANNED, f"Document n°{file.pk}\xa0: {state.lower()}.")

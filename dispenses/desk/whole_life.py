"""An employee's whole life at an employer: dated facts, each request with its days, days without a dispense.

Read in a number of queries that does not depend on it. The page and its picture are in life_page.py.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter

from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from accounts.enums import InvitationState
from accounts.models import Acte, Employee, Invitation
from accounts.states import BY_STANDING, Standing
from dispenses.enums import EndCause
from dispenses.law.rules import Span
from dispenses.models import Dispense, Justificatif, TimelineEvent
from dispenses.queue.transferred import as_left, histories, passed_from
from dispenses.request.eligibility import GRANTED
from dispenses.request.permissions import desk_dispenses
from dispenses.workflow import STATUSES, Status
from portal.lib.dates import ONE_DAY
from portal.lib.typography import NBSP, long_day

AFFILIATED = BY_STANDING[Standing.AFFILIATED].badge.label
CONFIRM = "confirm"  # the transition of a yearly confirmation


@dataclass(frozen=True)
class Fact:
    """Something dated. `number`: the request that it is about, 0 for none; `mark`: its short name in the picture."""

    day: date
    words: str
    icon: str = "info"
    number: int = 0
    mark: str = ""


@dataclass(frozen=True)
class Gap:
    """Days at work without a dispense, `last` included, None while they go on."""

    first: date
    last: date | None
    affiliated: bool

    @property
    def words(self) -> str:
        said = "affiliation déclarée par l’employeur" if self.affiliated else "affiliation due"
        return f"Sans dispense {between(self.first, self.last)}{NBSP}: {said}"


@dataclass(frozen=True)
class Asked:
    """One request: the days of its dispense, which is None when none was granted, or those of its examination."""

    dispense: Dispense
    granted: bool
    first: date
    last: date | None
    confirmed_on: tuple[date, ...]
    documents: tuple[str, ...] = ()

    @property
    def motif(self) -> str:
        return self.dispense.motif.full_label if self.dispense.motif else ""

    @property
    def period(self) -> str:
        """The days in words, as they stand."""
        if not self.granted:
            return f"Examinée {between(self.first, self.last)}"
        open_end = "" if self.last else ", sans date de fin"
        return f"Dispense {between(self.first, self.last, 'à partir du')}{open_end}"

    @property
    def cause(self) -> str:
        """Why it ends, "" while nothing ends it."""
        if not self.granted or not self.dispense.end_cause:
            return ""
        if self.dispense.end_cause == EndCause.REPLACED and self.dispense.superseded_by_id:
            return f"La dispense N°{self.dispense.superseded_by_id} prend le relais"
        return EndCause(self.dispense.end_cause).label


@dataclass(frozen=True)
class WholeLife:
    """`facts`: the oldest first. `before` and `after`: the rows of the same person, hired again."""

    employee: Employee
    today: date
    requests: list[Asked]
    actes: list[Acte]
    gaps: list[Gap]
    facts: list[Fact]
    before: Employee | None = None
    after: list[Employee] = field(default_factory=list)


def between(first: date, last: date | None, goes_on: str = "depuis le") -> str:
    """« du … au … », « le … » for one day, « depuis le … » or as `goes_on` says for what has no end."""
    if last is None:
        return f"{goes_on} {long_day(first)}"
    return f"le {long_day(first)}" if first == last else f"du {long_day(first)} au {long_day(last)}"


def read(employee: Employee, today: date) -> WholeLife:
    """All that is kept of the employee, on `today` (Europe/Paris)."""
    requests = [_asked(dispense, today) for dispense in (*_passed_on(employee), *_dispenses(employee))]
    actes = _actes_behind(employee, today)
    gaps = gaps_of(employee, actes, requests, today)
    facts = [
        *_of_employee(employee),
        *_of_invitations(employee),
        *_of_actes(actes),
        *(fact for asked in requests for fact in _of_request(asked)),
        *(Fact(gap.first, gap.words, "shield" if gap.affiliated else "circle-alert") for gap in gaps),
    ]
    return WholeLife(
        employee=employee,
        today=today,
        requests=requests,
        actes=actes,
        gaps=gaps,
        facts=sorted(facts, key=attrgetter("day")),
        before=employee.rehired_from,
        after=list(Employee.objects.filter(rehired_from=employee).order_by("hired_on", "pk")),
    )


def _dispenses(employee: Employee) -> Iterable[Dispense]:
    """The requests sent, the oldest first, with what the page says of each."""
    sent_files = Justificatif.objects.filter(sent_at__isnull=False)
    return (
        desk_dispenses()
        .filter(employee=employee)
        .select_related("motif")
        .prefetch_related(
            Prefetch("events", TimelineEvent.objects.order_by("at", "id")),
            Prefetch("justificatifs", sent_files),
        )
        .order_by("number")
    )


def _passed_on(employee: Employee) -> Iterator[Dispense]:
    """Those that went on at another employer with the contract, as they were until then."""
    passages = passed_from([employee.pk]).select_related("former", "dispense__motif", "dispense__employee")
    for passage in passages.order_by("dispense"):
        prefetch_related_objects([passage.dispense], *histories(employee.employer_id, passage.since))
        yield as_left(passage.dispense, passage)


def _asked(dispense: Dispense, today: date) -> Asked:
    granted = dispense.status in GRANTED
    sent_on = _day(dispense.submitted_at) or today
    settled_on = None if STATUSES[Status(dispense.status)].is_open else _day(dispense.status_at)
    first = dispense.effective_on or _day(dispense.decided_at) or sent_on
    confirmed = (event.at for event in dispense.events.all() if event.transition == CONFIRM)
    return Asked(
        dispense=dispense,
        granted=granted,
        first=first if granted else sent_on,
        last=dispense.ends_on if granted else settled_on,
        confirmed_on=tuple(timezone.localdate(at) for at in confirmed),
        documents=tuple(file.name for file in dispense.justificatifs.all() if file.sent_at),
    )


def _day(at: datetime | None) -> date | None:
    return timezone.localdate(at) if at else None


def _actes_behind(employee: Employee, today: date) -> list[Acte]:
    """The versions of the employer's acte under which the employee works or worked, the oldest first."""
    last = min(employee.left_on or today, today)
    return [
        acte
        for acte in Acte.objects.filter(employer=employee.employer_id).order_by("in_force_from")
        if acte.in_force_from <= last and (acte.in_force_until is None or acte.in_force_until >= employee.hired_on)
    ]


def gaps_of(employee: Employee, actes: Sequence[Acte], requests: Sequence[Asked], today: date) -> list[Gap]:
    """Days without a dispense up to `today`, from the hire or the first set-up of the cover to the last day at work.

    None without an acte: nothing then says that an affiliation is due.
    """
    if not actes:
        return []
    first = max(employee.here_since, min(acte.first_set_up_on for acte in actes))
    last = min(employee.left_on or today, today)
    covered = [(one.first, one.last or last) for one in requests if one.granted]
    found = []
    for start, stop in uncovered((first, last), covered):
        found += [
            Gap(begun, None if over == today and employee.left_on is None else over, affiliated)
            for begun, over, affiliated in _parted(start, stop, employee.affiliated_on)
        ]
    return found


def uncovered(span: Span, covered: Iterable[Span]) -> Iterator[Span]:
    """The parts of `span` that none of the others covers, in order; one that ends before it begins covers no day."""
    first, last = span
    for start, stop in sorted(one for one in covered if one[0] <= one[1]):
        if first > last:
            return
        if start > first:
            yield first, min(start - ONE_DAY, last)
        first = max(first, stop + ONE_DAY)
    if first <= last:
        yield first, last


def _parted(first: date, last: date, affiliated_on: date | None) -> Iterator[tuple[date, date, bool]]:
    """The days before the affiliation that the employer declared, then those from it on."""
    if affiliated_on is None or affiliated_on > last:
        yield first, last, False
        return
    if first < affiliated_on:
        yield first, affiliated_on - ONE_DAY, False
    yield max(first, affiliated_on), last, True


def _of_employee(employee: Employee) -> Iterator[Fact]:
    if not employee.transferred_on:
        declared_on = timezone.localdate(employee.created_at)
        yield Fact(declared_on, "Pré-affiliation par l’employeur", "plus", mark="Pré-affiliation")
    contract = employee.get_contract_type_display()
    yield Fact(employee.hired_on, f"Embauche ({contract})", "building", mark="Embauche")
    if employee.transferred_on and employee.transferred_from:
        came = f"Contrat transféré depuis {employee.transferred_from.employer.name}"
        yield Fact(employee.transferred_on, came, "building", mark="Transfert")
    if employee.activated_at:
        yield Fact(timezone.localdate(employee.activated_at), "Compte activé", "user", mark="Compte activé")
    if employee.affiliated_on:
        yield Fact(employee.affiliated_on, "Affiliation déclarée par l’employeur", "shield", mark=AFFILIATED)
    if employee.contract_ends_on and not employee.left_on:
        yield Fact(employee.contract_ends_on, "Fin prévue du contrat de travail", "calendar", mark="Fin du contrat")
    if employee.left_on:
        yield Fact(employee.left_on, "Dernier jour de travail", "log-out", mark="Départ")


def _of_invitations(employee: Employee) -> Iterator[Fact]:
    for rank, one in enumerate(Invitation.objects.filter(employee=employee).order_by("sent_at", "pk")):
        plural = "s" if one.reminders_sent > 1 else ""
        reminded = f", {one.reminders_sent}{NBSP}rappel{plural}" if one.reminders_sent else ""
        mark = "" if rank else "Invitation"
        yield Fact(timezone.localdate(one.sent_at), f"Invitation envoyée{reminded}", "mail", mark=mark)
        if one.revoked_at:
            why = one.get_revocation_reason_display()
            yield Fact(timezone.localdate(one.revoked_at), f"Lien révoqué ({why})", "ban")
        elif one.state(timezone.now()) is InvitationState.EXPIRED:
            yield Fact(timezone.localdate(one.expires_at), "Lien expiré sans réponse", "hourglass")


def acte_in_words(acte: Acte) -> str:
    """« Décision unilatérale, en vigueur du … au … »."""
    return f"{acte.get_kind_display()}, en vigueur {between(acte.in_force_from, acte.in_force_until)}"


def _of_actes(actes: Sequence[Acte]) -> Iterator[Fact]:
    for rank, acte in enumerate(actes):
        new = "Nouvelle version de l’acte de l’employeur" if rank else "Acte de l’employeur"
        yield Fact(acte.in_force_from, f"{new}{NBSP}: {acte.get_kind_display()}", "file-text")


def _of_request(asked: Asked) -> Iterator[Fact]:
    """Each move of the request, its first and last days, and the confirmation that is awaited."""
    number = asked.dispense.number
    for event in asked.dispense.events.all():
        icon = STATUSES[Status(event.to_status)].event_icon
        yield Fact(timezone.localdate(event.at), event.label, icon, number)
    if not asked.granted:
        return
    yield Fact(asked.first, "Premier jour de la dispense", "check", number)
    if asked.last:
        cause = f" ({asked.cause})" if asked.cause else ""
        yield Fact(asked.last, f"Dernier jour de la dispense{cause}", "hourglass", number)
    if asked.dispense.status == Status.ACCEPTED:
        if asked.dispense.unconfirmed_since:
            yield Fact(asked.dispense.unconfirmed_since, "Preuve à renouveler depuis ce jour", "triangle-alert", number)
        elif asked.dispense.confirm_by and not asked.dispense.superseded_by_id:
            yield Fact(asked.dispense.confirm_by, "À confirmer au plus tard ce jour", "refresh", number)

"""Everything that waits for a worker, declared once: its metrics and its part of the operations page read it here.

Adding a kind of work is one entry of WORKS. A row is late when it has been due for longer than `late_after`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.enums import ImportStatus
from accounts.models import ImportRun, ReminderRun
from dispenses.documents import examination
from dispenses.enums import CopyStatus, PackStatus, Pending, PreviewStatus, ScanStatus
from dispenses.keeping import copies
from dispenses.models import BulkRun, DataCopy, EvidencePack, Justificatif, LeavingFile, PendingDecision
from dispenses.models.packs import OPEN_PACKS
from dispenses.packs import preparation
from notifications import outbox
from notifications.enums import CallStatus, EmailStatus, Urgency
from notifications.models import DUE_STATUSES, OutgoingCall, OutgoingEmail
from notifications.webhooks import events

MOST_COUNTED = 20_000  # « 20000 » means as many or more: a count must stay cheap
AT_ONCE = 500  # rows tried again by one click
REASONS = 20  # shown of one work
LONGEST_LEASE = timedelta(minutes=6)  # what is due later than that is held by nobody


@dataclass(frozen=True, kw_only=True)
class Work:
    """One kind of work. `due`: the instant from which a row is to be done, a column where `postponed` is given.

    `postponed`: those that were tried already and wait for another try. `reason`: the column that says why, if any.
    `turns`: what its index of what is due begins with, each value apart: the oldest is then the first of each.
    `again`: put a failed row back, whether it was still failed.
    """

    name: str  # label of the metrics, and in the page's forms
    label: str
    explained: str
    model: Any
    waiting: Q
    due: str | Coalesce = "due_at"
    turns: tuple[Q, ...] = (Q(),)
    late_after: timedelta = timedelta(minutes=10)
    postponed: Q | None = None
    failed: Q | None = None
    reason: str = ""
    again: Callable[[Any], bool] | None = None
    list_address: str = ""  # of the admin, where each row is seen

    def rows(self, among: Q) -> QuerySet[Any]:
        """Those of a state, in no order: a count needs none."""
        found: QuerySet[Any] = self.model.objects.filter(among).order_by()
        return found

    def count(self) -> int:
        """How many wait, MOST_COUNTED at most."""
        return self.rows(self.waiting)[:MOST_COUNTED].count()

    def oldest(self, now: datetime) -> timedelta:
        """For how long the one due for the longest has been so; nothing when none is."""
        firsts = [
            self.rows(self.waiting & turn).order_by(self.due).values_list(self.due, flat=True)[:1]
            for turn in self.turns
        ]
        due = min((at for first in firsts for at in first), default=now)
        return max(now - due, timedelta())

    def failures(self) -> int:
        """How many were given up, MOST_COUNTED at most."""
        return 0 if self.failed is None else self.rows(self.failed)[:MOST_COUNTED].count()

    def reasons(self, among: Q | None) -> list[tuple[str, int]]:
        """Why, and how many for that reason, the most frequent first."""
        if among is None:
            return []
        if not self.reason:
            count = self.rows(among)[:MOST_COUNTED].count()
            return [("", count)] if count else []
        found = self.rows(among).values_list(self.reason).annotate(n=Count("pk")).order_by("-n", self.reason)
        return list(found[:REASONS])

    def hasten(self, reason: str, now: datetime) -> int:
        """Have what was postponed for this reason tried now, AT_ONCE rows at most. Returns how many."""
        if self.postponed is None:
            return 0
        free = Q(**{f"{self.due}__gt": now + (timedelta() if self._holds_apart else LONGEST_LEASE)})
        found = self.rows(self.postponed & free & self._because(reason))
        keys = list(found.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        return int(self.rows(self.postponed & free & Q(pk__in=keys)).update(**{str(self.due): now}))

    def _because(self, reason: str) -> Q:
        return Q(**{self.reason: reason}) if self.reason else Q()

    @property
    def _holds_apart(self) -> bool:
        """Whether a lease has a column of its own; else it moves `due` forward."""
        return any(field.name == "leased_until" for field in self.model._meta.get_fields())

    @property
    def may_retry(self) -> bool:
        """Whether what failed may be put back."""
        return self.again is not None

    def retry(self, reason: str) -> int:
        """Put back what failed for this reason, AT_ONCE rows at most, the newest first. Returns how many."""
        if self.failed is None or self.again is None:
            return 0
        found = self.rows(self.failed & self._because(reason)).order_by("-pk")[:AT_ONCE]
        return sum(self.again(row) for row in found)


WORKS: tuple[Work, ...] = (
    Work(
        name="emails",
        label="E-mails",
        explained="Ce que le portail écrit aux personnes, remis à votre relais.",
        model=OutgoingEmail,
        waiting=Q(status__in=DUE_STATUSES),
        due="next_try_at",
        turns=tuple(Q(urgency=urgency) for urgency in Urgency),
        postponed=Q(status=EmailStatus.RETRY, attempts__gt=0),
        failed=Q(status=EmailStatus.FAILED),
        reason="last_error",
        again=lambda row: outbox.resend(email=row),
        list_address="admin:notifications_outgoingemail_changelist",
    ),
    Work(
        name="webhooks",
        label="Webhooks",
        explained="Ce que le portail annonce aux logiciels des entreprises.",
        model=OutgoingCall,
        waiting=Q(status__in=DUE_STATUSES, endpoint__paused_at__isnull=True, endpoint__removed_at__isnull=True),
        due="next_try_at",
        postponed=Q(status=CallStatus.RETRY, attempts__gt=0),
        failed=Q(status=CallStatus.FAILED, endpoint__removed_at__isnull=True),
        reason="last_error",
        again=lambda row: events.send_again(call=row),
    ),
    Work(
        name="scans",
        label="Analyses antivirus",
        explained="Les documents reçus, gardés fermés jusqu’au verdict.",
        model=Justificatif,
        waiting=Q(scan_status=ScanStatus.PENDING),
        due="scan_next_at",
        late_after=timedelta(minutes=15),
        postponed=Q(scan_status=ScanStatus.PENDING, scan_attempts__gt=0),
        failed=Q(scan_status=ScanStatus.FAILED),
        reason="scan_detail",
        again=lambda row: examination.scan_again(row.pk),
    ),
    Work(
        name="previews",
        label="Aperçus de documents",
        explained="Les pages dessinées pour le centre et les salariés.",
        model=Justificatif,
        waiting=Q(preview_status=PreviewStatus.PENDING, scan_status__in=[ScanStatus.CLEAN, ScanStatus.DISABLED]),
        due="preview_next_at",
        late_after=timedelta(minutes=15),
    ),
    Work(
        name="imports",
        label="Imports de salariés",
        explained=(
            "Les fichiers des entreprises, lus puis écrits. Après un échec, la personne choisit de nouveau son fichier."
        ),
        model=ImportRun,
        waiting=Q(status__in=[ImportStatus.ANALYSING, ImportStatus.IMPORTING]),
        due=Coalesce("confirmed_at", "created_at"),  # confirmed days after it was read
        late_after=timedelta(hours=2),
        failed=Q(status=ImportStatus.FAILED),
        reason="refusal",
    ),
    Work(
        name="decisions",
        label="Décisions en attente d’effet",
        explained="Prises par le centre, elles prennent effet une fois passé le délai pour les annuler.",
        model=PendingDecision,
        waiting=Q(state=Pending.WAITING),
        due="effective_at",
    ),
    Work(
        name="bulk_decisions",
        label="Décisions en lot",
        explained="Une même décision sur plusieurs demandes.",
        model=BulkRun,
        waiting=Q(finished_at__isnull=True),
        due="at",
        late_after=timedelta(minutes=30),
    ),
    Work(
        name="reminders",
        label="Relances de salariés",
        explained="Demandées par un correspondant pour des salariés de sa liste, dont le jour est venu.",
        model=ReminderRun,
        waiting=Q(finished_at__isnull=True),
        due="due_at",
        late_after=timedelta(hours=1),
    ),
    Work(
        name="packs",
        label="Dossiers de preuves",
        explained="Préparés pour un contrôle de l’URSSAF.",
        model=EvidencePack,
        waiting=Q(status__in=OPEN_PACKS),
        late_after=timedelta(hours=1),
        failed=Q(status=PackStatus.FAILED),
        reason="failure",
        again=lambda row: preparation.try_again(row),
        list_address="admin:dispenses_evidencepack_changelist",
    ),
    Work(
        name="data_copies",
        label="Copies de données",
        explained="Demandées par une personne sur «\xa0Mes données\xa0».",
        model=DataCopy,
        waiting=Q(status=CopyStatus.QUEUED),
        late_after=timedelta(hours=1),
        failed=Q(status=CopyStatus.FAILED),
        again=lambda row: copies.try_again(row),
    ),
    Work(
        name="deletions",
        label="Fichiers à effacer du stockage",
        explained="Ceux des demandes oubliées, jusqu’à ce que le stockage ne les ait plus.",
        model=LeavingFile,
        waiting=Q(),
        due="since",
        late_after=timedelta(days=2),
        list_address="admin:dispenses_leavingfile_changelist",
    ),
)
BY_NAME = {work.name: work for work in WORKS}


@dataclass(frozen=True)
class Seen:
    """A work as the operations page shows it."""

    work: Work
    count: int
    oldest: timedelta
    postponed: list[tuple[str, int]]
    failed: list[tuple[str, int]]

    @property
    def is_late(self) -> bool:
        return self.oldest > self.work.late_after


def look() -> Iterator[Seen]:
    """Each work as it stands now."""
    now = timezone.now()
    for work in WORKS:
        postponed, failed = work.reasons(work.postponed), work.reasons(work.failed)
        yield Seen(work, work.count(), work.oldest(now), postponed, failed)

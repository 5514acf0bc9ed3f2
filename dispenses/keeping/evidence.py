"""Evidence forgotten when its time is over: announced 30 days before, then gone but for a tombstone, files included.

One job at night. A batch is a transaction, so that it may be killed, run late, or twice at once: what it has done is
done, the rest is found again. Each run works for a while and asks for the next one while something is left.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

from celery import shared_task
from django.db import DatabaseError, connection, models, transaction
from django.db.models import CharField, Exists, F, OuterRef, ProtectedError, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import Employee, Employer
from dispenses.documents import storage
from dispenses.documents.messages import MATTER
from dispenses.keeping import emails
from dispenses.law.numbers import KEPT_FROM_END, KEPT_FROM_RECEIPT
from dispenses.models import (
    BulkLine,
    Complement,
    ComplementReminder,
    Consultation,
    Declaration,
    Dispense,
    Forgetting,
    InternalNote,
    Justificatif,
    LeavingFile,
    LegalHold,
    LifeStep,
    PendingDecision,
    PieceVerdict,
    Presence,
    Question,
    QueueEntry,
    TimelineEvent,
    Tombstone,
    TransferredDispense,
)
from dispenses.queue import standing
from dispenses.request import retention
from notifications import matters
from notifications.models import OutgoingEmail
from portal.lib.append_only import outdated
from portal.lib.dates import add_years, start_of_day
from portal.lib.hints import hint

logger = logging.getLogger(__name__)

NOTICE = timedelta(days=30)
BATCH = 500
AT_ONCE = 8  # files asked of the storage together: each is some calls, of which a server takes milliseconds
RUN_SECONDS = 150  # under the soft time limit of the tasks, one batch included
# What a request is made of, in the order in which it may go: each with the way from its rows to the request.
PARTS: tuple[tuple[type[models.Model], str], ...] = (
    (BulkLine, "decision__dispense"),
    (PendingDecision, "dispense"),
    (PieceVerdict, "dispense"),
    (ComplementReminder, "complement__dispense"),
    (Complement, "dispense"),
    (Consultation, "dispense"),
    (InternalNote, "dispense"),
    (Declaration, "dispense"),
    (TimelineEvent, "dispense"),
    (Justificatif, "dispense"),
    (LegalHold, "dispense"),
    (LifeStep, "dispense"),
    (Presence, "dispense"),
    (QueueEntry, "dispense"),
    (Forgetting, "dispense"),
    (TransferredDispense, "dispense"),
    (Question, "number"),
)


@shared_task(name="dispenses.tasks.forget_evidence")
def forget_evidence(now: datetime | None = None, *, seconds: float = RUN_SECONDS) -> int:
    """Announce, forget, remove the files, for about `seconds`. Returns how many requests were forgotten."""
    now = now or timezone.now()
    today, end = timezone.localdate(now), time.monotonic() + seconds
    Forgetting.objects.filter(_held("dispense", "employer")).delete()
    found_all = _find(today, end)
    if found_all:
        announce(today)
    forgotten = sum(_in_time(_forget_due(today), end))
    _forget_mails(today)
    sum(_in_time(_remove_files(now), end))
    if time.monotonic() > end and (not found_all or _is_left(now)):
        hint(forget_evidence)
    return forgotten


def _is_left(now: datetime) -> bool:
    return _due(timezone.localdate(now)).exists() or _due_files(now).exists()


def _in_time(steps: Iterator[int], end: float) -> Iterator[int]:
    for count in steps:
        yield count
        if time.monotonic() > end:
            return


def _held(dispense: str, employer: str) -> Exists:
    """Whether a hold that nobody has lifted suspends it: its own, its employer's, or one of before a transfer."""
    passed = TransferredDispense.objects.filter(
        dispense=OuterRef(OuterRef(dispense)), former__employer=OuterRef("employer")
    )
    own = Q(dispense=OuterRef(dispense)) | Q(dispense=None) & (Q(employer=OuterRef(employer)) | Exists(passed))
    return Exists(LegalHold.objects.filter(own, lifted_at__isnull=True))


# Announcing


def over(limit: date) -> QuerySet[Dispense]:
    """Requests whose retention ends before `limit`, as far as the database tells: the rule has the last word."""
    received = start_of_day(add_years(limit, -KEPT_FROM_RECEIPT) + timedelta(days=1))
    year = date(limit.year - KEPT_FROM_END, 1, 1)
    signed_since = Declaration.objects.filter(dispense=OuterRef("pk"), signed_at__gte=received)
    return Dispense.objects.filter(
        ~Exists(signed_since),
        Q(ends_on__lt=year) | Q(status_at__lt=start_of_day(year)),
        status__in=[status.value for status in retention.FINAL],
        submitted_at__lt=received,
    )


def _find(today: date, end: float) -> bool:
    """Write down what is to be forgotten once it has been announced. Returns whether all was looked at."""
    limit, last = today + NOTICE, 0
    found = over(limit).exclude(_held("pk", "employee__employer")).order_by("pk").values_list("pk", flat=True)
    while numbers := list(found.filter(pk__gt=last)[:BATCH]):
        last = numbers[-1]
        new = set(numbers) - _written_down(numbers)
        dated = [(one, _kept_until(one)) for one in _judged(Dispense.objects.filter(pk__in=new))]
        rows = [
            Forgetting(dispense=dispense, employer_id=dispense.employee.employer_id, kept_until=until)
            for dispense, until in dated
            if until is not None and until < limit
        ]
        Forgetting.objects.bulk_create(rows, ignore_conflicts=True)
        if time.monotonic() > end:
            return False
    return True


def _written_down(numbers: Sequence[int]) -> set[int]:
    """Those of these requests that are to be forgotten. Apart: joined, a table that has just grown is read whole."""
    return set(Forgetting.objects.filter(pk__in=numbers).values_list("pk", flat=True))


def _judged(dispenses: QuerySet[Dispense]) -> QuerySet[Any]:
    """With what their retention depends on, and nothing heavy: their last signature, whether they are held."""
    signed = Declaration.objects.filter(dispense=OuterRef("pk")).order_by("-signed_at").values("signed_at")[:1]
    light = dispenses.select_related("employee").only(
        "status", "status_at", "submitted_at", "decided_at", "effective_on", "ends_on", "history_seal",
        "employee__employer", "employee__left_on",
    )  # fmt: skip
    return light.annotate(last_signed=Subquery(signed), held=_held("pk", "employee__employer"))


def _kept_until(dispense: Any) -> date | None:
    received = retention.received_on(dispense, [dispense.last_signed])
    return retention.kept_until(dispense, received=received, held=dispense.held)


def announce(today: date) -> int:
    """Tell each employer's correspondents of what goes in 30 days, in one mail a day. Returns how many employers."""
    told_today = Forgetting.objects.filter(told_on=today, employer=OuterRef("pk"))
    waiting = Forgetting.objects.filter(told_on__isnull=True, employer=OuterRef("pk"))
    told = 0
    for employer in Employer.objects.filter(Exists(waiting), ~Exists(told_today)).order_by("pk").iterator():
        told += _announce(employer, today)
    return told


@transaction.atomic
def _announce(employer: Employer, today: date) -> bool:
    Employer.objects.select_for_update(no_key=True).only("pk").get(pk=employer.pk)
    mine = Forgetting.objects.filter(employer=employer)
    if mine.filter(told_on=today).exists():  # another run told it meanwhile
        return False
    count = mine.filter(told_on__isnull=True).update(told_on=today)
    numbers = mine.filter(told_on=today).order_by("pk").values_list("pk", flat=True)[: emails.NAMED]
    emails.announced(employer, list(numbers), count=count, told_on=today, due_on=today + NOTICE)
    return True


# Forgetting


def _forget_due(today: date) -> Iterator[int]:
    """Forget what was announced long enough ago, a batch at a time."""
    due, last = _due(today), 0
    while numbers := list(due.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        last = numbers[-1]
        try:
            yield _forget(numbers, today)
        except (DatabaseError, ProtectedError):  # one of them: the others go, and it is told
            logger.exception("Effacement de %d demandes, une par une", len(numbers))
            yield sum(_forget_alone(number, today) for number in numbers)


def _due(today: date) -> QuerySet[Forgetting]:
    return Forgetting.objects.filter(told_on__lte=today - NOTICE).order_by("pk")


def _forget_alone(number: int, today: date) -> int:
    try:
        return _forget([number], today)
    except (DatabaseError, ProtectedError):
        logger.exception("Dispense %d : ses preuves ne s’effacent pas", number)
        return 0


@transaction.atomic
def _forget(numbers: Sequence[int], today: date) -> int:
    """Forget those of these requests that still are to be. Returns how many."""
    skips = connection.features.has_select_for_update_skip_locked
    locked = Dispense.objects.select_for_update(of=("self",), skip_locked=skips).filter(pk__in=numbers)
    rows = list(_judged(locked))
    written_down = _written_down([dispense.pk for dispense in rows])
    rows = [dispense for dispense in rows if dispense.pk in written_down]
    going = [dispense for dispense in rows if (until := _kept_until(dispense)) and until < today]
    kept = {dispense.pk for dispense in rows} - {dispense.pk for dispense in going}
    Forgetting.objects.filter(pk__in=kept).delete()
    if going:
        _bury(going, today)
    return len(going)


def _bury(going: Sequence[Dispense], today: date) -> None:
    numbers = [dispense.number for dispense in going]
    Tombstone.objects.bulk_create([_tombstone(dispense, today) for dispense in going])
    files = (
        Justificatif.objects.filter(dispense__in=numbers).order_by().values_list("file", "preview_pages", "dispense")
    )
    leaving = [LeavingFile(key=key, pages=pages, number=number) for key, pages, number in files]
    LeavingFile.objects.bulk_create(leaving, ignore_conflicts=True)
    Dispense.objects.filter(superseded_by__in=numbers).update(superseded_by=None)
    Dispense.objects.filter(follows__in=numbers).update(follows=None)
    for part, way in PARTS:
        _delete(outdated(part).filter(**{f"{way}__in": numbers}))
    _delete(Dispense.objects.filter(pk__in=numbers))
    standing.record(Employee.objects.filter(pk__in={dispense.employee_id for dispense in going}))


def _delete(rows: QuerySet[Any]) -> None:
    """One statement: PARTS says what goes before, and the database refuses what it forgets."""
    rows._raw_delete(rows.db)


def _tombstone(dispense: Dispense, today: date) -> Tombstone:
    return Tombstone(
        number=dispense.number,
        employer_id=dispense.employee.employer_id,
        submitted_on=timezone.localdate(dispense.submitted_at),
        decided_on=timezone.localdate(dispense.decided_at) if dispense.decided_at else None,
        effective_on=dispense.effective_on,
        ends_on=retention.last_day(dispense),
        outcome=dispense.status,
        seal=dispense.history_seal,
        forgotten_on=today,
    )


def _forget_mails(today: date) -> None:
    """Delete the mails about what was forgotten of late: most went long before (notifications.delivery.KEPT)."""
    late = Tombstone.objects.filter(forgotten_on__gte=today - timedelta(days=2))
    numbers = late.values(key=Cast(F("number"), CharField()))
    OutgoingEmail.objects.filter(kind__in=matters.kinds_of(MATTER), about__in=numbers).delete()


# Files


def _remove_files(now: datetime) -> Iterator[int]:
    """Delete the files of what was forgotten, each until the storage says that it is gone; once a day for each.

    A batch of which nothing could be deleted ends it: the storage is silent, the next night tries again.
    """
    with ThreadPoolExecutor(AT_ONCE) as asking:
        while batch := list(_due_files(now)[:BATCH]):
            said = zip(batch, asking.map(_removed, batch), strict=True)
            errors = {file.pk: error for file, error in said if error}
            LeavingFile.objects.filter(pk__in=[file.pk for file in batch if file.pk not in errors]).delete()
            for pk, error in errors.items():
                LeavingFile.objects.filter(pk=pk).update(tried_at=now, tries=F("tries") + 1, error=error[:200])
            if errors:
                logger.error("%d fichiers de demandes effacées restent dans le stockage : %s", len(errors), errors)
            yield len(batch) - len(errors)
            if len(errors) == len(batch):
                return


def _due_files(now: datetime) -> QuerySet[LeavingFile]:
    today = start_of_day(timezone.localdate(now))
    return LeavingFile.objects.filter(Q(tried_at__isnull=True) | Q(tried_at__lt=today)).order_by("pk")


def _removed(file: LeavingFile) -> str:
    """Delete a file and its pictures, then ask for each of them. Returns why it is not gone, "" when it is."""
    stored = Justificatif(file=file.key, preview_pages=file.pages)
    try:
        storage.forget(stored)
        left = storage.remains(stored)
    except OSError as error:
        return str(error) or type(error).__name__
    return f"{len(left)} objets encore là" if left else ""

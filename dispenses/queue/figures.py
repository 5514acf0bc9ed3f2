"""The centre's figures, added up from the queue's rows: the last weeks every ten minutes, all of them at night.

A week is written whole in one transaction: done twice it is the same, and one missed is made up for by the next.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from dispenses.models import Complement, EmployerRank, QueueDepth, QueueEntry, WeeklyFigure
from dispenses.workflow import Status
from portal.lib.dates import add_years, start_of_day

PERIODS = (4, 13, 26, 52)  # weeks
RANKED = 20
LASTING_YEARS = 3  # no request received or decided since is forgotten (dispenses.law.numbers.KEPT_FROM_END)
WEEK = timedelta(days=7)
SUMS = ("received", "accepted", "refused", "withdrawn", "complemented")
Figures = dict[tuple[int | None, str], dict[str, int]]


def monday(day: date) -> date:
    """First day of the week of `day` (ISO 8601)."""
    return day - timedelta(days=day.weekday())


@shared_task(name="dispenses.tasks.refresh_figures")
def refresh(now: datetime | None = None, *, weeks: int = 2) -> None:
    """Add up the last `weeks` weeks, this one included, then the queue and the ranks."""
    now = now or timezone.now()
    this = monday(timezone.localdate(now))
    add_up([this - WEEK * back for back in range(weeks)])
    measure_queue(now)
    rank_employers(this)


@shared_task(name="dispenses.tasks.rebuild_figures")
def rebuild(now: datetime | None = None) -> int:
    """Add up every week since the first request, of the last LASTING_YEARS. Returns how many.

    The figures of earlier weeks stay as they are: requests of theirs may be forgotten.
    """
    now = now or timezone.now()
    first = QueueEntry.objects.order_by("submitted_at").values_list("submitted_at", flat=True).first()
    today = timezone.localdate(now)
    oldest = max(timezone.localdate(first), add_years(today, -LASTING_YEARS)) if first else today
    weeks = (monday(today) - monday(oldest)).days // 7 + 1 if first else 0
    refresh(now, weeks=max(weeks, 1))
    return weeks


def add_up(mondays: Iterable[date]) -> None:
    for week in mondays:
        figures = _of_week(week)
        for (employer, motif), sums in list(figures.items()):
            if employer is not None:
                total = figures.setdefault((None, motif), dict.fromkeys(SUMS, 0))
                for name in SUMS:
                    total[name] += sums[name]
        rows = [WeeklyFigure(week=week, employer_id=e, motif_code=m, **sums) for (e, m), sums in figures.items()]
        with transaction.atomic():
            WeeklyFigure.objects.filter(week=week).delete()
            WeeklyFigure.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


def _of_week(week: date) -> Figures:
    """Sums by (employer, motif). A decision counts in the week of the one now in force."""
    start, end = start_of_day(week), start_of_day(week + WEEK)
    asked = Exists(Complement.objects.filter(dispense=OuterRef("pk")))
    decided = QueueEntry.objects.filter(decided_at__gte=start, decided_at__lt=end)
    found: Figures = {}
    _read(found, "received", QueueEntry.objects.filter(submitted_at__gte=start, submitted_at__lt=end))
    _read(found, "accepted", decided.filter(status__in=[Status.ACCEPTED.value, Status.ENDED.value]))
    _read(found, "refused", decided.filter(status=Status.REFUSED.value))
    _read(found, "complemented", decided.filter(asked))
    left = Q(status=Status.WITHDRAWN.value, active_at__gte=start, active_at__lt=end)
    _read(found, "withdrawn", QueueEntry.objects.filter(left))
    return found


def _read(found: Figures, name: str, entries: QuerySet[QueueEntry]) -> None:
    for employer, motif, count in entries.order_by().values_list("employer_id", "motif_code").annotate(n=Count("pk")):
        found.setdefault((employer, motif), dict.fromkeys(SUMS, 0))[name] = count


@transaction.atomic
def measure_queue(now: datetime) -> None:
    """How many requests wait, by due date."""
    waiting = QueueEntry.objects.filter(status=Status.IN_PROGRESS.value).order_by()
    rows = [
        QueueDepth(due_on=due_on, waiting=count, measured_at=now)
        for due_on, count in waiting.values_list("due_on").annotate(n=Count("pk"))
    ]
    QueueDepth.objects.exclude(due_on__in=[row.due_on for row in rows]).delete()
    QueueDepth.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["due_on"], update_fields=["waiting", "measured_at"]
    )


@transaction.atomic
def rank_employers(this: date) -> None:
    """The RANKED employers that sent most in each of the PERIODS that end with the week of `this`."""
    for weeks in PERIODS:
        sums = (
            WeeklyFigure.objects.filter(employer__isnull=False, week__gt=this - WEEK * weeks, week__lte=this)
            .order_by()
            .values("employer_id")
            .annotate(
                received_sum=Sum("received"),
                decided_sum=Sum(F("accepted") + F("refused")),
                complemented_sum=Sum("complemented"),
            )
            .order_by("-received_sum", "employer_id")[:RANKED]
        )
        EmployerRank.objects.filter(weeks=weeks).delete()
        EmployerRank.objects.bulk_create(
            [
                EmployerRank(
                    weeks=weeks,
                    rank=rank,
                    employer_id=row["employer_id"],
                    received=row["received_sum"],
                    decided=row["decided_sum"],
                    complemented=row["complemented_sum"],
                )
                for rank, row in enumerate(sums, start=1)
            ],
            ignore_conflicts=True,
        )

"""/metrics: the state of the portal for Prometheus, read when it is asked for, behind a token.

Each part is read apart: one that is ill says so (`portail_scrape_ok`) and takes nothing from the others. Parts that
touch large tables are read once in a while. No label names anybody, none has values without end.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from kombu.exceptions import ChannelError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from accounts.models import Employee, Invitation
from accounts.models.invitations import LIVE
from accounts.states import STATES
from dispenses.enums import ScanStatus
from dispenses.models import Dispense, Justificatif
from dispenses.workflow import Status
from notifications.delivery import CAUSES
from notifications.enums import EmailStatus, Tallied
from notifications.models import Heartbeat, OutgoingEmail, Tally, WebhookEndpoint
from portal import readiness
from portal.celery import app
from portal.lib import clocks
from portal.lib.kept import kept
from portal.lib.probing import Prober, ask_all
from portal.operations import maintenance, schedule, works

logger = logging.getLogger(__name__)

SECONDS = 6.0  # for everything: Prometheus waits ten
STATEMENT = 2  # seconds of one statement (PostgreSQL)
KEPT = 10.0  # seconds for which a reading serves
SELDOM = 300.0  # seconds for what touches large tables
RECENT = timedelta(minutes=10)
RESULTS = {Tallied.TASK_DONE: "done", Tallied.TASK_FAILED: "failed"}
Metrics = list[Metric]


def answer(request: HttpRequest, requests: CollectorRegistry) -> HttpResponse:
    """What Prometheus asked for: 401 without the token. Raises Http404 when no token is set."""
    if not settings.PORTAL_METRICS_TOKEN:
        raise Http404
    if request.method not in {"GET", "HEAD"}:
        return _plain("", HTTPStatus.METHOD_NOT_ALLOWED, Allow="GET, HEAD")
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given.encode(), f"Bearer {settings.PORTAL_METRICS_TOKEN}".encode()):
        return _plain("Jeton absent ou inconnu.\n", HTTPStatus.UNAUTHORIZED, **{"WWW-Authenticate": "Bearer"})
    stored = CollectorRegistry()
    stored.register(_Read(read()))
    return _plain(
        generate_latest(requests) + generate_latest(stored), HTTPStatus.OK, **{"Content-Type": CONTENT_TYPE_LATEST}
    )


def _plain(text: str | bytes, status: HTTPStatus, **headers: str) -> HttpResponse:
    common = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    return HttpResponse(text, status=status, headers=common | {"X-Content-Type-Options": "nosniff"} | headers)


class _Read(Collector):
    """What was read already, as a registry wants it."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self.metrics


# Reading


def _gauge(name: str, said: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    found = GaugeMetricFamily(f"portail_{name}", said, labels=[label])
    for key, value in values:
        found.add_metric([key], value)
    return found


def _single(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(f"portail_{name}", said, value=value)


def _works() -> Iterator[Metric]:
    now = timezone.now()
    yield _gauge(
        "work_waiting", f"Ce qui attend, par sorte ({works.MOST_COUNTED} au plus).", "work",
        ((work.name, work.count()) for work in works.WORKS),
    )  # fmt: skip
    yield _gauge(
        "work_oldest_seconds", "Depuis combien de temps le plus ancien aurait dû être fait.", "work",
        ((work.name, work.oldest(now).total_seconds()) for work in works.WORKS),
    )  # fmt: skip
    yield _gauge(
        "work_late_after_seconds", "À partir de quelle attente c’est un retard.", "work",
        ((work.name, work.late_after.total_seconds()) for work in works.WORKS),
    )  # fmt: skip


def _mails() -> Iterator[Metric]:
    rows = OutgoingEmail.objects.order_by()
    sent = rows.filter(status=EmailStatus.SENT, sent_at__gt=timezone.now() - RECENT)
    postponed = works.BY_NAME["emails"].postponed or Q()
    yield _single(
        "emails_sent_10m", "E-mails partis dans les dix dernières minutes.", sent[: works.MOST_COUNTED].count()
    )
    yield _single(
        "emails_postponed", "E-mails refusés au moins une fois, qui seront réessayés.",
        rows.filter(postponed)[: works.MOST_COUNTED].count(),
    )  # fmt: skip


def _webhooks() -> Iterator[Metric]:
    paused = WebhookEndpoint.objects.filter(paused_at__isnull=False, removed_at__isnull=True)
    yield _single("webhook_endpoints_paused", "Adresses de webhooks suspendues.", paused.count())


def _tallies() -> Iterator[Metric]:
    rows = list(Tally.objects.order_by("kind", "key"))
    failures = CounterMetricFamily(
        "portail_email_failures", "Essais d’e-mails sans succès, par cause.", labels=["outcome", "cause"]
    )
    runs = CounterMetricFamily("portail_task_runs", "Tâches finies.", labels=["task", "result"])
    found = {(row.kind, row.key): row.count for row in rows}
    for kind, outcome in {Tallied.MAIL_POSTPONED: "postponed", Tallied.MAIL_ABANDONED: "abandoned"}.items():
        for cause in CAUSES:  # at 0 from the start: Prometheus sees no increase in what appears
            failures.add_metric([outcome, cause], found.get((kind, cause), 0))
    tasks = {row.key for row in rows if row.kind in RESULTS} | schedule.longest_gaps().keys()
    for kind, result in RESULTS.items():
        for task in sorted(tasks):
            runs.add_metric([task, result], found.get((kind, task), 0))
    yield failures
    yield runs
    yield _gauge(
        "task_last_success_timestamp_seconds", "Quand chaque tâche a fini pour la dernière fois.", "task",
        ((row.key, row.at.timestamp()) for row in rows if row.kind == Tallied.TASK_DONE),
    )  # fmt: skip
    yield _gauge(
        "task_longest_gap_seconds", "Le plus long temps entre deux tours d’une tâche du planificateur.", "task",
        schedule.longest_gaps().items(),
    )  # fmt: skip


def _heartbeats() -> Iterator[Metric]:
    now = timezone.now()
    signs = Heartbeat.objects.order_by("name").values_list("name", "at")
    yield _gauge(
        "heartbeat_age_seconds", "Depuis quand chaque partie n’a pas donné signe.", "part",
        ((name, max((now - at).total_seconds(), 0.0)) for name, at in signs),
    )  # fmt: skip
    yield _single("clock_gap_seconds", "Avance de cette machine sur l’horloge de la base.", clocks.gap())


def _maintenance() -> Iterator[Metric]:
    yield _single("maintenance", "1 pendant que le portail est fermé.", float(maintenance.read() is not None))


@kept(seconds=SELDOM)
def _failures() -> Metrics:
    return [
        _gauge(
            "work_failed", f"Ce qui a été abandonné ({works.MOST_COUNTED} au plus).", "work",
            ((work.name, work.failures()) for work in works.WORKS if work.failed is not None),
        )
    ]  # fmt: skip


@kept(seconds=SELDOM)
def _business() -> Metrics:
    now = timezone.now()
    statuses = dict(Dispense.objects.order_by().values_list("status").annotate(n=Count("pk")))
    standings = dict(Employee.objects.order_by().values_list("standing").annotate(n=Count("pk")))
    scans = dict(Justificatif.objects.order_by().values_list("scan_status").annotate(n=Count("pk")))
    ended = Q(expired_at__isnull=False) | (LIVE & Q(expires_at__lte=now))
    invitations = Invitation.objects.aggregate(
        live=Count("pk", filter=LIVE & Q(expires_at__gt=now)),
        used=Count("pk", filter=Q(used_at__isnull=False)),
        revoked=Count("pk", filter=Q(revoked_at__isnull=False)),
        expired=Count("pk", filter=ended & Q(used_at__isnull=True, revoked_at__isnull=True)),
    )
    return [
        _gauge("requests", "Demandes, par état.", "status", ((s.value, statuses.get(s.value, 0)) for s in Status)),
        _gauge(
            "employees", "Salariés, par situation.", "state",
            ((state.key, standings.get(state.standing, 0)) for state in STATES),
        ),
        _gauge(
            "documents", "Justificatifs, par verdict.", "scan", ((s.value, scans.get(s.value, 0)) for s in ScanStatus)
        ),
        _gauge("invitations", "Invitations, par état.", "state", invitations.items()),
    ]  # fmt: skip


def _queues() -> Iterator[Metric]:
    """Messages of the broker: hints, of which a long queue says that workers do not follow."""
    found = queue_lengths().items()
    yield _gauge("queue_messages", "Messages qui attendent un worker, par file.", "queue", found)


def queue_lengths() -> dict[str, int]:
    """Messages of each queue of the broker. Raises what kombu and its transports raise."""
    with app.connection_for_read() as link:
        link.ensure_connection(max_retries=1, timeout=2)
        channel = link.channel()
        return {name: _length(channel, name) for name in settings.PORTAL_QUEUES}


def _length(channel: object, name: str) -> int:
    try:
        return int(channel.queue_declare(queue=name, passive=True).message_count)  # type: ignore[attr-defined]
    except ChannelError:  # Redis forgets a queue that is empty
        return 0


def _ready() -> Iterator[Metric]:
    found = readiness.look()
    yield _gauge(
        "part_healthy", "1 si la partie va bien (/sante/pret).", "part",
        ((name, float(not said)) for name, said in found.parts.items()),
    )  # fmt: skip


OF_THE_DATABASE: dict[str, Callable[[], Iterable[Metric]]] = {
    "works": _works,
    "mails": _mails,
    "webhooks": _webhooks,
    "tallies": _tallies,
    "heartbeats": _heartbeats,
    "maintenance": _maintenance,
    "failures": _failures,
    "business": _business,
}
OTHERS: dict[str, Callable[[], Iterable[Metric]]] = {"queues": _queues, "readiness": _ready}
Part = tuple[Metrics, float]  # what was read, and in how many seconds


def _of_the_database() -> dict[str, Part | None]:
    return {name: _tried(part, _limited) for name, part in OF_THE_DATABASE.items()}


def _of(part: Callable[[], Iterable[Metric]]) -> Callable[[], dict[str, Part | None]]:
    return lambda: {"": _tried(part, contextlib.nullcontext)}


def _tried(
    part: Callable[[], Iterable[Metric]], limit: Callable[[], contextlib.AbstractContextManager[None]]
) -> Part | None:
    """What a part says; None when it is ill."""
    begun = time.monotonic()
    try:
        with limit():
            return list(part()), time.monotonic() - begun
    except Exception as error:  # kombu and the storages raise many kinds; the text may name a machine
        logger.warning("Métriques : %s en échec, %s", getattr(part, "__name__", "lecture"), type(error).__name__)
        return None


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """One transaction, of which no statement lasts long. SQLite has no such limit, and locks in a transaction."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{STATEMENT}s'")
        yield


_probers: dict[str, Prober[dict[str, Part | None]]] = {
    "database": Prober(_of_the_database),
    **{name: Prober(_of(part)) for name, part in OTHERS.items()},
}
_reading = threading.Lock()


def read() -> Metrics:
    """Every stored metric, for KEPT seconds. One thread reads at a time: the others have what it found."""
    with _reading:
        return _read()


@kept(seconds=KEPT)
def _read() -> Metrics:
    begun = timezone.now()
    answers = ask_all(_probers, seconds=SECONDS)
    parts: dict[str, Part | None] = dict.fromkeys((*OF_THE_DATABASE, *OTHERS))
    parts |= answers["database"] or {}
    for name in OTHERS:
        parts[name] = (answers[name] or {}).get("")
    found: Metrics = [metric for part in parts.values() if part for metric in part[0]]
    found.append(
        _gauge(
            "scrape_ok", "1 si cette partie des métriques a pu être lue.", "part",
            ((name, float(part is not None)) for name, part in parts.items()),
        )
    )  # fmt: skip
    found.append(
        _gauge(
            "scrape_seconds", "Durée de lecture de chaque partie.", "part",
            ((name, part[1]) for name, part in parts.items() if part),
        )
    )  # fmt: skip
    found.append(_single("read_timestamp_seconds", "Instant de cette lecture.", begun.timestamp()))
    return found

"""Whether people can work, and which part is ill (/sante/pret): short French words, no name of a machine."""

import contextlib
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.files.storage import storages
from django.db import Error
from django.utils import timezone

from dispenses.documents.scanning import Clamd, ScannerUnavailable
from notifications.enums import EmailStatus
from notifications.models import Heartbeat, OutgoingEmail
from portal.celery import app
from portal.heartbeats import BEAT, QUEUE
from portal.lib import clocks
from portal.lib.kept import forgets, kept
from portal.lib.probing import Prober, ask_all
from portal.operations import works

logger = logging.getLogger(__name__)

SECONDS = 4.0  # for all parts together
PATIENCE = 2.0  # of a part that can be given a limit of its own
KEPT = 5.0  # seconds for which an answer serves everybody
BEAT_SILENT = timedelta(minutes=3)
QUEUE_SILENT = timedelta(minutes=7)  # a task may last five
OVERDUE = timedelta(minutes=10)
REFUSED_MAILS = 5
SILENT = "ne répond pas à temps"
UNKNOWN = "inconnu tant que la base est malade"


class State(StrEnum):
    """How the portal, or a part of it, is."""

    READY = "prêt"
    DEGRADED = "dégradé"
    ILL = "indisponible"


VITAL = frozenset({"base", "horloge"})  # why these alone: docs/adr/0070
OF_THE_DATABASE = ("base", "horloge", "planificateur", "workers", "courrier", "webhooks")
Words = dict[str, str]  # part: what is wrong with it, "" when it is well


@dataclass(frozen=True)
class Answer:
    """The whole and its parts."""

    state: State
    parts: Words

    def shown(self) -> dict[str, Any]:
        """As JSON says it: « bien », or what is wrong."""
        return {"etat": self.state.value, "parties": {name: said or "bien" for name, said in self.parts.items()}}


def ask_database() -> Words:
    """The database is read, then written; then what it knows of the others."""
    try:
        right, others = clocks.tolerated(clocks.gap()), _waiting(timezone.now())
    except Error:
        return {"base": "injoignable"} | dict.fromkeys(OF_THE_DATABASE[1:], UNKNOWN)
    found = {"base": "", "horloge": "" if right else "décalée de celle de la base", **others}
    try:
        Heartbeat.note("web", timezone.now())
    except Error:
        found["base"] = "lue, mais ne s’écrit plus (lecture seule, verrouillée, ou disque plein)"
    return found


def _waiting(now: datetime) -> Words:
    signs = dict(Heartbeat.objects.values_list("name", "at"))
    beat = _beat(signs.get(BEAT), now)
    return {
        "planificateur": beat,
        "workers": "inconnu tant que le planificateur se tait" if beat else _workers(signs, now),
        "courrier": _mails(now),
        "webhooks": _webhooks(now),
    }


def _beat(last: datetime | None, now: datetime) -> str:
    if last is None:
        return "n’a jamais donné signe"
    return f"sans signe depuis {_minutes(now - last)}" if now - last > BEAT_SILENT else ""


def _workers(signs: dict[str, datetime], now: datetime) -> str:
    silent = [name for name in settings.PORTAL_QUEUES if now - signs.get(QUEUE + name, _LONG_AGO) > QUEUE_SILENT]
    return f"personne ne travaille pour\xa0: {', '.join(silent)}" if silent else ""


_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def _mails(now: datetime) -> str:
    """Those that nobody takes, or that a relay refuses one after the other; one refused address is no news."""
    late = works.BY_NAME["emails"].oldest(now)
    if late > OVERDUE:
        return f"un e-mail attend depuis {_minutes(late)}"
    refused = OutgoingEmail.objects.filter(status=EmailStatus.RETRY, created_at__lt=now - OVERDUE).count()
    sent = OutgoingEmail.objects.filter(status=EmailStatus.SENT, sent_at__gt=now - OVERDUE)
    if refused >= REFUSED_MAILS and not sent.exists():
        return f"{refused} e-mails refusés par le relais, aucun parti depuis {_minutes(OVERDUE)}"
    return ""


def _webhooks(now: datetime) -> str:
    late = works.BY_NAME["webhooks"].oldest(now)
    return f"un évènement attend depuis {_minutes(late)}" if late > OVERDUE else ""


def _minutes(age: timedelta) -> str:
    return f"{int(age.total_seconds() // 60)}\xa0min"


def ask_broker() -> Words:
    """Something is written on it: a server that is full, or a replica, answers to a mere PING."""
    try:
        if settings.CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
            with _redis(settings.CELERY_BROKER_URL) as server:
                server.set("portail:sante", "1", ex=60)
        else:
            with app.connection_for_write() as link:
                link.ensure_connection(max_retries=1, timeout=int(PATIENCE))
    except Exception as error:  # kombu and its transports raise many kinds
        return {"broker": _refusal(error)}
    return {"broker": ""}


@contextlib.contextmanager
def _redis(url: str) -> Iterator["redis.Redis"]:
    server = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    try:
        yield server
    finally:
        server.close()


def ask_storage() -> Words:
    """A question to the bucket, or a file without a name in the folder."""
    storage: Any = storages["justificatifs"]
    try:
        if hasattr(storage, "bucket_name"):
            storage.exists("sante")
        else:
            folder = Path(storage.location)
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
    except Exception as error:  # botocore raises many kinds
        return {"stockage": _refusal(error)}
    return {"stockage": ""}


def ask_antivirus() -> Words:
    """PING to clamd; well when the portal was told to do without."""
    if not settings.PORTAL_CLAMD:
        return {"antivirus": ""}
    try:
        Clamd(settings.PORTAL_CLAMD, PATIENCE).ping()
    except ScannerUnavailable as error:
        return {"antivirus": _refusal(error)}
    return {"antivirus": ""}


def _refusal(error: Exception) -> str:
    """Words for anybody; the kind of fault is for the log, since its text may name a machine."""
    logger.info("Sonde : %s", type(error).__name__)
    return "injoignable ou en erreur"


PROBES: dict[tuple[str, ...], Callable[[], Words]] = {
    OF_THE_DATABASE: ask_database,
    ("broker",): ask_broker,
    ("stockage",): ask_storage,
    ("antivirus",): ask_antivirus,
}
_probers: dict[str, Prober[Words]] = {" ".join(parts): Prober(probe) for parts, probe in PROBES.items()}


_looking = threading.Lock()
_former: dict[str, tuple[float, Answer]] = {}  # the last answer, and until when it stands in for the next
forgets(_former.clear)


def look() -> Answer:
    """How each part is, for KEPT seconds. One thread looks at a time, whoever asks: the others have the last answer
    meanwhile, or wait for the first one when there is none of less than a look ago.
    """
    until, former = _former.get("answer", (0.0, None))
    if former is None or time.monotonic() >= until:
        with _looking:
            return _look()
    if not _looking.acquire(blocking=False):
        return former
    try:
        return _look()
    finally:
        _looking.release()


@kept(seconds=KEPT)
def _look() -> Answer:
    """All parts asked at once, in SECONDS at most. A change is one line of the log."""
    parts: Words = {}
    for names, found in ask_all(_probers, seconds=SECONDS).items():
        first, *others = names.split()
        parts |= found if found is not None else {first: SILENT} | dict.fromkeys(others, UNKNOWN)
    ill = {name: said for name, said in parts.items() if said}
    state = State.ILL if ill.keys() & VITAL else State.DEGRADED if ill else State.READY
    _say(state, ill)
    answer = Answer(state, parts)
    _former["answer"] = time.monotonic() + KEPT + SECONDS, answer
    return answer


_said: dict[str, Words] = {"ill": {}}
forgets(lambda: _said.update(ill={}))


def _say(state: State, ill: Words) -> None:
    """Which parts are ill, once: ages change from one look to the next and are no news."""
    if ill.keys() != _said["ill"].keys():
        level = logging.WARNING if ill else logging.INFO
        logger.log(level, "Portail %s : %s", state.value, ill or "toutes les parties vont bien")
    _said["ill"] = ill

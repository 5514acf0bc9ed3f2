"""The portal closed for a while: one row that every process reads, so that all machines agree and a restart keeps it.

A web process looks at it in a thread of its own: requests pay nothing. Workers take nothing new while it lasts: what is
under way ends, what waits leaves afterwards, links in mails lead to a portal that answers.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from celery.signals import worker_init
from django.conf import settings
from django.db import Error, close_old_connections, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import User
from accounts.services import note_operation
from dispenses.api import problems
from notifications.models import Maintenance
from portal.lib import leases
from portal.lib.kept import forgets, kept

logger = logging.getLogger(__name__)

EVERY = 3.0  # seconds after which each process knows
RETRY_SECONDS = 300  # when nobody said how long it lasts
API = "/api/"
# What answers all the same: signs of life, files of the page itself, and the way out.
OPEN = ("/sante", "/metrics", "/marque/", "/favicon.ico", "/robots.txt", "/deconnexion/")
ENTRANCE = "/connexion/"  # to who is nobody yet: it may be a superuser
OBJECT = "Maintenance"

_state: dict[str, Maintenance | None] = {"now": None}
forgets(lambda: _state.update(now=None))


# Closing and opening


@transaction.atomic
def close(*, by: User | None, lasts: timedelta | None = None, words: str = "") -> Maintenance:
    """Close the portal, or say anew for how long and why."""
    now = timezone.now()
    row, _ = Maintenance.objects.update_or_create(
        pk=1, defaults={"until": now + lasts if lasts else None, "words": words}, create_defaults={
            "since": now, "until": now + lasts if lasts else None, "words": words
        },
    )  # fmt: skip
    note_operation(
        by=by, object=OBJECT, detail=f"Portail fermé{f', pour {_minutes(lasts)}' if lasts else ''}. {words}".strip()
    )
    return row


@transaction.atomic
def reopen(*, by: User | None) -> bool:
    """Open the portal. False when it was open."""
    deleted, _ = Maintenance.objects.filter(pk=1).delete()
    if deleted:
        note_operation(by=by, object=OBJECT, detail="Portail rouvert.")
    return bool(deleted)


def _minutes(lasts: timedelta) -> str:
    minutes = math.ceil(lasts.total_seconds() / 60)
    return f"{minutes}\xa0minute{'s' if minutes > 1 else ''}"


# Knowing


def read() -> Maintenance | None:
    """As the database says. Raises DatabaseError."""
    return Maintenance.objects.first()


def refresh() -> None:
    """Have this process know what the database says; what it knew stays when the database does not answer."""
    try:
        found = read()
    except Error:
        return
    if (found is None) != (_state["now"] is None):
        logger.warning("Portail fermé pour maintenance" if found else "Portail rouvert")
    _state["now"] = found


def watch() -> None:
    """This web process knows before its first answer, and from now on looks at it in a thread of its own."""
    _look()
    connection.close()  # that of a thread that may never serve anybody
    threading.Thread(target=_go_on, name="maintenance", daemon=True).start()


def _go_on() -> None:
    while True:
        time.sleep(EVERY)
        _look()


def _look() -> None:
    try:
        close_old_connections()  # and the one that broke
        refresh()
    except Exception:  # whatever it is, it is looked at again
        logger.exception("Lecture de la maintenance en échec")


@kept(seconds=EVERY)
def _pauses() -> bool:
    try:
        return read() is not None
    except Error:
        return False


@worker_init.connect
def pause_work(**_: object) -> None:
    """In a worker, before it makes its processes."""
    leases.pause_when(_pauses)


# Answering


class MaintenanceMiddleware:
    """While the portal is closed, its pages answer 503 and say what is kept; superusers go on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        row = _state["now"]
        if row is None or _passes(request):
            return self.get_response(request)
        answer = _closed(request, row)
        setattr(answer, "_has_been_logged", True)  # noqa: B010 – Django's: each page is no error of ours
        return answer


def _passes(request: HttpRequest) -> bool:
    path = request.path_info
    if path.startswith((*OPEN, settings.STATIC_URL)):
        return True
    if path.startswith(API):
        return False
    try:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return path.startswith(ENTRANCE)
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
    except Error:  # the database is what is being worked on
        return False


def _closed(request: HttpRequest, row: Maintenance) -> HttpResponse:
    left = row.until - timezone.now() if row.until else timedelta()
    seconds = max(math.ceil(left.total_seconds()), 0) or RETRY_SECONDS
    if request.path_info.startswith(API):
        problem = problems.Problem("maintenance", headers={"Retry-After": str(seconds)})
        return problems.response(request, problem)
    until = row.until if left > timedelta() else None
    answer = render(
        request, "maintenance.html", {"until": until, "words": row.words}, status=HTTPStatus.SERVICE_UNAVAILABLE
    )
    answer["Retry-After"] = str(seconds)
    return answer

"""« Exploitation », in the centre's pages: what waits, what failed and why, and trying again."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import person
from accounts.services import note_operation
from notifications.enums import Tallied
from notifications.models import Heartbeat, Tally
from portal import readiness
from portal.celery import app
from portal.heartbeats import BEAT, QUEUE
from portal.operations import exposition, maintenance, schedule, works

logger = logging.getLogger(__name__)

RIGHT = "notifications.operate"
ADDRESS = "admin:exploitation"
SILENT_TURNS = 2  # turns missed, then as much again, before a task counts as silent
SILENT_MORE = timedelta(minutes=15)


@dataclass(frozen=True)
class Task:
    """One task of the schedule, as the page shows it."""

    name: str
    done_at: datetime | None
    failures: int
    failed_at: datetime | None
    error: str
    is_silent: bool

    @property
    def failed_last(self) -> bool:
        """Whether it has not succeeded since its last failure."""
        return self.failed_at is not None and (self.done_at is None or self.failed_at > self.done_at)


def tasks(now: datetime) -> list[Task]:
    """Those of the schedule, the ones that want a look first."""
    tallies = {(row.kind, row.key): row for row in Tally.objects.filter(kind__in=exposition.RESULTS)}
    found = []
    for name, gap in schedule.longest_gaps().items():
        done, failed = tallies.get((Tallied.TASK_DONE, name)), tallies.get((Tallied.TASK_FAILED, name))
        is_silent = done is not None and now - done.at > timedelta(seconds=gap * SILENT_TURNS) + SILENT_MORE
        found.append(
            Task(
                name=name,
                done_at=done.at if done else None,
                failures=failed.count if failed else 0,
                failed_at=failed.at if failed else None,
                error=failed.detail if failed else "",
                is_silent=is_silent,
            )
        )
    return sorted(found, key=lambda task: (not task.failed_last, not task.is_silent, task.name))


def page(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """The page, and its buttons. Raises PermissionDenied without the right."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    if request.method == "POST":
        _act(request)
        return redirect(ADDRESS)
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    return _shown(site, request)


def _shown(site: AdminSite, request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    seen, scheduled = list(works.look()), tasks(now)
    signs = dict(Heartbeat.objects.values_list("name", "at"))
    context = {
        **site.each_context(request),
        "title": "Exploitation",
        "parts": [(name, said) for name, said in readiness.look().parts.items() if said],
        "closed": maintenance.read(),
        "seen": seen,
        "wanting": [row for row in seen if row.postponed or row.failed],
        "most": works.MOST_COUNTED,
        "at_once": works.AT_ONCE,
        "tasks": [task for task in scheduled if task.failed_last or task.is_silent],
        "others": [task for task in scheduled if not (task.failed_last or task.is_silent)],
        "beat": signs.get(BEAT),
        "queues": _queues(signs),
    }
    return TemplateResponse(request, "operations/exploitation.html", context)


def _queues(signs: dict[str, datetime]) -> list[tuple[str, datetime | None, int | None]]:
    """Name of a queue, last sign of its workers, messages that wait; None for what the broker does not tell."""
    try:
        lengths = exposition.queue_lengths()
    except Exception as error:  # kombu and its transports raise many kinds
        logger.info("Files du broker illisibles : %s", type(error).__name__)
        lengths = {}
    return [(name, signs.get(QUEUE + name), lengths.get(name)) for name in settings.PORTAL_QUEUES]


# Trying again


@transaction.atomic  # nothing is done without its line of the journal
def _act(request: HttpRequest) -> None:
    gesture, reason = request.POST.get("geste", ""), request.POST.get("raison", "")
    if gesture == "lancer":
        _run(request, request.POST.get("tache", ""))
        return
    work = works.BY_NAME.get(request.POST.get("travail", ""))
    if work is None or gesture not in {"reprendre", "hater"} or "\0" in reason:
        messages.error(request, "Ce bouton n’existe plus\xa0: la page a été relue, choisissez de nouveau.")
        return
    reason = reason if work.reason else ""
    count = work.retry(reason) if gesture == "reprendre" else work.hasten(reason, timezone.now())
    if not count:
        left = (
            "il n’y a plus rien à reprendre pour cette raison."
            if gesture == "reprendre"
            else "rien à avancer\xa0: ce qui attend encore repart de soi-même dans quelques minutes."
        )
        messages.info(request, f"{work.label}\xa0: {left}")
        return
    done = "Repris après échec" if gesture == "reprendre" else "Réessayé sans attendre"
    note_operation(
        by=person(request), object=work.label, detail=f"{done}\xa0: {count} ({reason or 'sans raison écrite'})"
    )
    messages.success(request, f"{work.label}\xa0: {count} remis au travail. Relisez cette page dans une minute.")


def _run(request: HttpRequest, name: str) -> None:
    if name not in schedule.longest_gaps():
        messages.error(request, "Cette tâche n’est plus au planificateur.")
        return
    app.loader.import_default_modules()  # a web process knows the tasks of the pages that it showed alone
    try:
        app.tasks[name].delay()
    except Exception as error:  # kombu and its transports raise many kinds
        logger.warning("Broker injoignable, %s n’est pas lancée : %s", name, type(error).__name__)
        messages.error(request, f"Le broker ne répond pas\xa0: {name} attendra son tour.")
        return
    note_operation(by=person(request), object=name, detail="Tâche lancée à la main")
    messages.success(request, f"Tâche demandée\xa0: {name}. Son résultat est ici dans une minute.")


# On the index of the centre's pages


def entry(request: HttpRequest) -> list[dict[str, Any]]:
    """The page as one entry of the admin's list of apps, for those who may open it."""
    if not request.user.has_perm(RIGHT):
        return []
    address = reverse(ADDRESS)
    item = {
        "name": "Ce qui attend, ce qui a échoué",
        "object_name": "Exploitation",
        "admin_url": address,
        "add_url": None,
        "view_only": True,
        "perms": {"view": True},
    }
    return [
        {
            "name": "Exploitation",
            "app_label": "exploitation",
            "app_url": address,
            "has_module_perms": True,
            "models": [item],
        }
    ]

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, before_task_publish, task_postrun, task_prerun, worker_init, worker_process_init
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import Error as DatabaseError
from kombu.transport import TRANSPORT_ALIASES

from portal.contrast import refuse_to_start
from portal.lib import clocks, correlation

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
TRANSPORT_ALIASES["filesystem"] = "portal.dev.broker:Transport"

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(lambda: settings.INSTALLED_APPS)


@before_task_publish.connect
def give_the_number(headers: dict[str, Any] | None = None, **options: Any) -> None:
    """A task that a request asks for works under its number."""
    if headers is not None and (number := correlation.number()):
        headers["request_number"] = number


@task_prerun.connect
def work_for_the_request(task_id: str = "", task: Any = None, **options: Any) -> None:
    """Under the number of the request that asked for it, or under the task's own."""
    if not task.request.is_eager:  # one that runs inside a request is part of it
        correlation.begin(getattr(task.request, "request_number", None) or task_id)


@task_postrun.connect
def work_is_done(task: Any = None, **options: Any) -> None:
    if not task.request.is_eager:
        correlation.end()


@worker_init.connect
@beat_init.connect
def check_at_start(**options: Any) -> None:
    """Celery runs the system checks without heeding them, and goes on after an exception of a signal."""
    try:
        refuse_to_start()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error
    refuse_another_clock()


def refuse_another_clock() -> None:
    """A worker two hours ahead takes what others hold, one behind leaves it: neither starts. Raises SystemExit."""
    try:
        gap = clocks.gap()
    except DatabaseError:  # down for now: tasks wait for it
        return
    if not clocks.tolerated(gap):
        raise SystemExit(f"L’horloge de cette machine et celle de la base diffèrent de {gap:+.0f} s : réglez-la (NTP).")


@worker_process_init.connect
def watch_the_clock(**options: Any) -> None:
    """A clock that is set wrong under a running worker: it takes nothing until it is right again."""
    clocks.watch()

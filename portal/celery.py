import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_init
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import Error as DatabaseError
from kombu.transport import TRANSPORT_ALIASES

from portal.contrast import refuse_to_start
from portal.lib import clocks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
TRANSPORT_ALIASES["filesystem"] = "portal.dev.broker:Transport"

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(lambda: settings.INSTALLED_APPS)


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

"""What support asks first, in one text: versions, settings, parts, what waits. Nothing of anybody, no secret.

Settings are told from a list of names: one that is added is silent until somebody decides that it may be read.
"""

import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from notifications.enums import Tallied
from notifications.models import Heartbeat, Tally
from portal import readiness
from portal.lib import clocks
from portal.operations import exposition, maintenance, works

Section = dict[str, Any]

PROJECT = "portail-dispense"
# Numbers, yes or no, and words of a short list: nothing that opens a door or names anybody.
TOLD = (
    "DEBUG", "EMAIL_PORT", "EMAIL_TIMEOUT", "EMAIL_USE_TLS", "PORTAL_API_RATE", "PORTAL_CLAMD_SECONDS",
    "PORTAL_COLLEAGUE_INVITATION_DAYS", "PORTAL_COMPLEMENT_CLOSE_DAYS", "PORTAL_COMPLEMENT_REMINDER_DAYS",
    "PORTAL_DATA_DAYS", "PORTAL_DELAY_WORKING_DAYS", "PORTAL_IMPORT_KEPT_DAYS", "PORTAL_IMPORT_MAX_BYTES",
    "PORTAL_IMPORT_MAX_ROWS", "PORTAL_PACK_DAYS", "PORTAL_PROXY_COUNT", "PORTAL_QUEUES", "PORTAL_S3_DOWNLOADS",
    "PORTAL_S3_SIGNED_SECONDS", "PORTAL_SECOND_FACTOR", "PORTAL_SESSION_IDLE", "PORTAL_UNDO_SECONDS",
    "PORTAL_UPLOAD_HOURLY_BYTES", "PORTAL_UPLOAD_HOURLY_FILES", "PORTAL_UPLOAD_MAX_BYTES", "PORTAL_UPLOAD_MAX_FILES",
    "PORTAL_UPLOAD_MAX_PICTURES", "PORTAL_WEBHOOK_PORTS", "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT",
    "SESSION_COOKIE_SECURE", "TIME_ZONE",
)  # fmt: skip
# Of these, whether they are set alone.
WHETHER = (
    "ALLOWED_HOSTS", "EMAIL_HOST", "EMAIL_HOST_USER", "PORTAL_CLAMD", "PORTAL_METRICS_TOKEN",
    "PORTAL_PACK_SIGNING_KEY", "PORTAL_REQUEST_HEADER", "PORTAL_SEALING_KEYS", "SECRET_KEY_FALLBACKS",
)  # fmt: skip


def report() -> dict[str, Section]:
    """Each section apart: one that cannot be read says so by the class of its error, and the others are there."""
    return {name: _tried(section) for name, section in SECTIONS.items()}


def _tried(section: Callable[[], Section]) -> Section:
    try:
        return section()
    except Exception as error:  # a diagnosis is asked for when something is ill
        return {"illisible": type(error).__name__}


def _versions() -> Section:
    found: Section = {
        "portail": _version(PROJECT),
        "python": platform.python_version(),
        "django": django.get_version(),
        "settings": settings.SETTINGS_MODULE,
        "système": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processeurs": os.cpu_count(),
    }
    wanted = [line for line in metadata.requires(PROJECT) or () if "extra ==" not in line]
    names = {match[0] for line in wanted if (match := re.match(r"[\w.-]+", line))}
    return found | {name: _version(name) for name in sorted(names - {"Django"}, key=str.lower)}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absente"


def _settings() -> Section:
    database: dict[str, Any] = settings.DATABASES["default"]
    storage: Any = settings.STORAGES["justificatifs"]
    caches: Any = settings.CACHES
    broker = str(settings.CELERY_BROKER_URL).partition(":")[0]
    return {
        "base": database["ENGINE"].rpartition(".")[2],
        "limites de la base": database.get("OPTIONS", {}).get("options", ""),
        "broker": broker,
        "stockage": storage["BACKEND"].rpartition(".")[2],
        "e-mails": settings.EMAIL_BACKEND.rpartition("backends.")[2],
        "cache de chaque processus": caches["default"]["BACKEND"].rpartition(".")[2],
        "cache partagé": caches["shared"]["BACKEND"].rpartition(".")[2],
        **{name: getattr(settings, name) for name in TOLD if hasattr(settings, name)},
        **{name: "donné" if getattr(settings, name, None) else "absent" for name in WHETHER},
    }


def _database() -> Section:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()" if connection.vendor == "postgresql" else "SELECT sqlite_version()")
        (version,) = cursor.fetchone()
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {
        "version": str(version).partition(" on ")[0],
        "horloge": f"{clocks.gap():+.1f} s d’avance sur celle de la base",
        "migrations à faire": [f"{migration.app_label}.{migration.name}" for migration, _ in plan] or "aucune",
    }


def _parts() -> Section:
    return {name: said or "bien" for name, said in readiness.look().parts.items()}


def _closed() -> Section:
    row = maintenance.read()
    return {"portail": "ouvert" if row is None else f"fermé depuis {row.since.isoformat(timespec='seconds')}"}


def _signs() -> Section:
    now = timezone.now()
    return {
        name: f"il y a {int((now - at).total_seconds())} s"
        for name, at in Heartbeat.objects.order_by("name").values_list("name", "at")
    }


def _waiting() -> Section:
    now = timezone.now()
    return {
        work.name: {
            "en attente": work.count(),
            "retard (s)": int(work.oldest(now).total_seconds()),
            "en échec": work.failures(),
        }
        for work in works.WORKS
    }


def _tallies() -> Section:
    found: Section = {}
    for row in Tally.objects.exclude(kind=Tallied.TASK_DONE).order_by("kind", "key"):
        found[f"{row.kind} {row.key}"] = f"{row.count}, dernière {row.at.isoformat(timespec='seconds')} ({row.detail})"
    return found


def _places() -> Section:
    """Room and rights of the folders that a process writes to."""
    folders = {
        "var": Path(settings.VAR_DIR),
        "temporaire": Path(tempfile.gettempdir()),
        "static": Path(settings.STATIC_ROOT),
    }
    return {name: _folder(path) for name, path in folders.items()}


def _folder(path: Path) -> Section:
    if not path.is_dir():
        return {"dossier": "absent"}
    usage = shutil.disk_usage(path)
    stat = path.stat()
    return {
        "libre": f"{usage.free // 1_000_000} Mo sur {usage.total // 1_000_000}",
        "droits": f"{stat.st_mode & 0o7777:04o}, propriétaire {stat.st_uid}:{stat.st_gid}, ce processus {os.geteuid()}",
        "écriture": "oui" if os.access(path, os.W_OK | os.X_OK) else "non",
    }


SECTIONS: dict[str, Callable[[], Section]] = {
    "versions": _versions,
    "réglages": _settings,
    "base": _database,
    "parties": _parts,
    "maintenance": _closed,
    "signes de vie": _signs,
    "files du broker": lambda: dict(exposition.queue_lengths()),
    "travail": _waiting,
    "échecs comptés": _tallies,
    "dossiers": _places,
    "machine": lambda: {"instant": timezone.now().isoformat(timespec="seconds"), "python": Path(sys.prefix).name},
}

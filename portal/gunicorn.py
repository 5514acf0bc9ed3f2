"""gunicorn: 2 processes of 8 threads by default, which are given whole requests alone (portal/http_worker.py)."""

import gc
import os
import shutil
import tempfile
from typing import Any

from portal.logs import FORMATS
from portal.settings import env

worker_class = "portal.http_worker.BufferingWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60  # seconds
# Seconds that a process which is told to stop has for what is still coming: longer than a body may take
# (PORTAL_BODY_SECONDS). Who stops it must be more patient still (docker-compose.yml, deploy/systemd).
graceful_timeout = int(os.environ.get("PORTAL_GRACE_SECONDS", "930"))
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
# gunicorn writes the access log whenever there is a logconfig_dict: the level alone turns it on and off.
access_level = "INFO" if os.environ.get("PORTAL_ACCESS_LOG") == "1" else "WARNING"
# The settings refuse an unknown word by its name: that refusal must reach the log.
log_format = env.text("PORTAL_LOG_FORMAT", "texte")
log_format = log_format if log_format in FORMATS else "texte"
errorlog = "-"
loglevel = "warning"
logconfig_dict: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "refusals": {"()": "portal.logs.WithoutTracebackOfRefusals"},
        "redact": {"()": "portal.logs.RedactSecrets"},
        "number": {"()": "portal.logs.Numbered"},
    },
    "formatters": {"line": {"()": "portal.logs.formatter", "kind": log_format}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals", "redact", "number"]}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "gunicorn.error": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "gunicorn.access": {"handlers": ["console"], "level": access_level, "propagate": False},
    },
}


def post_worker_init(worker: Any) -> None:
    """What is loaded stays: the collector looks at requests only, and less often (pages leave few cycles behind)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


_counts: list[str] = []  # the folder of this master's counts


def on_starting(server: Any) -> None:
    """A new folder where the processes count their requests together (portal.operations.requests)."""
    try:
        _counts.append(tempfile.mkdtemp(prefix="portail-metriques-", dir=worker_tmp_dir))
    except OSError as error:  # each process then counts for itself
        server.log.warning("Métriques : pas de dossier commun, %s", error.strerror)
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts[-1]


def on_exit(server: Any) -> None:
    for folder in _counts:
        shutil.rmtree(folder, ignore_errors=True)

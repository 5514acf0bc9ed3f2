"""Settings common to every environment: secure by default, embedded (SQLite, folders) unless told otherwise.

Each variable is described in docs/settings.md.
"""

from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from portal.dev.broker import transport_options
from portal.settings import env
from portal.settings.brand import read_brand
from portal.settings.cache import shared_cache
from portal.settings.legal import read_legal
from portal.settings.oidc import read_provider
from portal.settings.s3 import s3_options

django_stubs_ext.monkeypatch()  # generic base classes at run time

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env.text("PORTAL_VAR_DIR", BASE_DIR / "var"))
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = False
ALLOWED_HOSTS: list[str] = []
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "portal",
    "dispenses",
    "accounts",
    "notifications",
]

MIDDLEWARE = [
    "portal.middleware.RequestNumberMiddleware",
    "portal.operations.requests.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.ApiMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "portal.middleware.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "portal.middleware.SignedInMiddleware",
    "portal.middleware.PrivatePagesMiddleware",
    "portal.operations.maintenance.MaintenanceMiddleware",  # before whatever asks the database
    "portal.middleware.SessionLimitsMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "portal.middleware.SecondFactorMiddleware",
    "portal.middleware.ShownMessagesMiddleware",
    "portal.middleware.ReadOnlyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.brand",
            ],
            "builtins": ["portal.templatetags.portail"],
        },
    }
]
FORM_RENDERER = "portal.forms.Renderer"

# Database: SQLite in var/ unless DATABASE_URL says otherwise. psycopg2 has no pool: connections are kept.
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(
        env.text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'portal.sqlite3'}"),
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
    }
else:
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    # Seconds, but for the last: a server that is gone without a word is given up, where the system would wait a quarter
    # of an hour. One that works long on a statement still answers.
    _options |= {"connect_timeout": 3, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
    _options["tcp_user_timeout"] = 10_000
    if env.flag("PORTAL_DATABASE_POOLED", default=False):
        # One connection after the other goes to another server's: what is asked of a session is lost or is somebody
        # else's. The limits below are the pooler's to set (deploy/pgbouncer.ini).
        DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        # Seconds that a statement may wait for a row that somebody holds, and may take: portal/wsgi.py asks for less,
        # since a person waits.
        limits = {
            "lock_timeout": env.integer("PORTAL_LOCK_SECONDS", 30),
            "statement_timeout": env.integer("PORTAL_STATEMENT_SECONDS", 0),  # without limit
        }
        _options["options"] = " ".join(f"-c {name}={value}s" for name, value in limits.items())

# "default": each process keeps its own, nothing here may be needed by another one, or go out of date. "shared": what
# two pages in a row must show alike, whichever process answers (portal/lib/shared.py). What counts is in neither: 0076.
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
    "shared": shared_cache(
        env.text("PORTAL_CACHE_URL", ""),
        broker=env.text("CELERY_BROKER_URL", "filesystem://"),
        folder=VAR_DIR / "cache",
    ),
}

# Keys of what is sealed in the database: the first seals, each opens, as do the secret keys (portal/lib/sealing.py).
PORTAL_SEALING_KEYS = env.secrets("PORTAL_SEALING_KEYS")

# People
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "accounts.validators.GuessablePasswordValidator"},
]
LOGIN_URL = "connexion"
LOGIN_REDIRECT_URL = "accueil"
LOGOUT_REDIRECT_URL = "connexion"
# Pages of the rooms above that a mail or a page of the rooms below leads to, by the name of their address.
PORTAL_ENTRANCES = {
    "company_guide": "puis_je_entreprise",
    "complete": "demande_completer",
    "confirm": "demande_confirmer",
    "contact": "contact",
    "employees": "salaries",
    "guide": "puis_je",
    "home": "accueil",
    "messages": "demande_messages",
    "my_data": "mes_donnees",
    "packs": "preuves",
    "privacy": "donnees_personnelles",
    "questions": "admin:dispenses_question_changelist",
    "queue": "admin:dispenses_dispense_changelist",
    "requests": "demandes",
}
# Days during which a colleague may accept to become a correspondent.
PORTAL_COLLEAGUE_INVITATION_DAYS = env.integer("PORTAL_COLLEAGUE_INVITATION_DAYS", 7)
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600  # seconds

# Trusted proxies in front: how many entries of X-Forwarded-For are theirs (portal/lib/client.py).
PORTAL_PROXY_COUNT = env.integer("PORTAL_PROXY_COUNT", 0)
if PORTAL_PROXY_COUNT < 0:
    raise ImproperlyConfigured("PORTAL_PROXY_COUNT doit être un nombre entier, 0 ou plus.")

# Second factor: asked of « tous » (staff and correspondents), of the « centre » alone, or of « aucun ».
PORTAL_SECOND_FACTOR = env.text("PORTAL_SECOND_FACTOR", "tous")
if PORTAL_SECOND_FACTOR not in {"tous", "centre", "aucun"}:
    raise ImproperlyConfigured("PORTAL_SECOND_FACTOR doit valoir tous, centre ou aucun.")

# Signing in with one's organisation; None: with a password alone.
PORTAL_OIDC = read_provider()

# Sessions: idle and absolute limits, in seconds (enforced by portal.middleware.SessionLimitsMiddleware).
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600
PORTAL_SESSION_IDLE = env.integer("PORTAL_SESSION_IDLE", 3600)
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session"
PORTAL_DEVICE_COOKIE_NAME = "__Host-appareil"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"

# Headers
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Language and time
LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]  # words of Django said otherwise
USE_TZ = True

# Files
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
PORTAL_S3_DOWNLOADS = env.text("PORTAL_S3_DOWNLOADS", "signed")
if PORTAL_S3_DOWNLOADS not in {"signed", "streamed"}:
    raise ImproperlyConfigured("PORTAL_S3_DOWNLOADS doit valoir signed ou streamed.")
PORTAL_S3_SIGNED_SECONDS = env.integer("PORTAL_S3_SIGNED_SECONDS", 60)
if env.text("PORTAL_S3_BUCKET", ""):
    _justificatifs: dict[str, Any] = {
        "BACKEND": "dispenses.documents.s3.S3Storage",
        "OPTIONS": s3_options(
            bucket=env.text("PORTAL_S3_BUCKET"),
            endpoint=env.text("PORTAL_S3_ENDPOINT", ""),
            public_endpoint=env.text("PORTAL_S3_PUBLIC_ENDPOINT", ""),
            region=env.text("PORTAL_S3_REGION", ""),
            access_key=env.text("PORTAL_S3_ACCESS_KEY"),
            secret_key=env.text("PORTAL_S3_SECRET_KEY"),
            prefix=env.text("PORTAL_S3_PREFIX", "justificatifs"),
            addressing=env.text("PORTAL_S3_ADDRESSING", "path"),
            encryption=env.text("PORTAL_S3_ENCRYPTION", ""),
            kms_key=env.text("PORTAL_S3_KMS_KEY", ""),
        ),
    }
else:
    _justificatifs = {
        "BACKEND": "dispenses.documents.folder.FolderStorage",
        "OPTIONS": {"location": VAR_DIR / "justificatifs"},
    }


# Packs of evidence and imported files each stand in a place of their own, that no comparison with the rows reads.
def _kept_apart(storage: dict[str, Any], name: str) -> dict[str, Any]:
    """The same kind of storage, in a folder or under a prefix of its own."""
    place = VAR_DIR / name if "bucket_name" not in storage["OPTIONS"] else name
    return {**storage, "OPTIONS": {**storage["OPTIONS"], "location": place}}


STORAGES: dict[str, Any] = {
    "default": _justificatifs,
    "justificatifs": _justificatifs,
    "preuves": _kept_apart(_justificatifs, "preuves"),
    "imports": _kept_apart(_justificatifs, "imports"),
    "actes": _kept_apart(_justificatifs, "actes"),
    "donnees": _kept_apart(_justificatifs, "donnees"),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
PORTAL_PACK_DAYS = env.integer("PORTAL_PACK_DAYS", 7)
PORTAL_DATA_DAYS = env.integer("PORTAL_DATA_DAYS", 7)
PORTAL_PACK_SIGNING_KEY = env.text("PORTAL_PACK_SIGNING_KEY", "")
FILE_UPLOAD_HANDLERS = ["dispenses.documents.receiving.UnnamedFileHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
PORTAL_UPLOAD_MAX_BYTES = env.integer("PORTAL_UPLOAD_MAX_BYTES", 10_000_000)
PORTAL_UPLOAD_MAX_FILES = env.integer("PORTAL_UPLOAD_MAX_FILES", 4)
PORTAL_UPLOAD_MAX_PICTURES = env.integer("PORTAL_UPLOAD_MAX_PICTURES", 12)
PORTAL_UPLOAD_HOURLY_FILES = env.integer("PORTAL_UPLOAD_HOURLY_FILES", 60)
PORTAL_UPLOAD_HOURLY_BYTES = env.integer("PORTAL_UPLOAD_HOURLY_BYTES", 200_000_000)

# Companies' files
PORTAL_IMPORT_MAX_BYTES = env.integer("PORTAL_IMPORT_MAX_BYTES", 40_000_000)
PORTAL_IMPORT_MAX_ROWS = env.integer("PORTAL_IMPORT_MAX_ROWS", 300_000)
PORTAL_IMPORT_KEPT_DAYS = env.integer("PORTAL_IMPORT_KEPT_DAYS", 30)

# Antivirus: clamd's address; « aucun » (the default outside production) releases files without a verdict, and says so.
PORTAL_CLAMD = env.text("PORTAL_CLAMD", "aucun")
if PORTAL_CLAMD == "aucun":
    PORTAL_CLAMD = ""
elif not PORTAL_CLAMD.startswith(("tcp://", "unix:///")):
    raise ImproperlyConfigured("PORTAL_CLAMD doit commencer par tcp:// ou unix:///, ou valoir aucun.")
PORTAL_CLAMD_SECONDS = env.integer("PORTAL_CLAMD_SECONDS", 60)

# E-mail
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.text("PORTAL_FROM_EMAIL", "Espace Adhérent <ne-pas-repondre@espace-adherent.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Celery: filesystem broker in var/ unless a URL is given. Rows are the truth, a message is only a hint.
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "filesystem://")
CELERY_TASK_IGNORE_RESULT = True
# A message is gone once it is taken: were a worker to die, the sweep of each minute reads the rows. Kept until the end
# of its task, it would be given back by a worker whose Redis crashed meanwhile, and kill it (kombu, restore_unacked).
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Each kind of work has a queue, and workers of its own: what is slow or frozen in one delays no other (0045).
CELERY_TASK_DEFAULT_QUEUE = CELERY_TASK_DEFAULT_ROUTING_KEY = "reste"
CELERY_TASK_ROUTES = {
    "notifications.tasks.deliver_webhooks": {"queue": "webhooks"},
    "notifications.tasks.sweep_webhooks": {"queue": "webhooks"},
    "notifications.tasks.purge_*": {"queue": "reste"},
    "notifications.tasks.*": {"queue": "courrier"},
    "accounts.tasks.answer_password_resets": {"queue": "courrier"},
    "dispenses.tasks.settle_decisions": {"queue": "decisions"},
    "dispenses.tasks.decide_in_bulk": {"queue": "decisions"},
    "dispenses.tasks.sweep_bulk": {"queue": "decisions"},
    "dispenses.tasks.examine": {"queue": "documents"},
    "dispenses.tasks.examine_due": {"queue": "documents"},
    "dispenses.tasks.examine_next": {"queue": "documents"},
    "dispenses.tasks.rescan": {"queue": "documents"},
}
PORTAL_QUEUES = ("courrier", "webhooks", "decisions", "documents", "reste")
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in PORTAL_QUEUES]  # of a worker that names none
CELERY_TASK_TIME_LIMIT = 300  # seconds
CELERY_TASK_SOFT_TIME_LIMIT = 240
# The schedule is in UTC: in the hour that comes twice in October, Celery's crontab of a local time is due without end.
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # however long the broker is away, nobody has to restart a worker
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        "retry_on_timeout": False,
        "max_retries": 0,  # of a publisher: a person is waiting, and the sweep does the work anyway
    }
elif CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(VAR_DIR / "broker")
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    # A process that found the broker silent tells nobody for a while (portal.lib.hints): a code leaves within a minute.
    "deliver": {"task": "notifications.tasks.deliver", "schedule": 30.0},
    "requeue-stuck": {"task": "notifications.tasks.requeue_stuck", "schedule": 60.0},
    "purge-mails": {"task": "notifications.tasks.purge_old", "schedule": crontab(minute="17", hour="3")},
    "deliver-webhooks": {"task": "notifications.tasks.deliver_webhooks", "schedule": 60.0},
    "sweep-webhooks": {"task": "notifications.tasks.sweep_webhooks", "schedule": 60.0},
    "purge-webhooks": {"task": "notifications.tasks.purge_webhooks", "schedule": crontab(minute="22", hour="3")},
    "password-resets": {"task": "accounts.tasks.answer_password_resets", "schedule": 60.0},
    "expire-invitations": {"task": "accounts.tasks.expire_invitations", "schedule": crontab(minute="*/10")},
    "expire-colleagues": {"task": "accounts.tasks.expire_colleagues", "schedule": crontab(minute="3-59/10")},
    "remind-invitations": {"task": "accounts.tasks.remind_invitations", "schedule": crontab(minute="5", hour="7-16")},
    "send-reminders": {"task": "accounts.tasks.sweep_reminders", "schedule": 60.0},
    "send-digests": {
        "task": "dispenses.tasks.send_digests",
        "schedule": crontab(minute="20", hour="6-10", day_of_week="1-5"),
    },
    "send-held-invitations": {"task": "accounts.tasks.send_held_invitations", "schedule": 60.0},
    "work-on-imports": {"task": "accounts.tasks.sweep_imports", "schedule": 60.0},
    "purge-imports": {"task": "accounts.tasks.purge_imports", "schedule": crontab(minute="50", hour="3")},
    "purge-never-activated": {"task": "accounts.tasks.purge_never_activated", "schedule": crontab("40", "3")},
    "purge-challenges": {"task": "accounts.tasks.purge_passkey_challenges", "schedule": crontab(minute="43")},
    "purge-addresses": {"task": "accounts.tasks.purge_former_addresses", "schedule": crontab(minute="44")},
    "purge-sessions": {"task": "accounts.tasks.purge_sessions", "schedule": crontab(minute="42")},
    "purge-tries": {"task": "accounts.tasks.purge_tries", "schedule": crontab(minute="52", hour="3")},
    "stop-unheld": {"task": "accounts.tasks.sweep_unheld", "schedule": 60.0},
    "purge-idempotency": {"task": "accounts.tasks.purge_idempotency", "schedule": crontab(minute="50", hour="3")},
    "end-dispenses": {"task": "dispenses.tasks.end_dispenses", "schedule": crontab(minute="30", hour="5,23")},
    # The first hour after midnight in France, summer and winter, then again for a worker that was stopped.
    "record-departures": {
        "task": "dispenses.tasks.record_departures",
        "schedule": crontab(minute="10", hour="0,5,23"),
    },
    "tell-contract-ends": {
        "task": "accounts.tasks.tell_contract_ends",
        "schedule": crontab(minute="15", hour="6,10,14"),
    },
    "record-second-looks": {
        "task": "dispenses.tasks.record_second_looks",
        "schedule": crontab(minute="20", hour="0,5,23"),
    },
    "record-policies": {
        "task": "dispenses.tasks.record_policies",
        "schedule": crontab(minute="25", hour="0,5,23"),
    },
    "tell-late-cards": {"task": "dispenses.tasks.tell_late_cards", "schedule": crontab(minute="15", hour="6,10,14")},
    "sweep-transfers": {"task": "dispenses.tasks.sweep_transfers", "schedule": 60.0},
    "flag-proofs": {"task": "dispenses.tasks.flag_proofs", "schedule": crontab(minute="40", hour="5,23")},
    "tell-steps": {"task": "dispenses.tasks.tell_steps", "schedule": crontab(minute="10", hour="6,10,14")},
    "warn-of-unreached": {"task": "dispenses.tasks.warn_of_unreached", "schedule": crontab(minute="25", hour="7-16")},
    "settle-decisions": {"task": "dispenses.tasks.settle_decisions", "schedule": 30.0},
    "sweep-bulk": {"task": "dispenses.tasks.sweep_bulk", "schedule": 60.0},
    "purge-bulk": {"task": "dispenses.tasks.purge_bulk", "schedule": crontab(minute="55", hour="3")},
    "remind-complements": {
        "task": "dispenses.tasks.remind_complements",
        "schedule": crontab(minute="35", hour="7-16"),
    },
    "examine-documents": {"task": "dispenses.tasks.examine_due", "schedule": 60.0},
    "rescan-documents": {"task": "dispenses.tasks.rescan", "schedule": crontab(minute="*/10", hour="0-3")},
    "reconcile-storage": {"task": "dispenses.tasks.reconcile_storage", "schedule": crontab(minute="40")},
    "release-forgotten": {"task": "dispenses.tasks.release_forgotten", "schedule": crontab(minute="50", hour="4")},
    "purge-presence": {"task": "dispenses.tasks.purge_presence", "schedule": 600.0},
    "refresh-people": {"task": "dispenses.tasks.refresh_people", "schedule": crontab(minute="5", hour="4")},
    "follow-payroll": {"task": "dispenses.tasks.follow_payroll", "schedule": crontab(minute="10", hour="0")},
    "refresh-figures": {"task": "dispenses.tasks.refresh_figures", "schedule": crontab(minute="*/10")},
    "rebuild-figures": {"task": "dispenses.tasks.rebuild_figures", "schedule": crontab(minute="20", hour="2")},
    "prepare-data-copies": {"task": "dispenses.tasks.prepare_data_copies", "schedule": 60.0},
    "prepare-packs": {"task": "dispenses.tasks.prepare_packs", "schedule": 60.0},
    "purge-drafts": {"task": "dispenses.tasks.purge_drafts", "schedule": crontab(minute="45", hour="3")},
    "forget-evidence": {"task": "dispenses.tasks.forget_evidence", "schedule": crontab(minute="15", hour="1")},
    "purge-questions": {"task": "dispenses.tasks.purge_questions", "schedule": crontab(minute="45", hour="3")},
    "purge-journals": {"task": "dispenses.tasks.purge_journals", "schedule": crontab(minute="35", hour="3")},
}

# API. Hosts that webhooks may reach in http or on a private network: a developer's machine, never in production.
PORTAL_WEBHOOK_TRUSTED_HOSTS: list[str] = []
# Ports of the Internet that they may reach: no other service of a machine is knocked at.
PORTAL_WEBHOOK_PORTS = env.ports("PORTAL_WEBHOOK_PORTS", "443")
PORTAL_API_RATE = env.integer("PORTAL_API_RATE", 120)

# The desk: the delay promised, in working days; changed, it holds for what comes in next.
PORTAL_DELAY_WORKING_DAYS = env.integer("PORTAL_DELAY_WORKING_DAYS", 10)

# For how long (seconds) a decision of the desk may be undone before anything of it leaves; 0: it takes effect at once.
PORTAL_UNDO_SECONDS = env.integer("PORTAL_UNDO_SECONDS", 300)
# A complement without answer: reminders after these numbers of days, then a proposal to close that long after the last.
PORTAL_COMPLEMENT_REMINDER_DAYS = (
    env.integer("PORTAL_COMPLEMENT_FIRST_REMINDER_DAYS", 7),
    env.integer("PORTAL_COMPLEMENT_SECOND_REMINDER_DAYS", 15),
)
PORTAL_COMPLEMENT_CLOSE_DAYS = env.integer("PORTAL_COMPLEMENT_CLOSE_DAYS", 15)

# Identity of the insurer that runs the portal
PORTAL_BASE_URL = env.text("PORTAL_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
PORTAL_NAME = env.text("PORTAL_NAME", "Espace Adhérent")
PORTAL_INSURER = env.text("PORTAL_INSURER", "Votre mutuelle")
PORTAL_CONTACT_EMAIL = env.text("PORTAL_CONTACT_EMAIL", "contact@espace-adherent.example")
PORTAL_CONTACT_PHONE = env.text("PORTAL_CONTACT_PHONE", "01 99 00 00 00")
PORTAL_CONTACT_HOURS = env.text("PORTAL_CONTACT_HOURS", "du lundi au vendredi, 9 h – 18 h")
PORTAL_BRAND = read_brand(BASE_DIR / "static")
PORTAL_LEGAL = read_legal()

# Whether the pages of /dev/ exist: the mailbox, the components (dev settings only).
PORTAL_DEV_MAILBOX = False

# What Prometheus must give to read /metrics; without it there is no such address.
PORTAL_METRICS_TOKEN = env.text("PORTAL_METRICS_TOKEN", "")
if PORTAL_METRICS_TOKEN and len(PORTAL_METRICS_TOKEN) < env.SHORTEST_TOKEN:
    raise ImproperlyConfigured(f"PORTAL_METRICS_TOKEN doit compter au moins {env.SHORTEST_TOKEN} caractères.")

# Faults told to a Sentry server, durations to an OpenTelemetry collector: nothing of anybody (portal/operations).
PORTAL_SENTRY_DSN = env.text("PORTAL_SENTRY_DSN", "")
PORTAL_OTEL_ENDPOINT = env.text("PORTAL_OTEL_ENDPOINT", "")
PORTAL_OTEL_PERCENT = env.integer("PORTAL_OTEL_PERCENT", 10)
env.installed("PORTAL_SENTRY_DSN", "sentry_sdk", extra="sentry")
env.installed("PORTAL_OTEL_ENDPOINT", "opentelemetry.sdk", extra="otel")
if PORTAL_OTEL_ENDPOINT and not PORTAL_OTEL_ENDPOINT.startswith(("http://", "https://")):
    raise ImproperlyConfigured("PORTAL_OTEL_ENDPOINT doit commencer par http:// ou https://.")
if not 0 <= PORTAL_OTEL_PERCENT <= 100:
    raise ImproperlyConfigured("PORTAL_OTEL_PERCENT doit être compris entre 0 et 100.")
if PORTAL_OTEL_ENDPOINT:
    MIDDLEWARE.insert(1, "portal.operations.tracing.TracingMiddleware")  # once the request has its number

# Header in which the proxy in front gives each request its number; "" when the portal numbers them itself.
PORTAL_REQUEST_HEADER = env.text("PORTAL_REQUEST_HEADER", "")
_log_format = env.text("PORTAL_LOG_FORMAT", "texte")
if _log_format not in {"texte", "json"}:
    raise ImproperlyConfigured("PORTAL_LOG_FORMAT doit valoir texte ou json.")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "refusals": {"()": "portal.logs.WithoutTracebackOfRefusals"},
        "redact": {"()": "portal.logs.RedactSecrets"},
        "number": {"()": "portal.logs.Numbered"},
    },
    "formatters": {"line": {"()": "portal.logs.formatter", "kind": _log_format}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals", "redact", "number"]}
    },
    "root": {"handlers": ["console"], "level": env.text("PORTAL_LOG_LEVEL", "INFO")},
    "loggers": {
        "pikepdf": {"level": "WARNING"},
        "opentelemetry": {"level": "ERROR"},  # a collector that is away is no fault of the portal
        "kombu.connection": {"level": "ERROR"},  # the filesystem broker has no host, which is no news
        "django": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
if PORTAL_SENTRY_DSN:
    LOGGING["handlers"]["sentry"] = {"()": "portal.operations.sentry.FaultsToSentry", "dsn": PORTAL_SENTRY_DSN}
    LOGGING["root"]["handlers"].append("sentry")

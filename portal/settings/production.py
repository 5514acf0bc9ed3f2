"""Settings of a real deployment: refuses to start when a secret or an address is missing."""

from django.core.exceptions import ImproperlyConfigured

from portal.settings import env
from portal.settings.base import *  # noqa: F403
from portal.settings.legal import check_legal

SECRET_KEY = env.text("PORTAL_SECRET_KEY")
if len(SECRET_KEY) < env.SHORTEST_KEY:
    raise ImproperlyConfigured(f"PORTAL_SECRET_KEY doit compter au moins {env.SHORTEST_KEY} caractères.")
SECRET_KEY_FALLBACKS = env.secrets("PORTAL_SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("PORTAL_ALLOWED_HOSTS")
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "PORTAL_ALLOWED_HOSTS est obligatoire : les noms d'hôte servis, séparés par des virgules."
    )
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("PORTAL_ALLOWED_HOSTS ne peut pas valoir * : donnez les noms d'hôte servis.")
PORTAL_BASE_URL = env.text("PORTAL_BASE_URL").rstrip("/")
if not PORTAL_BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("PORTAL_BASE_URL doit commencer par https://.")
ALLOWED_HOSTS.append("127.0.0.1")  # the container's own health check; links never come from the host asked for
for _required in (
    "DATABASE_URL",
    "CELERY_BROKER_URL",
    "EMAIL_HOST",
    "PORTAL_FROM_EMAIL",
    "PORTAL_CLAMD",
    "PORTAL_PROXY_COUNT",  # one too few, and all people share one address; one too many, and they choose theirs
):
    env.text(_required)
check_legal(PORTAL_LEGAL)
if PORTAL_SECOND_FACTOR == "aucun":
    raise ImproperlyConfigured("PORTAL_SECOND_FACTOR ne peut pas valoir aucun en production : tous, ou centre.")

CSRF_TRUSTED_ORIGINS = [PORTAL_BASE_URL]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^sante(/pret)?$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# Asked for on purpose: a domain that browsers have on their list leaves it months later.
SECURE_HSTS_PRELOAD = env.flag("PORTAL_HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = [] if SECURE_HSTS_PRELOAD else ["security.W021"]

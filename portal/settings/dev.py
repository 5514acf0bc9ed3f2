"""Settings of `make run`: this machine only, http, mails kept as files."""

from portal.settings import env
from portal.settings.base import *  # noqa: F403
from portal.settings.base import TEMPLATES, VAR_DIR

DEBUG = False
SECRET_KEY = "clef-de-developpement-sans-valeur-ne-jamais-utiliser-en-production"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
SESSION_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "session"
PORTAL_DEVICE_COOKIE_NAME = "appareil"
CSRF_COOKIE_SECURE = False
CSRF_COOKIE_NAME = "csrf"
PORTAL_BASE_URL = env.text("PORTAL_BASE_URL", f"http://127.0.0.1:{env.integer('PORT', 8000)}").rstrip("/")
EMAIL_BACKEND = "portal.dev.mailbox.EmailBackend"
PORTAL_MAILBOX_DIR = VAR_DIR / "mails"
PORTAL_DEV_MAILBOX = True
PORTAL_SECOND_FACTOR = env.text("PORTAL_SECOND_FACTOR", "aucun")  # the demonstration stays one password away
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
TEMPLATES[0]["OPTIONS"]["debug"] = False
PORTAL_WEBHOOK_TRUSTED_HOSTS = ["127.0.0.1", "localhost"]

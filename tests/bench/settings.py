"""Settings of the bench: production's templates and static files, over http, with one bare view more."""

from portal.settings.base import *  # noqa: F403
from portal.settings.base import BASE_DIR, LOGGING, TEMPLATES

SECRET_KEY = "clef-du-banc-de-mesure"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.bench.urls"
SESSION_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "session"
PORTAL_DEVICE_COOKIE_NAME = "appareil"
CSRF_COOKIE_SECURE = False
CSRF_COOKIE_NAME = "csrf"
EMAIL_HOST = "127.0.0.1"
TEMPLATES[0]["DIRS"].append(BASE_DIR / "tests" / "bench" / "templates")
LOGGING["root"]["level"] = "ERROR"
PORTAL_SECOND_FACTOR = "aucun"

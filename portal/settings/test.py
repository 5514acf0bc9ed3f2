"""Settings of the tests: no service needed, the database of DATABASE_URL, tasks run at once when they are called."""

import os

from portal.settings.base import *  # noqa: F403

SECRET_KEY = "clef-des-tests"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
SESSION_COOKIE_SECURE = False
SESSION_COOKIE_NAME = "session"
PORTAL_DEVICE_COOKIE_NAME = "appareil"
CSRF_COOKIE_SECURE = False
CSRF_COOKIE_NAME = "csrf"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# One for each process of the suite: those that run side by side keep apart.
CACHES["shared"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shared"}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
# Nowhere: tests/conftest.py gives each test folders of its own.
_FILES = {"BACKEND": "dispenses.documents.folder.FolderStorage", "OPTIONS": {"location": os.devnull}}
STORAGES = {
    "default": _FILES,
    "justificatifs": _FILES,
    "imports": _FILES,
    "actes": _FILES,
    "donnees": _FILES,
    "preuves": _FILES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PORTAL_DEV_MAILBOX = False
PORTAL_UNDO_SECONDS = 0  # the tests of the undo window give it a length
PORTAL_SECOND_FACTOR = "aucun"  # switched on by the tests about it: see tests/conftest.py, `second_factor`

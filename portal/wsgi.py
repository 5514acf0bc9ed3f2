import os

from django.core.wsgi import get_wsgi_application

from portal.contrast import refuse_to_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
# A person waits: a row that somebody else holds is given up in time to say so (portal.views.server_error).
os.environ.setdefault("PORTAL_LOCK_SECONDS", "3")
os.environ.setdefault("PORTAL_STATEMENT_SECONDS", "20")
application = get_wsgi_application()

from portal.operations import maintenance  # noqa: E402 – models exist once the application is there

refuse_to_start()
maintenance.watch()

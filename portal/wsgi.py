import os

from django.core.wsgi import get_wsgi_application

from portal.contrast import refuse_to_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
application = get_wsgi_application()
refuse_to_start()

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin_apps
from django.core import checks
from django.core.signals import request_finished

from portal import contrast
from portal.lib import correlation


def end_of_request(**options: object) -> None:
    """What this thread does next is of no request."""
    correlation.end()


class PortalConfig(AppConfig):
    default = True
    name = "portal"
    verbose_name = "Portail"

    def ready(self) -> None:
        from portal import heartbeats  # noqa: F401  # they listen to the signals of workers and of the schedule
        from portal.operations import maintenance, tasks  # noqa: F401

        if settings.PORTAL_OTEL_ENDPOINT:
            from portal.operations import tracing  # noqa: F401  # of tasks too
        checks.register(contrast.check)
        request_finished.connect(end_of_request, dispatch_uid="end_of_request")


class PortalAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the portal's own site."""

    default = False
    default_site = "portal.admin.PortalAdminSite"

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.core import checks

from portal import contrast


class PortalConfig(AppConfig):
    default = True
    name = "portal"
    verbose_name = "Portail"

    def ready(self) -> None:
        from portal import heartbeats  # noqa: F401  # it listens to the signals of workers and of the schedule

        checks.register(contrast.check)


class PortalAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the portal's own site."""

    default = False
    default_site = "portal.admin.PortalAdminSite"

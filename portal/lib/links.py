"""Addresses of the portal."""

from django.conf import settings
from django.urls import reverse


def absolute(path: str) -> str:
    """Full address of a path of the portal, from the settings and never from the request's Host."""
    return f"{settings.PORTAL_BASE_URL}{path}"


def entrance(name: str, *args: str) -> str:
    """Path of a page that the rooms below lead to without knowing it: PORTAL_ENTRANCES names its address.

    `args`: what its address holds.

    Raises KeyError for a name that the settings do not give.
    """
    return reverse(settings.PORTAL_ENTRANCES[name], args=args)

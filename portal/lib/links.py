"""Addresses of the portal."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def absolute(path: str) -> str:
    """Full address of a path of the portal, from the settings and never from the request's Host."""
    return f"{settings.PORTAL_BASE_URL}{path}"


def entrance(name: str, *args: str) -> str:
    """Path of a page that the rooms below lead to without knowing it: PORTAL_ENTRANCES names its address.

    `args`: what its address holds.

    Raises KeyError for a name that the settings do not give.
    """
    return reverse(settings.PORTAL_ENTRANCES[name], args=args)


def asked_next(request: HttpRequest) -> str:
    """Where `next` of the form or of the address asks to go on to; "" when it would leave the portal."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    inside = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if inside else ""

from django.conf import settings


def absolute(path: str) -> str:
    """Full address of a path of the portal, from the settings and never from the request's Host."""
    return f"{settings.PORTAL_BASE_URL}{path}"

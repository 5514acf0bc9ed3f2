"""What every template knows: who runs the portal. No query here: it is paid on every page."""

from django.conf import settings
from django.http import HttpRequest


def brand(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Name and contact details of the insurer, from the settings."""
    return {
        "brand": {
            "name": settings.PORTAL_NAME,
            "insurer": settings.PORTAL_INSURER,
            "contact_email": settings.PORTAL_CONTACT_EMAIL,
            "contact_phone": settings.PORTAL_CONTACT_PHONE,
            "contact_phone_link": settings.PORTAL_CONTACT_PHONE.replace(" ", "").replace("\u00a0", ""),
            "contact_hours": settings.PORTAL_CONTACT_HOURS,
        }
    }

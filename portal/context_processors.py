"""What every template knows: who runs the portal. No query here: it is paid on every page."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from portal.settings.brand import BrandSettings


@dataclass(frozen=True)
class Brand:
    """Name, contact details and files of the insurer, as shown."""

    name: str
    insurer: str
    contact_email: str
    contact_phone: str
    contact_hours: str
    version: str = ""  # of the files below, part of their addresses
    styles: str = ""  # "" when nothing changes the colours
    logo: str = ""  # "" for the portal's own
    icon: str = ""

    @property
    def contact_phone_link(self) -> str:
        """The number as a `tel:` address wants it."""
        return self.contact_phone.replace(" ", "").replace("\u00a0", "")


def brand(request: HttpRequest) -> dict[str, Brand]:
    """Name, contact details and files of the insurer, from the settings."""
    files: BrandSettings = settings.PORTAL_BRAND
    return {
        "brand": Brand(
            name=settings.PORTAL_NAME,
            insurer=settings.PORTAL_INSURER,
            contact_email=settings.PORTAL_CONTACT_EMAIL,
            contact_phone=settings.PORTAL_CONTACT_PHONE,
            contact_hours=settings.PORTAL_CONTACT_HOURS,
            version=files.version,
            styles=files.styles,
            logo=files.logo,
            icon=files.icon,
        )
    }

"""The acknowledgement as a PDF (tagged, PDF/UA-1), made from what was signed at the first sending."""

from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from dispenses.models import Dispense
from dispenses.request import history
from portal.lib.pdf import pdf

TEMPLATE = Path(__file__).with_name("receipt.typ")
RECEIPT = "accusé de réception"  # its name among the files that mails join


def receipt_pdf(dispense: Dispense) -> bytes:
    """PDF of the acknowledgement of a sent request, always the same for the same request.

    Raises ValueError for a draft: nothing was received yet.
    """
    declaration = dispense.declarations.select_related("signed_by").first()
    if declaration is None or dispense.submitted_at is None:
        raise ValueError("Une demande qui n’est pas envoyée n’a pas d’accusé de réception.")
    created = date_format(timezone.localtime(dispense.submitted_at), "d/m/Y")
    signed = date_format(timezone.localtime(declaration.signed_at), "j F Y à G \\h i")
    data = {
        "title": f"Accusé de réception – Dispense N°{dispense.number}",
        "portal": settings.PORTAL_NAME,
        "colours": settings.PORTAL_BRAND.colours,
        "intro": f"Votre demande de dispense a bien été enregistrée. Date de création\xa0: {created}.",
        "facts": declaration.answers,
        "files": [
            {"name": file.name, "detail": f"{file.size} octets, SHA-256 {file.sha256}"}
            for file in dispense.justificatifs.filter(sent_at=declaration.signed_at)
        ],
        "declaration": declaration.text.split("\n\n"),
        "seal": history.first_seal(dispense),
        "signature": f"Signé en ligne par {declaration.signed_by.full_name}, le {signed} (heure de Paris).",
    }
    return pdf(TEMPLATE.read_text(encoding="utf-8"), data)


def receipt_of(number: str) -> bytes:
    """The same, from the number of the request. Raises Dispense.DoesNotExist, or ValueError for a draft."""
    return receipt_pdf(Dispense.objects.select_related("employee").get(number=int(number)))

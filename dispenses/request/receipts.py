"""The acknowledgement as a PDF (tagged, PDF/UA-1), made from what was signed at the first sending."""

from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from dispenses.models import Declaration, Dispense, Justificatif
from dispenses.request import history
from portal.lib.pdf import pdf

TEMPLATE = Path(__file__).with_name("receipt.typ")
RECEIPT = "accusé de réception"  # their names among the files that mails join
CONFIRMATION = "accusé de confirmation"


def receipt_pdf(dispense: Dispense) -> bytes:
    """PDF of the acknowledgement of a sent request, always the same for the same request.

    Raises ValueError for a draft: nothing was received yet.
    """
    declaration = dispense.declarations.select_related("signed_by").first()
    if declaration is None or dispense.submitted_at is None:
        raise ValueError("Une demande qui n’est pas envoyée n’a pas d’accusé de réception.")
    created = date_format(timezone.localtime(dispense.submitted_at), "d/m/Y")
    return _pdf(
        declaration,
        title=f"Accusé de réception – Dispense N°{dispense.number}",
        intro=f"Votre demande de dispense a bien été enregistrée. Date de création\xa0: {created}.",
        seal=history.first_seal(dispense),
    )


def confirmation_pdf(declaration: Declaration) -> bytes:
    """PDF of the acknowledgement of a yearly confirmation, always the same for the same declaration."""
    number = declaration.dispense_id
    return _pdf(
        declaration,
        title=f"Confirmation – Dispense N°{number}",
        intro=f"Vous avez confirmé que rien n’a changé dans la situation qui fonde votre dispense N°{number}.",
        seal=history.seal_of_sending(declaration),
    )


def _pdf(declaration: Declaration, *, title: str, intro: str, seal: str) -> bytes:
    signed = date_format(timezone.localtime(declaration.signed_at), "j F Y à G \\h i")
    data = {
        "title": title,
        "portal": settings.PORTAL_NAME,
        "colours": settings.PORTAL_BRAND.colours,
        "intro": intro,
        "facts": declaration.answers,
        "files": [
            {"name": file.name, "detail": f"{file.size} octets, SHA-256 {file.sha256}"}
            for file in Justificatif.objects.filter(dispense=declaration.dispense_id, sent_at=declaration.signed_at)
        ],
        "declaration": declaration.text.split("\n\n"),
        "seal": seal,
        "signature": f"Signé en ligne par {declaration.signed_by.full_name}, le {signed} (heure de Paris).",
    }
    return pdf(TEMPLATE.read_text(encoding="utf-8"), data)


def receipt_of(number: str) -> bytes:
    """The same, from the number of the request. Raises Dispense.DoesNotExist, or ValueError for a draft."""
    return receipt_pdf(Dispense.objects.select_related("employee").get(number=int(number)))


def confirmation_of(declaration: str) -> bytes:
    """The acknowledgement of a confirmation, from the id of what was signed. Raises Declaration.DoesNotExist."""
    return confirmation_pdf(Declaration.objects.select_related("signed_by").get(pk=int(declaration)))

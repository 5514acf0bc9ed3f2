"""The acknowledgement as a PDF (tagged, PDF/UA-1), made from what was signed at the first sending."""

import json
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from dispenses.models import Dispense

TEMPLATE = Path(__file__).with_name("receipt.typ")


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
        "intro": f"Votre demande de dispense a bien été enregistrée. Date de création\xa0: {created}.",
        "facts": declaration.answers,
        "files": [
            {"name": file.name, "detail": f"{file.size} octets, SHA-256 {file.sha256}"}
            for file in dispense.justificatifs.filter(sent_at=declaration.signed_at)
        ],
        "declaration": declaration.text.split("\n\n"),
        "signature": f"Signé en ligne par {declaration.signed_by.full_name}, le {signed} (heure de Paris).",
    }
    return compiled(TEMPLATE, data)


def compiled(template: Path, data: dict[str, Any]) -> bytes:
    """PDF/UA of a Typst template that reads `data` as JSON."""
    text = json.dumps(data, ensure_ascii=False)
    return _compile(template.read_bytes(), sys_inputs={"data": text}, pdf_standards=["ua-1"])


def sample_document(title: str, name: str, *, pages: int = 1) -> bytes:
    """A PDF standing for a justificatif in the demonstration data; each page says so on its face."""
    page = "= #sys.inputs.title\n\n#sys.inputs.name\n\nDocument de démonstration, sans valeur."
    source = '#set text(lang: "fr")\n' + "\n#pagebreak()\n".join([page] * pages)
    return _compile(source.encode(), sys_inputs={"title": title, "name": name})


def _compile(source: bytes, **options: Any) -> bytes:
    pdf = typst.compile(source, format="pdf", **options)
    if not isinstance(pdf, bytes):
        raise TypeError("Le compilateur n’a pas rendu un document unique.")
    return pdf

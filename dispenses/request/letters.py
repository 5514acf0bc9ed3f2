"""The letter that asks somebody else's employer or insurer for the attestation that a motif wants: PDF and text."""

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.lib.pdf import pdf
from portal.lib.typography import NBSP

TEMPLATE = Path(__file__).with_name("letter.typ")
BLANK, SHORT = "…" * 20, "…" * 8
WIDTH = 76  # characters of a line of the text


@dataclass(frozen=True)
class Letter:
    """One letter: how one is covered, in a sentence, as whom, by which article it is asked; whose contract it is."""

    covered: str
    quality: str
    basis: str
    of_another: bool = True


LETTERS: dict[str, Letter] = {
    "attestation_conjoint": Letter(
        "Je suis couvert(e), en qualité d’ayant droit, par la complémentaire santé de l’entreprise qui emploie mon "
        "conjoint, ma conjointe ou mon partenaire.",
        "en qualité d’ayant droit",
        "art. D911-2, 3° a",
    ),
    "attestation_parent": Letter(
        "Je suis couvert(e), en qualité d’ayant droit, par la complémentaire santé de l’entreprise qui emploie mon "
        "père ou ma mère.",
        "en qualité d’ayant droit",
        "art. D911-2, 3° a",
    ),
    "attestation_employeur": Letter(
        "Je suis couvert(e) par la complémentaire santé de l’entreprise, dont je suis aussi salarié(e).",
        "en qualité de salarié(e)",
        "art. D911-2, 3° a",
        of_another=False,
    ),
    "attestation_collective": Letter(
        "Je suis couvert(e) par la complémentaire santé collective de l’entreprise.",
        "en qualité de salarié(e) ou d’ayant droit",
        "art. R242-1-6, 2° f",
    ),
}
"""By the code of the document that a motif asks for."""


@dataclass(frozen=True)
class Sender:
    """Who asks, and for which employment; blanks to fill by hand while they are not known."""

    name: str = BLANK
    employer: str = BLANK
    day: str = SHORT


def contents(letter: Letter, sender: Sender) -> dict[str, Any]:
    """The whole letter, as the two forms of it read it."""
    return {
        "title": "Demande d’attestation de complémentaire santé",
        "colours": settings.PORTAL_BRAND.colours,
        "sender": [
            f"Nom et prénom{NBSP}: {sender.name}",
            f"Adresse{NBSP}: {BLANK}",
            *([f"Titulaire du contrat{NBSP}: {BLANK}"] if letter.of_another else []),
        ],
        "recipient": ["À l’employeur ou à l’organisme assureur", BLANK],
        "place": f"Fait à {SHORT}, le {sender.day}",
        "subject": f"Objet{NBSP}: attestation de couverture santé collective et obligatoire",
        "paragraphs": [
            "Madame, Monsieur,",
            letter.covered,
            f"Je demande à être dispensé(e) d’adhérer à celle de mon employeur, {sender.employer}, comme le Code de la "
            f"sécurité sociale ({letter.basis}) le prévoit pour qui est déjà couvert ainsi. Je vous remercie de "
            f"m’adresser une attestation datée et signée, qui précise{NBSP}:",
        ],
        "items": [
            f"mes nom et prénom{NBSP}: {sender.name}, {letter.quality}{NBSP};",
            f"que la couverture des frais de santé est collective et obligatoire pour le salarié{NBSP};",
            f"le nom de l’entreprise, celui de l’organisme assureur et le numéro du contrat{NBSP};",
            "le jour depuis lequel je suis couvert(e) et, s’il est connu, celui où cette couverture s’arrête.",
        ],
        "closing": [
            "Cette attestation accompagnera ma demande de dispense. Elle n’a pas à mentionner d’autre information sur "
            "ma santé ni sur celle de ma famille.",
            "Je vous prie d’agréer, Madame, Monsieur, mes salutations distinguées.",
        ],
        "signature": "Signature",
    }


def letter_text(letter: Letter, sender: Sender) -> str:
    """The letter as plain text, lines of 76 characters."""
    said = contents(letter, sender)
    blocks: list[list[str]] = [
        said["sender"],
        said["recipient"],
        [said["place"]],
        [said["subject"]],
        *([text] for text in said["paragraphs"]),
        [f"- {text}" for text in said["items"]],
        *([text] for text in said["closing"]),
        [f"{said['signature']}{NBSP}: {BLANK}"],
    ]
    return "\n\n".join("\n".join(map(_filled, block)) for block in blocks) + "\n"


def _filled(line: str) -> str:
    indent = "  " if line.startswith("- ") else ""
    return textwrap.fill(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def letter_pdf(letter: Letter, sender: Sender) -> bytes:
    """The letter as a PDF."""
    return pdf(TEMPLATE.read_text(encoding="utf-8"), contents(letter, sender))

"""The files of one dispense in a pack: its signed declarations as PDF, the documents that the employer may keep."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Acte
from dispenses.documents import acte_texts, storage
from dispenses.enums import Lack
from dispenses.models import ActeText, Declaration, Dispense, Justificatif
from dispenses.packs.archive import CHUNK, Archive, file_name
from dispenses.packs.proofs import Missing, Proof
from dispenses.workflow import STATUS_LABELS
from portal.lib.pdf import pdf

SEALED = (
    "L’acte de l’employeur réserve ce motif à l’assureur\xa0: la déclaration signée, mot pour mot, et les "
    "justificatifs sont conservés par lui, qui les présente à l’inspecteur."
)
TEMPLATE = Path(__file__).with_name("declaration.typ")


def write(proof: Proof, archive: Archive) -> Iterator[Missing]:
    """Add the files of one dispense. Yields what turned out to be missing. Raises OSError: the storage is silent."""
    folder = f"dispenses/{proof.dispense.number}"
    signed = list(proof.dispense.declarations.all())
    for position, declaration in enumerate(signed, start=1):
        _add(archive, f"{folder}/declaration-{position}.pdf", declaration_pdf(proof, declaration))
    if not signed:
        _add(archive, f"{folder}/historique.pdf", declaration_pdf(proof, None))
    if proof.withheld or not (proof.acte and proof.acte.employer_keeps_justificatifs):
        return
    for file in proof.dispense.justificatifs.all():
        if file.sent_at and file.is_released and file.missing_since is None:
            yield from _document(archive, f"{folder}/justificatifs/{file.pk}-{file_name(file.name)}", file)


def write_actes(actes: Sequence[Acte], archive: Archive) -> dict[int, list[str]]:
    """Add the texts of these versions. Returns by key of version their names in the pack, or why one is not in it.

    Raises OSError: the storage is silent.
    """
    written: dict[int, list[str]] = {}
    for text in ActeText.objects.filter(acte__in=[acte.pk for acte in actes]).select_related("acte"):
        name = f"actes/{text.acte.in_force_from:%Y-%m-%d}-{text.pk}-{file_name(text.name)}"
        acte_texts.settle(text)
        fault = "" if text.is_released else "mis à l’écart ou sans verdict de l’antivirus"
        fault = fault or _copy(archive, name, text)
        written.setdefault(text.acte_id, []).append(f"{text.name}\xa0: {fault}" if fault else name)
    return written


def _add(archive: Archive, name: str, content: bytes) -> None:
    with tempfile.SpooledTemporaryFile(max_size=CHUNK) as source:
        source.write(content)
        source.seek(0)
        archive.add(name, source, size=len(content))


def _document(archive: Archive, name: str, file: Justificatif) -> Iterator[Missing]:
    """The original bytes, provided that they are still those that were received."""
    if fault := _copy(archive, name, file):
        yield Missing(Lack.FILE_LOST, f"Document n°{file.pk}\xa0: {fault}.")


def _copy(archive: Archive, name: str, stored: storage.Stored) -> str:
    """Add the original bytes. Returns why they are not added, "" when they are."""
    with tempfile.SpooledTemporaryFile(max_size=CHUNK) as copy:
        try:
            with storage.opened(stored) as original:
                digest, size = _copied(original, copy)
        except FileNotFoundError:
            return "introuvable"
        if digest != stored.sha256:
            return "son empreinte n’est plus celle de sa réception"
        copy.seek(0)
        archive.add(name, copy, size=size)
    return ""


def _copied(source: IO[bytes], target: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        target.write(chunk)
    return digest.hexdigest(), size


def acte_label(acte: Acte | None) -> str:
    """The acte in words, with its dates."""
    if acte is None:
        return "Aucun acte connu à cette date"
    until = f" jusqu’au {acte.in_force_until:%d/%m/%Y}" if acte.in_force_until else ""
    return f"{acte.get_kind_display()}, en vigueur depuis le {acte.in_force_from:%d/%m/%Y}{until}"


def declaration_pdf(proof: Proof, declaration: Declaration | None) -> bytes:
    """What was signed, word for word, with the history of the request (tagged, PDF/UA-1); same rows, same bytes."""
    dispense = proof.dispense
    data = {
        "title": f"Dispense N°{dispense.number}",
        "portal": settings.PORTAL_NAME,
        "colours": settings.PORTAL_BRAND.colours,
        "facts": _facts(proof, declaration),
        "answers": _answers(proof, declaration) if declaration else [],
        "declaration": _text(proof, declaration) if declaration else [],
        "signature": _signature(declaration),
        "files": [
            f"N°{file.pk}, reçu le {timezone.localtime(file.received_at):%d/%m/%Y}, {file.size} octets, "
            f"SHA-256 {file.sha256}"
            for file in dispense.justificatifs.all()
            if file.sent_at
        ],
        "history": _history(dispense),
    }
    return pdf(TEMPLATE.read_text(encoding="utf-8"), data)


def _answers(proof: Proof, declaration: Declaration) -> list[tuple[str, str]]:
    """The answers as signed, but for the motif when it is withheld."""
    motif = declaration.motif_label
    return [(label, proof.named(value) if value == motif else value) for label, value in declaration.answers]


def _text(proof: Proof, declaration: Declaration) -> list[str]:
    """Paragraphs of the declaration, word for word; where to read it when it would name a motif withheld."""
    return [SEALED] if proof.withheld else declaration.text.split("\n\n")


def _facts(proof: Proof, declaration: Declaration | None) -> list[tuple[str, str]]:
    dispense = proof.dispense
    motif = dispense.motif
    return [
        ("Salarié", dispense.employee.full_name),
        ("Matricule", dispense.matricule),
        ("Motif", proof.named(declaration.motif_label if declaration else motif.full_label if motif else "")),
        ("Fondement", proof.basis(declaration.legal_basis if declaration else motif.legal_basis if motif else "")),
        ("Acte de l’employeur", acte_label(proof.acte)),
        ("Statut", STATUS_LABELS[dispense.status]),
        ("Dispense", period(proof)),
        ("Conservation des preuves", kept(proof)),
    ]


def period(proof: Proof) -> str:
    """From when to when the dispense holds."""
    since = f"reprise avec le contrat de travail le {proof.arrived_on:%d/%m/%Y}, " if proof.arrived_on else ""
    end = f"jusqu’au {proof.last_day:%d/%m/%Y}" if proof.last_day else "sans date de fin connue"
    return f"demandée le {proof.first_day:%d/%m/%Y}, {since}{end}"


def kept(proof: Proof) -> str:
    """Until when its evidence is kept."""
    return f"jusqu’au {proof.kept_until:%d/%m/%Y}" if proof.kept_until else "sans date\xa0: en vigueur, ou prolongée"


def _signature(declaration: Declaration | None) -> str:
    if declaration is None:
        return "Aucune déclaration signée n’est enregistrée pour cette demande."
    at = date_format(timezone.localtime(declaration.signed_at), "j F Y à G \\h i")
    return f"Signé en ligne par {declaration.signed_by.full_name}, le {at} (heure de Paris)."


def _history(dispense: Dispense) -> list[str]:
    """Oldest first: when, what, by whom. Messages stay between the employee and the centre."""
    lines = []
    for event in sorted(dispense.events.all(), key=lambda event: (event.at, event.pk)):
        at = timezone.localtime(event.at)
        lines.append(f"{at:%d/%m/%Y %H:%M} – {event.label}, par {event.actor_label}")
    if dispense.history_seal:
        lines.append(f"Empreinte de cet historique (SHA-256)\xa0: {dispense.history_seal}")
    return lines

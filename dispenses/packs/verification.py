"""The check of a pack, without the portal: no database, no settings, nothing extracted, whatever the file is.

Also a program of its own: `python -m dispenses.packs.verification FICHIER [CLÉ PUBLIQUE]`.
"""

import hashlib
import json
import re
import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from dispenses.packs.archive import CHUNK, FORMAT
from dispenses.packs.seal import MANIFEST, SEAL, is_signed_by

MAX_FILES = 1_000_000
MAX_MANIFEST = 256 * 1024 * 1024  # bytes, clear
MAX_SEAL = 10_000
MAX_RATIO = 300  # clear bytes for one compressed: our longest lists stay under 100
MAX_FAULTS = 50  # shown
LOCAL = struct.Struct("<4s5H3L2H")
END_BYTES = 22  # of the last record, without a comment
ENCRYPTED = 0x1
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@dataclass
class Report:
    """What the check found: faults in French, none for a sound pack, and what else to say."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: int = 0
    bytes: int = 0

    @property
    def sound(self) -> bool:
        return not self.faults


class _Bad(Exception):
    """The archive cannot be read further."""


def verify(path: Path, *, public_key: str = "") -> Report:
    """Check the pack at `path`. `public_key`: the insurer's, in base64, that must have signed it. Never raises."""
    report = Report()
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            entries = _directory(archive, report)
            _structure(file, archive, entries, report)
            manifest = _small(archive, entries, MANIFEST, MAX_MANIFEST)
            listed = _manifest(manifest, report)
            _seal(manifest, _small(archive, entries, SEAL, MAX_SEAL), public_key, report)
            _files(archive, entries, listed, report)
    except _Bad as error:
        report.faults.append(str(error))
    except zipfile.BadZipFile:
        report.faults.append("Le fichier n’est pas une archive ZIP, ou elle est tronquée.")
    except BROKEN as error:
        report.faults.append(f"Le fichier ne peut pas être lu\xa0: {type(error).__name__}.")
    except (MemoryError, RecursionError):
        report.faults.append("L’archive dépasse ce qu’un dossier peut contenir.")
    return report


def _directory(archive: zipfile.ZipFile, report: Report) -> dict[str, zipfile.ZipInfo]:
    """Entries by name; faults of names and kinds are noted."""
    entries: dict[str, zipfile.ZipInfo] = {}
    if archive.comment:
        report.faults.append("L’archive porte un commentaire, que le portail n’écrit pas.")
    for info in archive.infolist():
        if len(entries) >= MAX_FILES:
            raise _Bad(f"L’archive contient plus de {MAX_FILES} fichiers.")
        shown = _shown(info.orig_filename)
        if info.filename in entries:
            report.faults.append(f"{shown}\xa0: présent deux fois dans l’archive.")
            continue
        entries[info.filename] = info
        report.faults += [f"{shown}\xa0: {fault}" for fault in _kind(info)]
    return entries


def _kind(info: zipfile.ZipInfo) -> list[str]:
    name, mode = info.orig_filename, info.external_attr >> 16
    faults = []
    if not name or name.startswith("/") or re.search(r"\\|[\x00-\x1f]|^[A-Za-z]:", name) or _climbs(name):
        faults.append("nom dangereux (chemin hors du dossier).")
    if mode & 0o170000 not in (0, 0o100000) or info.is_dir():
        faults.append("n’est pas un fichier ordinaire (lien ou dossier).")
    if info.flag_bits & ENCRYPTED:
        faults.append("chiffré.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        faults.append("compressé par une méthode que le portail n’emploie pas.")
    if info.file_size > MAX_RATIO * info.compress_size + CHUNK:
        faults.append("taux de compression anormal (bombe)\xa0; son contenu n’a pas été lu.")
    return faults


def _climbs(name: str) -> bool:
    return any(part in ("", ".", "..") for part in name.removesuffix("/").split("/"))


def _structure(file: IO[bytes], archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], report: Report) -> None:
    """The files follow one another from the first byte to the directory: nothing hides between them, none overlaps."""
    end = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        shown = _shown(info.orig_filename)
        if info.header_offset != end:
            report.faults.append(f"{shown}\xa0: données cachées ou superposées avant ce fichier.")
            return
        file.seek(info.header_offset)
        head = file.read(LOCAL.size)
        if len(head) < LOCAL.size or head[:4] != b"PK\x03\x04":
            raise _Bad(f"{shown}\xa0: en-tête illisible, l’archive est abîmée.")
        name_size, extra_size = LOCAL.unpack(head)[-2:]
        name = file.read(name_size)
        if name != info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437", "replace"):
            report.faults.append(f"{shown}\xa0: l’archive lui donne deux noms différents.")
        end = info.header_offset + LOCAL.size + name_size + extra_size + info.compress_size
    if entries and end != archive.start_dir:
        report.faults.append("Des données cachées suivent le dernier fichier de l’archive.")
    file.seek(-END_BYTES, 2)
    if file.read(4) != b"PK\x05\x06":
        report.faults.append("Des données cachées suivent la fin de l’archive.")


def _small(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], name: str, most: int) -> bytes:
    if name not in entries:
        raise _Bad(f"{name} manque\xa0: ce n’est pas un dossier de preuves, ou il a été modifié.")
    if entries[name].file_size > most or _kind(entries[name]):
        raise _Bad(f"{name}\xa0: taille ou nature anormale.")
    try:
        with archive.open(entries[name]) as source:
            return source.read(most + 1)[:most]
    except BROKEN as error:
        raise _Bad(f"{name}\xa0: illisible, l’archive est abîmée.") from error


def _manifest(content: bytes, report: Report) -> dict[str, tuple[int, str]]:
    """(size, SHA-256) by name. Raises _Bad for what is not a manifest."""
    try:
        read = json.loads(content.decode("utf-8"))
        if read["format"] != FORMAT:
            raise _Bad(f"{MANIFEST}\xa0: format inconnu.")
        found: dict[str, tuple[int, str]] = {}
        for line in read["fichiers"]:
            name, size, sha256 = line["nom"], line["taille"], line["sha256"]
            if not (isinstance(name, str) and type(size) is int and size >= 0 and _is_sha256(sha256)):
                raise _Bad(f"{MANIFEST}\xa0: la ligne de {_shown(str(name))} est mal formée.")
            if name in found:
                report.faults.append(f"{_shown(name)}\xa0: deux lignes du manifeste.")
            found[name] = (size, sha256)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _Bad(f"{MANIFEST}\xa0: mal formé.") from error
    report.notes += [f"{label}\xa0: {read[key]}" for key, label in ABOUT if isinstance(read.get(key), str)]
    return found


ABOUT = (("employeur", "Employeur"), ("siret", "SIRET"), ("du", "Du"), ("au", "Au"), ("demande_le", "Demandé le"))


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _seal(manifest: bytes, content: bytes, public_key: str, report: Report) -> None:
    try:
        read = json.loads(content.decode("utf-8"))
        digest, signature = read["sha256"], read["signature"]
    except (ValueError, KeyError, TypeError, RecursionError):
        report.faults.append(f"{SEAL}\xa0: mal formé.")
        return
    if digest != hashlib.sha256(manifest).hexdigest():
        report.faults.append(f"{MANIFEST}\xa0: modifié après avoir été scellé.")
    if signature is None:
        _unsigned(public_key, report)
        return
    embedded = str(signature.get("cle_publique", "")) if isinstance(signature, dict) else ""
    if not is_signed_by(manifest, signature, public_key or embedded):
        whose = "de la clé donnée" if public_key else "valable"
        report.faults.append(f"{SEAL}\xa0: la signature du manifeste n’est pas {whose}.")
    elif public_key:
        report.notes.append("Signature\xa0: valable, par la clé donnée.")
    else:
        report.notes.append(
            f"Signature\xa0: valable, par la clé {embedded}. Comparez-la à celle que publie l’assureur, ou donnez-la."
        )


def _unsigned(public_key: str, report: Report) -> None:
    if public_key:
        report.faults.append(f"{SEAL}\xa0: le dossier n’est pas signé, alors qu’une clé est donnée.")
    else:
        report.notes.append(
            "Signature\xa0: aucune. Le dossier est intact, mais rien ne prouve qu’il vient du portail de l’assureur."
        )


def _files(
    archive: zipfile.ZipFile,
    entries: dict[str, zipfile.ZipInfo],
    listed: dict[str, tuple[int, str]],
    report: Report,
) -> None:
    for name in entries.keys() - listed.keys() - {MANIFEST, SEAL}:
        report.faults.append(f"{_shown(name)}\xa0: présent dans l’archive, absent du manifeste.")
    for name, (size, sha256) in listed.items():
        if name in (MANIFEST, SEAL) or name not in entries:
            report.faults.append(f"{_shown(name)}\xa0: au manifeste, absent de l’archive.")
        elif not _kind(entries[name]) and (fault := _content(archive, entries[name], size, sha256)):
            report.faults.append(f"{_shown(name)}\xa0: {fault}")
        report.files += 1
        report.bytes += size


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, sha256: str) -> str:
    """What is wrong with the bytes of one file; they are read in pieces, and no further than the size announced."""
    if info.file_size != size:
        return f"{info.file_size} octets au lieu de {size}."
    digest, seen = hashlib.sha256(), 0
    try:
        with archive.open(info) as source:
            while chunk := source.read(CHUNK):
                seen += len(chunk)
                digest.update(chunk)
                if seen > size:
                    break
    except BROKEN:
        return "illisible, l’archive est abîmée ou modifiée."
    if seen != size:
        return f"{seen} octets au lieu de {size}."
    return "" if digest.hexdigest() == sha256 else "contenu modifié (empreinte SHA-256 différente)."


def _shown(name: str) -> str:
    """The name without control or direction characters, not too long: it may be hostile."""
    clean = "".join(char if char.isprintable() else "�" for char in name)
    return clean if len(clean) <= 120 else f"{clean[:117]}…"


def lines(report: Report) -> list[str]:
    """The report as lines to print."""
    if report.sound:
        return [*report.notes, f"Dossier intact\xa0: {report.files} fichiers, {report.bytes} octets vérifiés."]
    shown = [f"- {fault}" for fault in report.faults[:MAX_FAULTS]]
    more = len(report.faults) - len(shown)
    rest = [f"- … et {more} autres."] if more > 0 else []
    return [f"Dossier refusé\xa0: {len(report.faults)} défaut(s).", *shown, *rest]


def main(arguments: list[str]) -> int:
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write("Emploi\xa0: python -m dispenses.packs.verification FICHIER [CLÉ PUBLIQUE]\n")
        return 2
    report = verify(Path(arguments[0]), public_key=arguments[1] if len(arguments) == 2 else "")
    sys.stdout.write("\n".join(lines(report)) + "\n")
    return 0 if report.sound else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""verify_pack on a sound pack and on spoiled ones: every fault is named, no hostile file does harm."""

import hashlib
import io
import json
import os
import resource
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from dispenses.packs import seal
from dispenses.packs.archive import Archive
from dispenses.packs.verification import lines, verify
from tests import clock
from tests.dispenses.packs.packs import SIGNING_KEY

PUBLIC_KEY = seal.public_text(SIGNING_KEY)
OTHER_KEY = seal.public_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
FILES = {"index.html": b"<p>index</p>" * 50, "dispenses/20001/declaration-1.pdf": b"%PDF-1.7 " + bytes(range(256)) * 40}


def pack(key: str = SIGNING_KEY, files: dict[str, bytes] = FILES) -> bytes:
    target = io.BytesIO()
    with Archive(target) as archive:
        for name, content in files.items():
            archive.add(name, io.BytesIO(content), size=len(content), compressed=name.endswith(".html"))
        archive.close_with_manifest({"employeur": "Ateliers du Levant"}, key)
    return target.getvalue()


def remade(
    change: Callable[[dict[str, bytes]], object] = lambda entries: None,
    extra: Callable[[zipfile.ZipFile], object] = lambda archive: None,
) -> bytes:
    """The same pack after someone took it apart, changed its entries and zipped it again."""
    with zipfile.ZipFile(io.BytesIO(pack())) as source:
        entries = {info.filename: source.read(info) for info in source.infolist()}
    change(entries)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        extra(archive)
    return target.getvalue()


def resealed(change: Callable[[dict[str, object]], object], key: str = "") -> bytes:
    """A manifest changed and sealed again, without the insurer's key."""

    def again(entries: dict[str, bytes]) -> None:
        manifest = json.loads(entries["manifest.json"])
        change(manifest)
        entries["manifest.json"] = json.dumps(manifest).encode()
        entries["sceau.json"] = seal.seal(entries["manifest.json"], key)

    return remade(again)


def check(tmp_path: Path, content: bytes, key: str = "") -> list[str]:
    path = tmp_path / "dossier.zip"
    path.write_bytes(content)
    return verify(path, public_key=key).faults


def test_a_sound_pack_passes_with_and_without_the_key(tmp_path: Path) -> None:
    assert check(tmp_path, pack()) == []
    assert check(tmp_path, pack(), PUBLIC_KEY) == []
    assert check(tmp_path, pack(key="")) == []
    assert check(tmp_path, remade()) == []


def test_the_words_say_whether_it_is_signed(tmp_path: Path) -> None:
    for content, key, words in (
        (pack(), PUBLIC_KEY, "valable, par la clé donnée"),
        (pack(), "", f"valable, par la clé {PUBLIC_KEY}. Comparez-la"),
        (pack(key=""), "", "rien ne prouve qu’il vient du portail"),
    ):
        path = tmp_path / "dossier.zip"
        path.write_bytes(content)
        said = "\n".join(lines(verify(path, public_key=key)))
        assert words in said
        assert "Dossier intact\xa0: 2 fichiers" in said


def set_entry(name: str, value: bytes) -> Callable[[dict[str, bytes]], object]:
    return lambda entries: entries.__setitem__(name, value)


def symlink(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("lien")
    info.external_attr, info.create_system = 0o120777 << 16, 3
    archive.writestr(info, "/etc/passwd")


def twice(archive: zipfile.ZipFile) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("index.html", "autre")


def bomb(archive: zipfile.ZipFile) -> None:
    archive.writestr("bombe", bytes(50_000_000), zipfile.ZIP_DEFLATED)


def listed_bomb(size: int) -> bytes:
    """A bomb that its own manifest announces."""
    target = io.BytesIO()
    with Archive(target) as archive:
        archive.add("bombe", io.BytesIO(bytes(size)), size=size, compressed=True)
        archive.close_with_manifest({}, "")
    return target.getvalue()


def encrypted(content: bytes) -> bytes:
    """The flag of encryption on the first file, in both its headers."""
    spoiled = bytearray(content)
    spoiled[6] |= 1
    spoiled[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(spoiled)


def longer_than_said(content: bytes) -> bytes:
    """The directory announces fewer clear bytes than the data holds."""
    spoiled, at = bytearray(content), content.index(b"PK\x01\x02")
    struct.pack_into("<L", spoiled, at + 24, 600)
    return bytes(spoiled)


def flipped(content: bytes) -> bytes:
    spoiled = bytearray(content)
    spoiled[content.index(b"%PDF") + 40] ^= 1
    return bytes(spoiled)


def overlapping(content: bytes) -> bytes:
    """Two names for the same data."""
    spoiled = bytearray(content)
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    struct.pack_into("<L", spoiled, second + 42, 0)
    return bytes(spoiled)


def renamed_inside(content: bytes) -> bytes:
    return content.replace(b"index.html", b"index.htmm", 1)


SPOILED: dict[str, tuple[bytes, str, str]] = {
    "contenu": (remade(set_entry("index.html", b"<p>endex</p>" * 50)), "", "contenu modifié"),
    "octet": (flipped(pack()), "", "illisible, l’archive est abîmée"),
    "taille": (remade(set_entry("index.html", b"x")), "", "1 octets au lieu de 600"),
    "retiré": (remade(lambda entries: entries.pop("index.html")), "", "absent de l’archive"),
    "ajouté": (remade(set_entry("dispenses/30000/ajout.pdf", b"x")), "", "absent du manifeste"),
    "sans manifeste": (remade(lambda entries: entries.pop("manifest.json")), "", "manifest.json manque"),
    "sans sceau": (remade(lambda entries: entries.pop("sceau.json")), "", "sceau.json manque"),
    "manifeste retouché": (
        remade(lambda e: e.update({"manifest.json": e["manifest.json"].replace(b"Levant", b"Ponant")})),
        "",
        "modifié après avoir été scellé",
    ),
    "manifeste illisible": (remade(set_entry("manifest.json", b"{")), "", "mal formé"),
    "manifeste profond": (remade(set_entry("manifest.json", b"[" * 200_000)), "", "mal formé"),
    "manifeste sans empreinte": (resealed(lambda m: m.update(fichiers=[{"nom": "a", "taille": 1}])), "", "mal formé"),
    "taille fausse": (
        resealed(lambda m: m.update(fichiers=[{"nom": "a", "taille": -1, "sha256": "0" * 64}])),
        "",
        "mal formée",
    ),
    "autre format": (resealed(lambda m: m.update(format="autre")), "", "format inconnu"),
    "rescellé sans clé": (resealed(lambda m: m.update(employeur="Autre")), PUBLIC_KEY, "n’est pas signé"),
    "rescellé par un autre": (
        resealed(lambda m: m.update(employeur="Autre"), "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
        PUBLIC_KEY,
        "n’est pas de la clé donnée",
    ),
    "autre clé": (pack(), OTHER_KEY, "n’est pas de la clé donnée"),
    "sceau mal formé": (remade(set_entry("sceau.json", b"[]")), "", "sceau.json\xa0: mal formé"),
    "signature qui n’en est pas une": (
        remade(set_entry("sceau.json", json.dumps({"sha256": "0" * 64, "signature": [1]}).encode())),
        "",
        "n’est pas valable",
    ),
    "chemin": (remade(set_entry("../../tmp/x", b"x")), "", "nom dangereux"),
    "chemin absolu": (remade(set_entry("/etc/passwd", b"x")), "", "nom dangereux"),
    "chemin Windows": (remade(set_entry("C:\\x.exe", b"x")), "", "nom dangereux"),
    "lien": (remade(extra=symlink), "", "n’est pas un fichier ordinaire"),
    "bombe": (remade(extra=bomb), "", "taux de compression anormal"),
    "bombe annoncée": (listed_bomb(50_000_000), "", "taux de compression anormal"),
    "chiffré": (encrypted(pack()), "", "chiffré"),
    "plus long que dit": (longer_than_said(pack(files={"a": b"a" * 700})), "", "au lieu de"),
    "superposés": (overlapping(pack()), "", "superposées"),
    "deux noms": (renamed_inside(pack()), "", "deux noms différents"),
    "tronqué": (pack()[:-100], "", "tronquée"),
    "au milieu": (pack()[: len(pack()) // 2], "", "tronquée"),
    "vide": (b"", "", "n’est pas une archive ZIP"),
    "autre chose": (b"%PDF-1.7" * 400, "", "n’est pas une archive ZIP"),
    "précédé": (b"#!/bin/sh\n" * 20 + pack(), "", "cachées ou superposées"),
    "suivi": (pack() + b"x" * 40, "", "suivent la fin"),
    "caché au milieu": (pack().replace(b"PK\x01\x02", b"cache" + b"PK\x01\x02", 1), "", ""),
}


@pytest.mark.parametrize("name", SPOILED)
def test_each_fault_is_found_and_named(name: str, tmp_path: Path) -> None:
    content, key, words = SPOILED[name]
    faults = check(tmp_path, content, key)
    assert faults
    assert any(words in fault for fault in faults), faults


def test_a_name_twice(tmp_path: Path) -> None:
    assert any("deux fois" in fault for fault in check(tmp_path, remade(extra=twice)))


def readable(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_a_bit_flipped_anywhere_changes_nothing_or_is_found(tmp_path: Path) -> None:
    content = pack(files={"index.html": b"court", "a/b.pdf": b"stable"})
    path, true = tmp_path / "dossier.zip", readable(content)
    found = 0
    for at in range(len(content)):
        spoiled = bytearray(content)
        spoiled[at] ^= 1 << at % 8
        path.write_bytes(spoiled)
        if verify(path, public_key=PUBLIC_KEY).sound:
            assert readable(bytes(spoiled)) == true, at
        else:
            found += 1
    assert found > len(content) / 2


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    assert verify(tmp_path / "nulle-part.zip").faults == ["Le fichier ne peut pas être lu\xa0: FileNotFoundError."]


def test_hostile_names_are_shown_harmless(tmp_path: Path) -> None:
    faults = check(tmp_path, remade(set_entry("\x1b[31m‮exe.fdp" + "x" * 500, b"")))
    assert all(fault.replace("\xa0", " ").isprintable() and len(fault) < 250 for fault in faults)


def command(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "PORTAL"))}
    environment |= clock.environment() | {"DJANGO_SETTINGS_MODULE": "portal.settings.dev", "PYTHONIOENCODING": "utf-8"}
    environment["PORTAL_VAR_DIR"] = str(path.parent / "var")
    return subprocess.run(
        [sys.executable, *arguments, str(path)],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 * 1024**3, 2 * 1024**3)),
    )


def test_the_command_needs_no_database(tmp_path: Path) -> None:
    path = tmp_path / "dossier.zip"
    path.write_bytes(pack())
    done = command(path, "manage.py", "verify_pack", "--cle", PUBLIC_KEY)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Dossier intact" in done.stdout
    assert not (tmp_path / "var" / "portal.sqlite3").exists()
    path.write_bytes(SPOILED["contenu"][0])
    done = command(path, "manage.py", "verify_pack")
    assert done.returncode == 1
    assert "index.html\xa0: contenu modifié" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_is_also_a_program_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "dossier.zip"
    path.write_bytes(pack())
    assert command(path, "-m", "dispenses.packs.verification").returncode == 0
    path.write_bytes(listed_bomb(1000) + zlib.compress(b""))
    assert command(path, "-m", "dispenses.packs.verification").returncode == 1


def test_a_key_that_is_not_one() -> None:
    for text in ("pas du base64 !", "AAAA", "é"):
        with pytest.raises(ValueError, match="clé de signature"):
            seal.private_key(text)
    assert seal.public_text("") == ""
    manifest = b"{}"
    signed = json.loads(seal.seal(manifest, SIGNING_KEY))["signature"]
    assert seal.is_signed_by(manifest, signed, PUBLIC_KEY)
    assert not seal.is_signed_by(manifest, {**signed, "algorithme": "none"}, PUBLIC_KEY)
    assert not seal.is_signed_by(hashlib.sha256(manifest).digest(), signed, PUBLIC_KEY)

"""The ZIP of a pack, written entry after entry: fixed dates, so that the same content gives the same bytes."""

import hashlib
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import IO, Self

from dispenses.packs.seal import MANIFEST, SEAL, seal

CHUNK = 1024 * 1024
ZIP32 = 2**31 - 1  # bytes, above which an entry needs the 64-bit form
FIRST_DATE = (1980, 1, 1, 0, 0, 0)
READ_ONLY = 0o100444 << 16
FORMAT = "portail-dispense/preuves/1"


@dataclass(frozen=True)
class Entry:
    """One file of the pack: its name, its size in bytes and its SHA-256."""

    name: str
    size: int
    sha256: str


class Archive:
    """Writes entries into `target`, a binary file that can be read back. Memory does not depend on their sizes."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", allowZip64=True)
        self._lines = tempfile.TemporaryFile("w+b")  # noqa: SIM115 – closed with the archive
        self.files = 0
        self.bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lines.close()
        self._zip.close()

    def add(self, name: str, source: IO[bytes], *, size: int, compressed: bool = False) -> Entry:
        """Copy `source`, of about `size` bytes, to its end under `name`, and remember it for the manifest."""
        entry = self._write(name, source, size=size, compressed=compressed)
        self._lines.write(json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n")
        self.files += 1
        self.bytes += entry.size
        return entry

    def _write(self, name: str, source: IO[bytes], *, size: int, compressed: bool) -> Entry:
        info = zipfile.ZipInfo(name, FIRST_DATE)
        info.external_attr, info.create_system = READ_ONLY, 3
        info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        digest, written = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=size > ZIP32) as target:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                written += len(chunk)
                target.write(chunk)
        return Entry(name, written, digest.hexdigest())

    def entries(self) -> Iterator[Entry]:
        """What was added, in order."""
        self._lines.seek(0)
        for line in self._lines:
            yield Entry(**json.loads(line))

    def close_with_manifest(self, about: dict[str, object], key: str) -> None:
        """Write the manifest (`about`, then every file), and its seal, signed when `key` is not empty."""
        with tempfile.TemporaryFile("w+b") as manifest:
            head = json.dumps({"format": FORMAT, **about}, ensure_ascii=False, indent=1)
            manifest.write(head.removesuffix("\n}").encode() + b',\n "fichiers": [')
            for position, entry in enumerate(self.entries()):
                line = {"nom": entry.name, "taille": entry.size, "sha256": entry.sha256}
                manifest.write((b",\n  " if position else b"\n  ") + json.dumps(line, ensure_ascii=False).encode())
            manifest.write(b"\n ]\n}\n")
            manifest.seek(0)
            content = manifest.read()
        for name, value in ((MANIFEST, content), (SEAL, seal(content, key))):
            self._write(name, io.BytesIO(value), size=len(value), compressed=True)


_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')


def file_name(name: str) -> str:
    """`name` as every system accepts it for a file: no path, no reserved sign, 100 characters at most."""
    stem, dot, suffix = _FORBIDDEN.sub(" ", name).strip(" .").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    clean = f"{' '.join(stem.split())[:90]}{dot}{suffix[:8]}".strip(" .")
    return clean or "document"

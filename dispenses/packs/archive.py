"""The ZIP of a pack, written entry after entry: fixed dates, so that the same content gives the same bytes.

It may be written in several files, one after the other, by several processes: nothing in an entry says where it stands,
only the directory at the end does. A piece without directory ends by `cut`; `carry` tells the last one of the others.
"""

import hashlib
import io
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from types import TracebackType
from typing import IO, Self, cast

from dispenses.packs.seal import MANIFEST, SEAL, seal

CHUNK = 1024 * 1024
ZIP32 = 2**31 - 1  # bytes, above which an entry needs the 64-bit form
FIRST_DATE = (1980, 1, 1, 0, 0, 0)
READ_ONLY = 0o100444 << 16
FORMAT = "portail-dispense/preuves/1"


@dataclass(frozen=True)
class Entry:
    """One file of the pack: its name, its size in bytes and its SHA-256; and what the directory of the ZIP says of it.

    `at`: where it begins, from the beginning of the piece in which it was written; `version`: that a reader needs.
    """

    name: str
    size: int
    sha256: str
    crc: int
    stored: int
    at: int
    compressed: bool
    version: int

    def info(self) -> zipfile.ZipInfo:
        """Its line of the directory."""
        info = _info(self.name, compressed=self.compressed)
        info.file_size, info.compress_size, info.CRC, info.header_offset = self.size, self.stored, self.crc, self.at
        info.extract_version = info.create_version = self.version
        return info


def _info(name: str, *, compressed: bool) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, FIRST_DATE)
    info.external_attr, info.create_system = READ_ONLY, 3
    info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    return info


class _After:
    """`target` as the end of a longer file, of which `before` bytes stand elsewhere."""

    def __init__(self, target: IO[bytes], before: int) -> None:
        self._target, self._before = target, before
        self.write, self.flush = target.write, target.flush

    def tell(self) -> int:
        return self._before + self._target.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        at = offset - self._before if whence == os.SEEK_SET else offset
        return self._before + self._target.seek(at, whence)


class Archive:
    """Writes entries into `target`, a binary file that can be read back, from where it stands; `before`: bytes of the
    pieces that come before that file. Memory does not depend on the sizes of the entries.
    """

    def __init__(self, target: IO[bytes], *, before: int = 0) -> None:
        self._target = target
        self._zip = zipfile.ZipFile(cast("IO[bytes]", _After(target, before)), "w", allowZip64=True)
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
        self._remember(entry)
        return entry

    def carry(self, entry: Entry, *, before: int) -> None:
        """Remember an entry written in another piece, which begins `before` bytes after the beginning of the ZIP.

        Comes before all that is added here.
        """
        moved = replace(entry, at=before + entry.at)
        self._zip.filelist.append(moved.info())
        self._remember(moved)

    def _remember(self, entry: Entry) -> None:
        self._lines.write(json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n")
        self.files += 1
        self.bytes += entry.size

    def _write(self, name: str, source: IO[bytes], *, size: int, compressed: bool) -> Entry:
        info = _info(name, compressed=compressed)
        digest, written = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=size > ZIP32) as target:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                written += len(chunk)
                target.write(chunk)
        return Entry(
            name,
            written,
            digest.hexdigest(),
            crc=info.CRC,
            stored=info.compress_size,
            at=info.header_offset,
            compressed=compressed,
            version=info.extract_version,
        )

    @property
    def size(self) -> int:
        """Bytes of the entries written so far, directory left out."""
        return self._target.tell()

    def entries(self) -> Iterator[Entry]:
        """What was added, in order."""
        self._lines.seek(0)
        for line in self._lines:
            yield Entry(**json.loads(line))

    def cut(self) -> int:
        """End without a directory: another piece follows. Returns the size of this one in bytes."""
        end = self.size
        self._zip.close()
        self._target.truncate(end)
        return end

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

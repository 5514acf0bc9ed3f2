"""The pieces of which a pack is made: some employees' files as the ZIP will hold them, and notes for its end.

The notes of a piece say what the directory, the manifest and the lists need to know of it, one JSON value a line.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from types import TracebackType
from typing import IO, Any, Self

from dispenses.enums import Lack
from dispenses.packs import contents
from dispenses.packs.archive import CHUNK, Archive, Entry
from dispenses.packs.digest import Digest
from dispenses.packs.exposure import Exposure
from dispenses.packs.proofs import Proof
from dispenses.packs.report_rows import Line, Lists, of_employee


class Piece:
    """A piece being written, in two files of this machine: `file` for the bytes of the ZIP, `notes`."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile("w+b")  # noqa: SIM115 – closed with the piece
        self.notes: IO[bytes] = tempfile.TemporaryFile("w+b")  # noqa: SIM115
        self._archive = Archive(self.file)
        self._exposure = Exposure()
        self.employees = 0
        self.last_employee = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._archive.__exit__(kind, error, at)
        self.file.close()
        self.notes.close()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._archive.size

    def add(self, employee: list[Proof]) -> None:
        """Write the files of one employee. Raises OSError: the storage is silent."""
        for proof in employee:
            proof.missing.extend(contents.write(proof, self._archive))
        for line in of_employee(employee, self._exposure.add(employee)):
            self._note("line", [line.name, line.cells])
        self.employees += 1
        self.last_employee = employee[0].dispense.employee_id

    def end(self) -> int:
        """Nothing is added any more. Returns its size in bytes."""
        for entry in self._archive.entries():
            self._note("entry", asdict(entry))
        counts = {kind.value: number for kind, number in self._exposure.kinds.items()}
        self._note("counts", [self._exposure.numbers(), counts])
        size = self._archive.cut()
        self._note("size", size)
        return size

    def _note(self, kind: str, value: Any) -> None:
        self.notes.write(json.dumps([kind, value], ensure_ascii=False).encode() + b"\n")


def read_notes(notes: Iterable[bytes], *, before: int, archive: Archive, lists: Lists, exposure: Exposure) -> int:
    """Tell the end of a pack about a piece that begins at the byte `before`. Returns where the next one begins."""
    for raw in notes:
        kind, value = json.loads(raw)
        match kind:
            case "line":
                lists.take(Line(*value))
            case "entry":
                archive.carry(Entry(**value), before=before)
            case "counts":
                numbers, kinds = value
                exposure.merge(numbers, {Lack(kind): number for kind, number in kinds.items()})
            case "size":
                return before + int(value)
    raise OSError("notes incomplètes")


def chunks(file: IO[bytes], *, start: int = 0) -> Iterator[bytes]:
    """The bytes of a file, from `start`."""
    file.seek(start)
    while chunk := file.read(CHUNK):
        yield chunk


def digested(state: str, file: IO[bytes], *, start: int = 0) -> Digest:
    """The SHA-256 that stood at `state`, once it has taken `file` in, from `start`."""
    digest = Digest(state)
    for chunk in chunks(file, start=start):
        digest.update(chunk)
    return digest

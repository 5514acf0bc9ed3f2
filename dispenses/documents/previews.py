"""Pictures of a document: made by another process within limits, stored next to the original."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dispenses.documents import rendering
from dispenses.documents.drawing_folders import drawing_folder

SECONDS = 150  # against what hangs: the child itself counts its time of processor
OF_THE_DOCUMENT = {
    rendering.UNREADABLE,
    *(-signal.SIGXCPU, -signal.SIGPROF, -signal.SIGXFSZ, -signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS),
    *(-signal.SIGFPE, -signal.SIGILL, -signal.SIGTRAP),
}
CHUNK = 1024 * 1024


class CannotDraw(Exception):
    """The document has no picture: its decoder failed, or needed more memory or time than allowed."""


class CannotDrawNow(CannotDraw):
    """The machine lacked time or room, or ended the drawing: nothing is known of the document."""


@dataclass(frozen=True)
class Drawn:
    """Pictures of one document in a temporary folder, and what was read on the way.

    `short_side`: pixels of a photo's shorter side, 0 for a PDF; `sharpness`: see rendering.sharpness.
    """

    pages: list[Path]
    thumbnail: Path
    text: str
    short_side: int
    sharpness: float


@contextmanager
def drawn(original: BinaryIO, content_type: str) -> Iterator[Drawn]:
    """Draw the document in a child process. Raises CannotDraw; the pictures are gone after the block."""
    with drawing_folder() as folder:
        copy = folder / "original"
        with copy.open("wb") as target:
            while chunk := original.read(CHUNK):
                target.write(chunk)
        _run(copy, content_type, folder)
        yield _result(folder)


def _run(original: Path, content_type: str, folder: Path) -> None:
    command = [sys.executable, "-I", rendering.__file__, str(original), content_type, str(folder)]
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "TMPDIR": str(folder)}
    try:
        done = subprocess.run(  # noqa: S603 – our own program, arguments without a shell
            command, env=environment, cwd=folder, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CannotDrawNow("temps dépassé") from error
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
        said = f"code {done.returncode} {last[0].partition(':')[0][:60]}".strip()
        raise CannotDraw(said) if done.returncode in OF_THE_DOCUMENT else CannotDrawNow(said)


def _result(folder: Path) -> Drawn:
    try:
        read = json.loads((folder / "lecture.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotDraw("résultat illisible") from error
    return Drawn(
        pages=[folder / f"{number}.png" for number in range(1, read["pages"] + 1)],
        thumbnail=folder / "vignette.png",
        text=read["text"],
        short_side=read["short_side"],
        sharpness=read["sharpness"],
    )

"""XLSX workbooks: judged as archives here, read by another process within limits (workbook_reader.py)."""

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accounts.imports import columns
from accounts.imports.exceptions import Code, FileRefused, too_many_lines

READER = Path(__file__).with_name("workbook_reader.py")
SECONDS = 120
ENTRIES = 2_000
SHEET_BYTES = 400_000_000  # all parts together once inflated
ADVICE = "Enregistrez la feuille au format CSV UTF-8, puis choisissez ce nouveau fichier."
REFUSALS = {
    Code.TOO_LARGE: f"Ce classeur est trop grand pour être lu d’un coup. {ADVICE}",
    Code.DAMAGED: f"Ce classeur est abîmé ou n’est pas au format XLSX. {ADVICE}",
    Code.ALL_HIDDEN: (
        "Tout est masqué dans ce classeur. Affichez ses lignes et ses colonnes dans le tableur et enregistrez-le, "
        "ou cochez «\xa0Lire aussi ce qui est masqué\xa0»."
    ),
    Code.EMPTY_WORKBOOK: "Ce classeur n’a aucune feuille remplie. Choisissez-en un autre.",
}


def _refused(code: Code) -> FileRefused:
    return FileRefused(REFUSALS[code], code=code)


@dataclass(frozen=True)
class Converted:
    """A sheet as a CSV file (UTF-8, `;`), its name when there are others, what of it was hidden and left out."""

    path: Path
    name: str = ""
    hidden_rows: int = 0
    hidden_columns: int = 0


def converted(path: Path, folder: Path, most_lines: int, *, with_hidden: bool = False) -> Converted:
    """The first sheet with our headings, or else the first filled one, cut after `most_lines`. Raises FileRefused."""
    _check_archive(path)
    target = folder / "feuille.csv"
    arguments = (path, target, most_lines)
    done = _read(*arguments, -1, with_hidden)
    if (heads := done.get("heads")) is None:
        return Converted(target, "", done["hidden_rows"], done["hidden_columns"])
    done = _read(*arguments, _chosen(heads), with_hidden)
    return Converted(target, done["name"], done["hidden_rows"], done["hidden_columns"])


def _chosen(heads: list[list[list[str]]]) -> int:
    """Rank of the sheet to read, by the first lines of each."""
    ours = [max(map(columns.recognised, head), default=0) >= columns.RECOGNISED for head in heads]
    return ours.index(True) if any(ours) else next((rank for rank, head in enumerate(heads) if head), 0)


def _read(path: Path, target: Path, most_lines: int, rank: int, with_hidden: bool) -> dict[str, Any]:
    """What the reader says of its work. Raises FileRefused, or OSError when our disk is full."""
    command = [sys.executable, "-I", str(READER), str(path), str(target), str(most_lines), str(rank), str(+with_hidden)]
    try:
        done = subprocess.run(  # noqa: S603 – our own program, arguments without a shell
            command, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _refused(Code.TOO_LARGE) from error
    said = done.stdout.decode("ascii", "replace").strip()
    if done.returncode == 0:
        answer: dict[str, Any] = json.loads(said)
        return answer
    if said == "disk":
        raise OSError("le disque de travail ne répond pas")
    if said == Code.TOO_MANY_LINES:
        raise too_many_lines()
    raise _refused(Code(said) if said in REFUSALS else Code.TOO_LARGE)  # killed by its limits: it says nothing


def _check_archive(path: Path) -> None:
    """What an archive announces of itself, before anything inflates it; the reader's limits hold if it lies."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise _refused(Code.DAMAGED) from error
    if not any(part.filename.startswith("xl/") for part in parts):
        raise FileRefused(f"Ce fichier n’est pas un classeur XLSX. {ADVICE}", code=Code.NO_TABLE)
    if len(parts) > ENTRIES or sum(part.file_size for part in parts) > SHEET_BYTES:
        raise _refused(Code.TOO_LARGE)

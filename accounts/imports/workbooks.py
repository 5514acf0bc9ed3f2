"""XLSX workbooks: judged as archives here, read by another process within limits (workbook_reader.py)."""

import subprocess
import sys
import zipfile
from pathlib import Path

from accounts.imports.exceptions import Code, FileRefused, too_many_lines

READER = Path(__file__).with_name("workbook_reader.py")
SECONDS = 120
ENTRIES = 2_000
SHEET_BYTES = 400_000_000  # all parts together once inflated
ADVICE = "Enregistrez la feuille au format CSV UTF-8, puis choisissez ce nouveau fichier."
REFUSALS = {
    Code.TOO_LARGE: f"Ce classeur est trop grand pour être lu d’un coup. {ADVICE}",
    Code.DAMAGED: f"Ce classeur est abîmé ou n’est pas au format XLSX. {ADVICE}",
    Code.EMPTY_WORKBOOK: "Ce classeur n’a aucune feuille remplie. Choisissez-en un autre.",
}


def _refused(code: Code) -> FileRefused:
    return FileRefused(REFUSALS[code], code=code)


def converted(path: Path, folder: Path, most_lines: int) -> Path:
    """The first filled sheet as a CSV file (UTF-8, `;`) in `folder`, cut after `most_lines`. Raises FileRefused."""
    _check_archive(path)
    target = folder / "feuille.csv"
    command = [sys.executable, "-I", str(READER), str(path), str(target), str(most_lines)]
    try:
        done = subprocess.run(  # noqa: S603 – our own program, arguments without a shell
            command, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _refused(Code.TOO_LARGE) from error
    if done.returncode != 0:
        said = done.stdout.decode("ascii", "replace").strip()
        if said == "disk":
            raise OSError("le disque de travail ne répond pas")
        if said == Code.TOO_MANY_LINES:
            raise too_many_lines()
        raise _refused(Code(said) if said in REFUSALS else Code.TOO_LARGE)  # killed by its limits: it says nothing
    return target


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

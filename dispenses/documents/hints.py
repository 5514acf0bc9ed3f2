"""Reading help: what a document seems to say. Advice to the employee, a hint to the reviewer; it decides nothing.

The text itself is never kept: only whether a name and dates were seen in it.
"""

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from portal.lib.searching import LIGATURES

ENOUGH_TEXT = 40  # letters and digits, under which nothing is said about a name
SMALL_SIDE = 700  # pixels of the shorter side of a photo: A4 at about 85 dots per inch
BLURRED = 60.0  # sharpness, see rendering.sharpness
OCR_SECONDS = 25
OCR_PAGES = 2
MAX_DATES = 5
MONTHS = [
    *("janvier", "fevrier", "mars", "avril", "mai", "juin"),
    *("juillet", "aout", "septembre", "octobre", "novembre", "decembre"),
]

NUMERIC = re.compile(r"\b(\d{1,2})\s?[/.\-]\s?(\d{1,2})\s?[/.\-]\s?(\d{4})\b")
ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
WRITTEN = re.compile(rf"\b(\d{{1,2}})(?:er)?\s+({'|'.join(MONTHS)})\s+(\d{{4}})\b")


def plain(text: str) -> str:
    """The text in small letters without accents nor ligatures, as the search reads it."""
    decomposed = unicodedata.normalize("NFKD", text.translate(LIGATURES))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def words(text: str) -> list[str]:
    """Its words, without accents nor capitals; hyphens and apostrophes separate."""
    return re.findall(r"[^\W_]+", plain(text))


def has_name(text: str, first_name: str, *last_names: str) -> bool:
    """Whether one of the last names, whole, and one part of the first name are words of the text.

    A name of several parts may be written in one (N’Guyen, NGUYEN), there or here; who has one name has no other.
    """
    read = words(text)
    seen = {*read, *(first + second for first, second in pairwise(read))}
    first = words(first_name)
    return (not first or any(part in seen for part in first)) and any(
        split and (all(part in seen for part in split) or "".join(split) in seen) for split in map(words, last_names)
    )


def dates(text: str) -> list[date]:
    """Dates written in the text, at most five, in order, without repeats."""
    text = plain(text)
    found = [(m.start(), (m[3], m[2], m[1])) for m in NUMERIC.finditer(text)]
    found += [(m.start(), (m[1], m[2], m[3])) for m in ISO.finditer(text)]
    found += [(m.start(), (m[3], str(MONTHS.index(m[2]) + 1), m[1])) for m in WRITTEN.finditer(text)]
    return list(dict.fromkeys(_valid(parts for _, parts in sorted(found))))[:MAX_DATES]


def _valid(parts: Iterable[tuple[str, str, str]]) -> Iterable[date]:
    for year, month, day in parts:
        try:
            value = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if 1900 <= value.year <= 2100:
            yield value


def of_text(text: str, first_name: str, *last_names: str) -> dict[str, Any]:
    """`readable`, and then `name` (seen or not) and `dates` (as « 05/09/2018 »)."""
    if len("".join(words(text))) < ENOUGH_TEXT:
        return {"readable": False}
    return {
        "readable": True,
        "name": has_name(text, first_name, *last_names),
        "dates": [f"{day:%d/%m/%Y}" for day in dates(text)],
    }


def of_picture(short_side: int, sharpness: float) -> dict[str, Any]:
    """`small` and `blurred`, for a photo or a scan. `short_side`: pixels, 0 when the document is not a photo."""
    return {"small": 0 < short_side < SMALL_SIDE, "blurred": sharpness < BLURRED}


def ocr(pages: list[Path]) -> str:
    """Text of the first pages by Tesseract, "" on a machine without it. `pages`: our own PNG, never the original."""
    program = shutil.which("tesseract")
    if program is None:
        return ""
    return "\n".join(_ocr_page(program, page) for page in pages[:OCR_PAGES])


def _ocr_page(program: str, page: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", "OMP_THREAD_LIMIT": "1", "LANG": "C.UTF-8"}
    for language in (["-l", "fra"], []):  # without the French data, the default language reads names just as well
        try:
            done = subprocess.run(  # noqa: S603 – a system program, arguments without a shell
                [program, str(page), "stdout", *language],
                env=environment,
                capture_output=True,
                timeout=OCR_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return ""
        if done.returncode == 0:
            return done.stdout.decode("utf-8", "replace")
    return ""

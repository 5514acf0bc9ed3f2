"""What a page weighs at a first visit: itself and each style, script, picture and font that it asks for, compressed."""

import gzip
import posixpath
import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

ASKED = re.compile(r'(?:src|href)="/static/([^"?#]+)')
ASKED_BY_A_STYLE = re.compile(r"""url\(["']?([^"')#?]+)|@import ["']([^"']+)""")
COMPRESSED = {".woff2", ".png"}  # already: sent as they are


def weight(html: str) -> int:
    """Bytes of the page and its files, as the slowest of what browsers take (gzip) carries them.

    Raises AssertionError for a file that is nowhere.
    """
    files: dict[str, int] = {}
    for path in ASKED.findall(html):
        files |= _files(path)
    return len(gzip.compress(html.encode(), 5)) + sum(files.values())


@cache
def _files(path: str) -> dict[str, int]:
    """The bytes of a static file and of those that it asks for."""
    place = finders.find(path)
    assert place, f"{path} n’est nulle part"
    content = Path(place).read_bytes()
    kind = posixpath.splitext(path)[1]
    found = {path: len(content if kind in COMPRESSED else gzip.compress(content))}
    if kind == ".css":
        for names in ASKED_BY_A_STYLE.findall(content.decode()):
            name = "".join(names)
            if not name.startswith("data:"):
                found |= _files(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)))
    return found

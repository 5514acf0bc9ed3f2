"""Tagged PDF (PDF/UA-1) from a Typst template: whatever people typed is printed, never a reason to fail.

The fonts of fonts/ come with the project, since a server has none: Latin, Greek, Cyrillic, Arabic, Hebrew, Chinese,
Japanese, Korean, and emoji as black signs. A character that none of them draws becomes MARK.
"""

import json
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from fontTools.ttLib import TTFont

FONTS = Path(__file__).with_name("fonts")
# In this order: the first one that has a character draws it. Libertinus comes with Typst.
FAMILIES = ("Libertinus Serif", "DejaVu Sans", "Noto Emoji", "Droid Sans Fallback", "NanumGothicCoding")
MARK = "□"
_CONTROLS = {"Cc", "Cf", "Cs"}
_HARMLESS = set("\n\r\t\xad\u200b\u200c\u200d\u200e\u200f")  # the other controls may turn the rest of a line around
_JOINING = {"Mn", "Me", "Cf"}  # what is drawn with the character before it, if its font has both


def pdf(template: str, data: dict[str, Any]) -> bytes:
    """The document of a Typst template that reads `data` (`json(bytes(sys.inputs.data))`); same data, same bytes.

    Raises typst.TypstError for a template that is wrong whatever the data.
    """
    families = ", ".join(f'"{name}"' for name in FAMILIES)
    source = f"#set text(font: ({families}))\n{template}".encode()
    try:
        return _compile(source, _each_text(data, _without_controls))
    except typst.TypstError:
        pass
    try:
        return _compile(source, _each_text(data, drawable))
    except typst.TypstError:  # a pair of characters that no font draws together
        return _compile(source, _each_text(data, _one_by_one))


def drawable(text: str) -> str:
    """The text with MARK for each character that no font of ours draws."""
    known = _characters()
    return "".join(c if ord(c) in known or c in _HARMLESS else MARK for c in _without_controls(text))


def _without_controls(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    return "".join(MARK if unicodedata.category(c) in _CONTROLS and c not in _HARMLESS else c for c in composed)


def _one_by_one(text: str) -> str:
    return "".join(c for c in drawable(text) if unicodedata.category(c) not in _JOINING)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(item, change) for item in value]
    return value


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[FONTS])


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    """What the fonts of the project draw."""
    found: set[int] = set()
    for path in sorted(FONTS.glob("*.ttf")):
        with TTFont(path, lazy=True) as font:
            found.update(font.getBestCmap())
    return frozenset(found)


def _compile(source: bytes, data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False)
    made = typst.Compiler(font_paths=_fonts()).compile(
        source, format="pdf", sys_inputs={"data": text}, pdf_standards=["ua-1"]
    )
    if not isinstance(made, bytes):
        raise TypeError("Le compilateur n’a pas rendu un document unique.")
    return made

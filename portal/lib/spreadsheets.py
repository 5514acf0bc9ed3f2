"""Text in files that a spreadsheet opens: nothing that it would run."""

import re
import unicodedata

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_STARTERS = frozenset("=+-@|%＝＋－＠﹢﹣−‐‑‒–—")
_SKIPPED = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn", "Mn"})  # what a spreadsheet may pass over


def safe(text: str) -> str:
    """`text` without control characters; an apostrophe goes before what a spreadsheet could read as a formula.

    What starts like one after spaces, tabs, line breaks or invisible characters counts too (OWASP, CSV injection).
    """
    if text[:1].isalnum() and text.isprintable():
        return text
    clean = _CONTROLS.sub(" ", text)
    for char in clean:
        if char in _STARTERS:
            return f"'{clean}"
        if unicodedata.category(char) not in _SKIPPED:
            return clean
    return clean

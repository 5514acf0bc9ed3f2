"""Texts written by people, with marks such as {numero} that the portal fills: checked when typed, filled as plain text.

No template engine ever reads such a text: a mark is a name between braces, replaced once, and nothing else is special.
"""

import re
from collections.abc import Collection, Mapping

from portal.lib.typography import elided

_MARK = re.compile(r"\{([^{}\n]*)\}")
_SPACED = re.compile(r"( ?)\{([^{}\n]*)\}( ?)")
_LONE_BRACE = "Une accolade est seule\xa0: un repère s’écrit entre deux accolades, comme {nom}"


def marks(text: str) -> list[str]:
    """Names of the marks of `text`, in their order, each once."""
    return list(dict.fromkeys(found.strip() for found in _MARK.findall(text)))


def problems(text: str, allowed: Collection[str], required: Collection[str] = ()) -> list[str]:
    """French messages on the marks of `text`: unknown ones, lone braces, those of `required` that are missing."""
    found = marks(text)
    known = ", ".join(f"{{{name}}}" for name in allowed) or "aucun"
    wrong = [
        f"Le repère {{{name}}} n’existe pas ici. Repères possibles\xa0: {known}"
        for name in found
        if name not in allowed
    ]
    rest = _MARK.sub("", text)
    if "{" in rest or "}" in rest:
        wrong.append(_LONE_BRACE)
    wrong += [f"Le repère {{{name}}} est indispensable dans ce texte" for name in required if name not in found]
    return wrong


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each mark replaced by its value, as it is. Raises KeyError for a mark without a value.

    A mark whose value is empty (the first name of who has one name) takes away one of the blanks around it; « de » and
    « que » are elided before a value that begins with a vowel.
    """
    return _SPACED.sub(lambda found: _filled(found, values), elided(text, values))


def _filled(found: re.Match[str], values: Mapping[str, str]) -> str:
    before, mark, after = found.groups()
    value = values[mark.strip()]
    if value:
        return f"{before}{value}{after}"
    return before if after else ""

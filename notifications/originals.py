"""The default wordings (templates and subjects of the messages) as texts with marks, to begin a wording from.

A template is rendered with values that cannot be mistaken for anything else, and these are turned back into marks.
"""

from datetime import date
from functools import lru_cache
from typing import Any, get_type_hints

from django.template.loader import get_template
from django.utils.formats import date_format

from notifications.messages import Message, message_of
from notifications.wording import Wording, button_field

FIRST_NUMBER = 900_000_001
FOOTER = "\n\n--\n"
DEFAULT_BUTTON = "Ouvrir"


def original(message: type[Message]) -> Wording:
    """The default wording of a kind of mail."""
    return _original(message.kind)


@lru_cache(maxsize=64)
def _original(kind: str) -> Wording:
    message = message_of(kind)
    hints = get_type_hints(message)
    back: dict[str, str] = {}
    values: dict[str, Any] = {}
    by_field = {field: mark.name for field, mark in message.marks.items()}
    for index, (field, name) in enumerate(by_field.items()):
        mark, value = f"{{{name}}}", _stand_in(hints[field], index, name)
        values[field] = value
        if isinstance(value, date):
            back |= {date_format(value, "j F Y"): mark, f"{value:%d/%m/%Y}": mark}
        elif isinstance(value, int):
            back[str(value)] = mark
    frame = dict.fromkeys(("subject", "portal_name", "contact_phone", "insurer", "sender", "contact_url"), "")
    context = values | frame | {"contact_email": "{adresse_contact}"}
    text = get_template(f"{message.template}.txt").render(context | values).split(FOOTER)[0]
    paragraphs, button = _without_button(_marked(text, back), by_field.get(button_field(message), ""))
    return Wording(_marked(message.subject.format(**values), back), "\n\n".join(paragraphs), button)


def _stand_in(hint: Any, index: int, mark: str) -> Any:
    if hint is int:
        return FIRST_NUMBER + index
    return date(1901, 1, 11 + index) if hint in (date, date | None) else f"{{{mark}}}"


def _marked(text: str, back: dict[str, str]) -> str:
    for shown, mark in back.items():
        text = text.replace(shown, mark)
    return text


def _without_button(text: str, mark: str) -> tuple[list[str], str]:
    """The paragraphs but the one that is a label and the button's address; and the label."""
    kept, label = [], DEFAULT_BUTTON if mark else ""
    for paragraph in (part.strip() for part in text.strip().split("\n\n")):
        words, _, address = paragraph.rpartition("\n")
        if mark and address == f"{{{mark}}}" and "\n" not in words:
            label = words.rstrip(" \xa0:")
        elif paragraph:
            kept.append(paragraph)
    return kept, label

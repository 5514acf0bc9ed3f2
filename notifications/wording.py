"""Wordings of the mails that administrators write: their marks, what must stay, how they are filled, which one holds.

A stored wording is plain text with marks (portal.lib.placeholders). No template engine reads it.
"""

import re
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from notifications.messages import Message
from notifications.models import EmailText
from portal.lib import placeholders
from portal.lib.kept import kept

KEPT_SECONDS = 10.0
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True)
class Wording:
    """A subject, a body of paragraphs separated by an empty line, and the words of the button ("" without one)."""

    subject: str
    body: str
    button: str


def marks(message: type[Message]) -> dict[str, str]:
    """Field of the message by mark, in the order of its fields."""
    return {mark.name: field for field, mark in message.marks.items()}


def button_field(message: type[Message]) -> str:
    """The address under the button: the first one of the message; "" when it has none."""
    return next((field for field, mark in message.marks.items() if mark.link), "")


def subject_marks(message: type[Message]) -> list[str]:
    """Marks that a subject may have: no address, nothing private."""
    return [mark.name for mark in message.marks.values() if not (mark.link or mark.private)]


def required_marks(message: type[Message]) -> list[str]:
    """Marks that the body must have."""
    button = button_field(message)
    return [mark.name for field, mark in message.marks.items() if mark.essential or (mark.link and field != button)]


def problems(message: type[Message], wording: Wording) -> dict[str, list[str]]:
    """French messages by part (subject, body, button) on what prevents this wording from being sent."""
    found = {
        "subject": placeholders.problems(wording.subject, subject_marks(message)),
        "body": placeholders.problems(wording.body, list(marks(message)), required_marks(message)),
        "button": placeholders.problems(wording.button, ()),
    }
    if not wording.subject.strip():
        found["subject"].append("Écrivez un objet")
    if not wording.body.strip():
        found["body"].append("Écrivez le texte du message")
    if button_field(message) and not wording.button.strip():
        found["button"].append("Écrivez le libellé du bouton")
    return {part: messages for part, messages in found.items() if messages}


# Filling


def _words(value: object, *, short: bool) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}" if short else date_format(value, "j F Y")
    return "" if value is None else str(value)


def shown_values(message: Message, *, short: bool = False) -> dict[str, str]:
    """What each mark becomes: dates in words, or « 31/01/2027 » when `short`; "" for what has no value."""
    return {mark: _words(getattr(message, name), short=short) for mark, name in marks(type(message)).items()}


def fill_subject(message: Message, wording: Wording) -> str:
    """The subject of this message. Raises KeyError for a mark that it does not have."""
    return placeholders.fill(wording.subject, shown_values(message, short=True))


def fill_paragraphs(message: Message, wording: Wording) -> list[str]:
    """Paragraphs of the text part, without those of which a mark has nothing to say. Raises KeyError likewise."""
    shown = shown_values(message)
    return [placeholders.fill(paragraph, shown) for paragraph in _kept(wording.body, shown)]


def link_style() -> str:
    """How an address looks in the HTML part: in the colour of the brand, cut where it must be."""
    return f"color:{settings.PORTAL_BRAND.colours['link']};word-break:break-all"


def fill_html(message: Message, wording: Wording) -> list[SafeString]:
    """The same paragraphs in HTML: everything escaped, addresses clickable, line breaks kept."""
    shown = shown_values(message)
    addresses = {mark.name for mark in type(message).marks.values() if mark.link}
    style = link_style()
    safe = {
        mark: format_html('<a href="{}" style="{}">{}</a>', value, style, value) if mark in addresses else escape(value)
        for mark, value in shown.items()
    }
    filled = (placeholders.fill(escape(paragraph), safe) for paragraph in _kept(wording.body, shown))
    return [mark_safe(paragraph.replace("\n", "<br>")) for paragraph in filled]


def _kept(body: str, shown: dict[str, str]) -> list[str]:
    """Paragraphs without the sentences of which a mark is empty: « Valable jusqu’au {date_fin}. » may go."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").strip()
    kept = (_said(paragraph.strip(), shown) for paragraph in lines.split("\n\n"))
    return [paragraph for paragraph in kept if paragraph]


def _said(paragraph: str, shown: dict[str, str]) -> str:
    def says(text: str) -> bool:
        return all(shown.get(mark, "?") for mark in placeholders.marks(text))

    return paragraph if says(paragraph) else " ".join(part for part in _SENTENCES.split(paragraph) if says(part))


# Which one holds


def current(kind: str) -> EmailText | None:
    """The stored wording that holds for this kind, None for the default one; kept 10 seconds in each process."""
    return _current().get(kind)


@kept(seconds=KEPT_SECONDS)
def _current() -> dict[str, EmailText]:
    last = EmailText.objects.order_by().values("kind").annotate(last=Max("pk")).values("last")
    return {row.kind: row for row in EmailText.objects.filter(pk__in=last, original=False)}


def forget() -> None:
    """Read the database again at the next mail."""
    _current.forget()


def wording_of(row: EmailText) -> Wording:
    """The three texts of a version."""
    return Wording(row.subject, row.body, row.button)


# An example of every value


def sample(message: type[Message]) -> Message:
    """The message with believable values, for a preview."""
    return message(**{field: mark.example for field, mark in message.marks.items()})

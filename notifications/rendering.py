"""From a message to a subject, a text and HTML."""

import logging
import re
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.template.loader import get_template

from notifications import wording
from notifications.messages import Message
from notifications.models import EmailText
from notifications.wording import Wording
from portal.lib.links import absolute, entrance
from portal.lib.typography import elided

logger = logging.getLogger(__name__)

_BLANKS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")


def one_line(text: str) -> str:
    """The text without line break or control character: nothing in it can start another header (RFC 5322, 2.2)."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _BLANKS.sub(" ", text).strip()


def shown_subjects(messages: Sequence[Message]) -> list[str]:
    """The subjects alone, at most 200 characters: as an administrator wrote them, else as its class has them."""
    written = {kind: wording.current(kind) for kind in {message.kind for message in messages}}
    return [_shown_subject(message, written[message.kind]) for message in messages]


def _shown_subject(message: Message, written: EmailText | None) -> str:
    if written is not None:
        try:
            return _subject_of(message, wording.wording_of(written))
        except Exception as error:
            _say(message, error)
    return _default_subject(message)


def _default_subject(message: Message) -> str:
    return one_line(elided(message.subject, vars(message)).format(**vars(message)))[:200]


def _subject_of(message: Message, text: Wording) -> str:
    return one_line(wording.fill_subject(message, text))[:200]


def _say(message: Message, error: Exception) -> None:
    """A wording that cannot be filled never stops a mail; the list of wordings shows it too."""
    logger.error("Texte de l’e-mail %s illisible (%s) : texte d’origine envoyé", message.kind, type(error).__name__)


def render(message: Message) -> tuple[str, str, str]:
    """Subject, text and HTML of a message: the wording that an administrator wrote, else the default one."""
    written = wording.current(message.kind)
    if written is not None:
        try:
            return render_wording(message, wording.wording_of(written))
        except Exception as error:  # whatever is in that row, the mail leaves
            _say(message, error)
    context = {**vars(message), **_frame(_default_subject(message))}
    return _rendered(context, f"{message.template}.txt", f"{message.template}.html")


def render_words(subject: str, values: dict[str, Any], text: str, html: str) -> tuple[str, str]:
    """Text and HTML of what is no message, by the names of its two templates, inside the house layout."""
    return _rendered({**values, **_frame(subject)}, text, html)[1:]


def render_wording(message: Message, text: Wording) -> tuple[str, str, str]:
    """The same with that wording, inside the house layout. Raises ValueError for a wording that is not right."""
    if problems := wording.problems(type(message), text):
        raise ValueError(f"Texte refusé : {problems}")
    button = wording.button_field(type(message))
    context = {
        **_frame(_subject_of(message, text)),
        "paragraphs": wording.fill_paragraphs(message, text),
        "paragraphs_html": wording.fill_html(message, text),
        "button_url": getattr(message, button) if button else "",
        "button_label": text.button,
    }
    return _rendered(context, "emails/written.txt", "emails/written.html")


def _frame(subject: str) -> dict[str, Any]:
    return {
        "subject": subject,
        "portal_name": settings.PORTAL_NAME,
        "contact_email": settings.PORTAL_CONTACT_EMAIL,
        "insurer": settings.PORTAL_INSURER,
        "sender": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "contact_url": absolute(entrance("contact")),
        "contact_phone": settings.PORTAL_CONTACT_PHONE,
        "colours": settings.PORTAL_BRAND.colours,
        "dark": settings.PORTAL_BRAND.dark_colours,
        "link_style": wording.link_style(),
    }


def _rendered(context: dict[str, Any], text_name: str, html_name: str) -> tuple[str, str, str]:
    text, html = (get_template(name).render(context) for name in (text_name, html_name))
    return context["subject"], text.replace("\0", "").strip() + "\n", html.replace("\0", "")

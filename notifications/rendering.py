"""From a message of the catalogue to a subject, a text and HTML."""

import re
from dataclasses import fields
from typing import Any

from django.conf import settings
from django.template.loader import get_template

from notifications.catalogue import Message

_BLANKS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")


def one_line(text: str) -> str:
    """The text without line break or control character: nothing in it can start another header (RFC 5322, 2.2)."""
    return _BLANKS.sub(" ", text).strip()


def _values(message: Message) -> dict[str, Any]:
    return {field.name: getattr(message, field.name) for field in fields(message)}


def shown_subject(message: Message) -> str:
    """The subject alone, at most 200 characters."""
    return one_line(message.subject.format(**_values(message)))[:200]


def render(message: Message) -> tuple[str, str, str]:
    """Subject, text and HTML of a message."""
    values, subject = _values(message), shown_subject(message)
    context: dict[str, Any] = {
        **values,
        "subject": subject,
        "portal_name": settings.PORTAL_NAME,
        "contact_email": settings.PORTAL_CONTACT_EMAIL,
        "contact_phone": settings.PORTAL_CONTACT_PHONE,
    }
    text = get_template(f"emails/{message.kind.value}.txt").render(context)
    html = get_template(f"emails/{message.kind.value}.html").render(context)
    return subject, text.replace("\0", "").strip() + "\n", html.replace("\0", "")

"""The words that leave in place of a secret that died while its mail waited."""

from django.utils import timezone

from notifications.messages import message_of
from notifications.models import OutgoingEmail
from notifications.rendering import render_words

SUBJECT = "Un code ou un lien qui n’est plus valable"


def is_late(row: OutgoingEmail) -> bool:
    """Whether it has waited longer than what it carries lives."""
    try:
        lives = message_of(row.kind).lives
    except KeyError:  # of a class that is gone
        return False
    return lives is not None and timezone.now() - row.created_at > lives


def instead(row: OutgoingEmail) -> dict[str, str | bool]:
    """The columns of the row that says so in its place."""
    values = {"asked_on": timezone.localdate(row.created_at)}
    text, html = render_words(SUBJECT, values, "emails/too_late.txt", "emails/too_late.html")
    return {"subject": SUBJECT, "text_body": text, "html_body": html, "context": "", "sensitive": False}

"""What was written to people, in clear."""

import re

from notifications.models import OutgoingEmail
from portal.lib.sealing import unseal


def kinds(to: str | None = None) -> list[str]:
    """Kinds of the messages written, oldest first."""
    rows = OutgoingEmail.objects.order_by("pk")
    return [row.kind for row in (rows.filter(to=to) if to else rows)]


def last_text(to: str) -> str:
    row = OutgoingEmail.objects.filter(to=to).latest("pk")
    return unseal(row.text_body) if row.sensitive else row.text_body


def last_code(to: str) -> str:
    found = re.search(r"(?<!\d)\d{6}(?!\d)", last_text(to))
    assert found
    return found.group(0)


def last_path(to: str, prefix: str) -> str:
    """Path of the link that starts with `prefix` in the last message to an address."""
    found = re.search(rf"https?://[^/\s]+({re.escape(prefix)}\S+)", last_text(to))
    assert found
    return found.group(1)

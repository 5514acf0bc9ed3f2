"""E-mails of a development machine: one .eml file each in PORTAL_MAILBOX_DIR, written whole or not at all."""

import os
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage as ReadMessage
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

_NAME = re.compile(r"[0-9A-Za-z_-]{1,100}")
SHOWN = 100


@dataclass(frozen=True)
class StoredMail:
    """A mail of the folder: `name` is its file's, without .eml."""

    name: str
    message: ReadMessage


class EmailBackend(BaseEmailBackend):
    """Keeps each mail as a file, readable at /dev/boite-envoi."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails. Returns how many. Raises OSError when the folder cannot be written."""
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            # Wall clock first: sorting the names sorts the mails by time.
            name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}"
            temporary = folder / f".{name}.tmp"
            temporary.write_bytes(message.message().as_bytes())
            os.replace(temporary, folder / f"{name}.eml")
        return len(email_messages)


def list_messages(limit: int = SHOWN) -> list[StoredMail]:
    """The last `limit` mails, newest first."""
    folder = _folder()
    if not folder.is_dir():
        return []
    names = sorted((path.stem for path in folder.glob("*.eml")), reverse=True)[:limit]
    return [mail for name in names if (mail := read_message(name))]


def read_message(name: str) -> StoredMail | None:
    """The mail called `name`, None when there is none (a name that is not one of ours included)."""
    if not _NAME.fullmatch(name):
        return None
    try:
        content = (_folder() / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None
    return StoredMail(name=name, message=message_from_bytes(content, _class=ReadMessage, policy=policy.default))


def _folder() -> Path:
    return Path(getattr(settings, "PORTAL_MAILBOX_DIR"))  # noqa: B009 – only development settings have it

"""The way in: a message becomes a row in the caller's transaction, and a worker is woken when it commits."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.delivery import deliver
from notifications.enums import EmailStatus, Urgency
from notifications.messages import Message, dump
from notifications.models import OutgoingEmail
from notifications.models.emails import KEY_LENGTH
from notifications.rendering import one_line, render, shown_subjects
from portal.lib import correlation
from portal.lib.bulk_copy import insert_rows
from portal.lib.commits import after_commit
from portal.lib.hints import hint
from portal.lib.sealing import seal


@dataclass(frozen=True)
class Attachment:
    """A file joined to a message: shown name, bytes, MIME type."""

    name: str
    content: bytes
    mimetype: str


@dataclass(frozen=True)
class LaterAttachment:
    """A file made when the mail leaves: shown name, MIME type, who makes it (notifications.attachments), of what."""

    name: str
    mimetype: str
    maker: str
    key: str


def enqueue(
    message: Message, *, to: str, dedup_key: str, attachment: Attachment | LaterAttachment | None = None
) -> OutgoingEmail | None:
    """Write the message's row in the current transaction; None when `dedup_key` is already there.

    Raises TransactionManagementError outside a transaction: the mail and the fact it announces are one.
    Raises ValueError when `to` is not an address.
    """
    dedup_key = _fitting(dedup_key)
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Un e-mail s’écrit dans la transaction du fait qu’il annonce.")
    try:
        validate_email(to)
    except ValidationError as error:
        raise ValueError("L’adresse du destinataire est incorrecte.") from error
    already = OutgoingEmail.objects.filter(dedup_key=dedup_key)
    if already.exists():
        return None
    subject, text, html = render(message)
    row = OutgoingEmail(
        kind=message.kind,
        to=to,
        subject=subject,
        text_body=seal(text) if message.sensitive else text,
        html_body=seal(html) if message.sensitive else html,
        sensitive=message.sensitive,
        urgency=message.urgency,
        about=message.about(),
        attachment_name=one_line(attachment.name) if attachment else "",
        attachment_type=attachment.mimetype if attachment else "",
        attachment=attachment.content if isinstance(attachment, Attachment) else None,
        attachment_maker=attachment.maker if isinstance(attachment, LaterAttachment) else "",
        attachment_key=attachment.key if isinstance(attachment, LaterAttachment) else "",
        dedup_key=dedup_key,
        message_id=f"<{secrets.token_hex(16)}@{_domain()}>",
        request_number=correlation.number(),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if already.exists():  # another transaction wrote it in the meantime
            return None
        raise
    after_commit(wake)
    return row


def _fitting(key: str) -> str:
    """A key that its column holds: one that is too long, with a long address in it, ends with its SHA-256."""
    if len(key) <= KEY_LENGTH:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: KEY_LENGTH - len(digest) - 1]}:{digest}"


@dataclass(frozen=True)
class Outgoing:
    """One mail among many: its message, its recipient, its key. The recipient was checked by whoever made it."""

    message: Message
    to: str
    dedup_key: str


def enqueue_many(mails: Sequence[Outgoing]) -> None:
    """Write the rows of many messages in the current transaction; their bodies are written when they are sent.

    They leave after the others, whatever their class says: nobody waits for one of thousands.

    Each key must be new: a taken one is an IntegrityError. Raises TransactionManagementError outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Un e-mail s’écrit dans la transaction du fait qu’il annonce.")
    now, domain = timezone.now(), _domain()
    columns = (
        "kind",
        "to",
        "subject",
        "context",
        "sensitive",
        "dedup_key",
        "message_id",
        "next_try_at",
        "created_at",
        "urgency",
        "about",
        "request_number",
    )
    rows = [  # made before the copy begins: it can hold no other statement
        (
            mail.message.kind,
            mail.to,
            subject,
            seal(dump(mail.message)) if mail.message.sensitive else dump(mail.message),
            mail.message.sensitive,
            _fitting(mail.dedup_key),
            f"<{secrets.token_hex(16)}@{domain}>",
            now,
            now,
            Urgency.MANY.value,
            mail.message.about(),
            correlation.number(),
        )
        for mail, subject in zip(mails, shown_subjects([mail.message for mail in mails]), strict=True)
    ]
    insert_rows(OutgoingEmail, columns, rows)
    after_commit(wake)


def resend(*, email: OutgoingEmail) -> bool:
    """Put a failed message back in the queue, with all its attempts. Returns False when it is not failed any more."""
    with transaction.atomic():
        changed = OutgoingEmail.objects.filter(pk=email.pk, status=EmailStatus.FAILED).update(
            status=EmailStatus.RETRY, attempts=0, next_try_at=timezone.now(), last_error=""
        )
        if changed:
            after_commit(wake)
    return bool(changed)


def wake() -> None:
    """Tell a worker that mail is due."""
    hint(deliver)


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"

"""The mails sent by this machine, for development: routed only when PORTAL_DEV_MAILBOX is on."""

import re
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from portal.dev.mailbox import StoredMail, list_messages, read_message

_ADDRESS = re.compile(r"(https?://[^\s<>\"]+[^\s<>\".,;:!?)»])")


def _find(name: str) -> StoredMail:
    mail = read_message(name) if settings.PORTAL_DEV_MAILBOX and "\0" not in name else None
    if mail is None:
        raise Http404
    return mail


def _text(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain", "html"))
    return str(body.get_content()) if body else ""


def _linked(text: str, request: HttpRequest) -> SafeString:
    """The text, its addresses made clickable when they lead to this host (or to the portal's own address)."""
    hosts = {request.get_host(), urlsplit(settings.PORTAL_BASE_URL).netloc}
    parts = _ADDRESS.split(text)
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<a href="{0}">{0}</a>', part) if index % 2 and urlsplit(part).netloc in hosts else part,)
            for index, part in enumerate(parts)
        ),
    )


def _summary(mail: StoredMail) -> dict[str, Any]:
    message = mail.message
    return {
        "name": mail.name,
        "to": str(message["To"] or ""),
        "subject": str(message["Subject"] or "(sans objet)"),
        "sent_at": parsedate_to_datetime(str(message["Date"])) if message["Date"] else None,
        "attachments": [part.get_filename() or "sans-nom" for part in message.iter_attachments()],
    }


@login_not_required
@require_safe
def boite_envoi(request: HttpRequest) -> HttpResponse:
    """The last mails sent, newest first."""
    mails = [_summary(mail) for mail in list_messages()]
    return render(request, "dev/boite_envoi.html", {"mails": mails})


@login_not_required
@require_safe
def boite_envoi_message(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: headers, text with its links, attachments. Raises Http404 for an unknown one."""
    mail = _find(name)
    context = {"mail": _summary(mail), "text": _linked(_text(mail.message), request)}
    return render(request, "dev/boite_envoi_message.html", context)


@login_not_required
@require_safe
def boite_envoi_piece(request: HttpRequest, name: str, index: int) -> FileResponse:
    """An attachment, counted from 0, always downloaded. Raises Http404 for an unknown one."""
    attachments = list(_find(name).message.iter_attachments())
    if index >= len(attachments):
        raise Http404
    part = attachments[index]
    content = part.get_payload(decode=True)
    return FileResponse(
        BytesIO(content if isinstance(content, bytes) else b""),
        as_attachment=True,
        filename=part.get_filename() or "sans-nom",
        content_type=part.get_content_type(),
    )

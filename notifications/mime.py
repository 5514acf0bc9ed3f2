"""From a row of the outbox to the bytes that SMTP carries.

The standard library's generator would cost more than sending does: the structure is fixed, it is written directly.
RFC 5322 (headers), RFC 2045 (quoted-printable, base64), RFC 2046 (multipart), RFC 2047 and 2231 (accents in headers).
"""

import base64
import binascii
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from urllib.parse import quote

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address

from notifications.messages import load
from notifications.models import OutgoingEmail
from notifications.rendering import render
from portal.lib.sealing import unseal

WORD_BYTES = 45  # 60 in base64, 72 with what surrounds them
LINE = 76  # characters of base64
NO_FILE = "La pièce jointe n’a pas pu être préparée\xa0: vous la trouverez dans votre espace."


class _Wire(bytes):
    """A whole message, in the one form that Django's mail backends ask of it."""

    def as_bytes(self, unixfrom: bool = False, linesep: str = "\r\n") -> bytes:
        """The message, with CRLF unless `linesep` says otherwise."""
        return bytes(self) if linesep == "\r\n" else self.replace(b"\r\n", linesep.encode())

    def get_charset(self) -> str:
        """Asked by Django's console backend."""
        return "utf-8"


class _PreparedEmail(EmailMultiAlternatives):
    wire: bytes

    def message(self) -> _Wire:  # type: ignore[override]
        return _Wire(self.wire)


def envelope(address: str) -> str:
    """The address as SMTP wants it: in ASCII, its domain in punycode when needed."""
    return address if address.isascii() else sanitize_address(address, "utf-8")


@lru_cache(maxsize=8)
def sender(shown: str) -> str:
    """The address alone of « Name <address> »."""
    return envelope(parseaddr(shown)[1])


def prepared(row: OutgoingEmail) -> EmailMultiAlternatives:
    """The row for any mail backend. Raises cryptography.fernet.InvalidToken like `wire`."""
    text, html = _bodies(row)
    message = _PreparedEmail(row.subject, text, settings.DEFAULT_FROM_EMAIL, [row.to])
    message.attach_alternative(html, "text/html")
    if row.attachment is not None:
        message.attach(row.attachment_name, bytes(row.attachment), row.attachment_type)
    message.wire = wire(row)
    return message


def wire(row: OutgoingEmail) -> bytes:
    """The row's MIME message: text and HTML, then the attachment; the same bytes at every attempt.

    Raises cryptography.fernet.InvalidToken when its bodies were sealed under a key that is lost.
    """
    text, html = _bodies(row)
    boundary = row.message_id[1:33]
    body = _alternative(text, html, f"a{boundary}")
    if row.attachment is not None:
        body = _mixed(body, row, f"m{boundary}")
    headers = (
        f"From: {_from(settings.DEFAULT_FROM_EMAIL)}\r\n"
        f"To: {envelope(row.to)}\r\n"
        f"Reply-To: {envelope(settings.PORTAL_CONTACT_EMAIL)}\r\n"
        f"Subject: {_encoded(row.subject)}\r\n"
        f"Date: {format_datetime(row.created_at)}\r\n"
        f"Message-ID: {row.message_id}\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "Content-Language: fr\r\n"
        "MIME-Version: 1.0\r\n"
    )
    return headers.encode("ascii") + body


def _bodies(row: OutgoingEmail) -> tuple[str, str]:
    """Text and HTML, which say so when the file announced is missing."""
    text, html = _stored_bodies(row)
    if row.attachment_maker and row.attachment is None:
        text, html = f"{text}\n\n{NO_FILE}\n", html.replace("</body>", f"<p>{NO_FILE}</p></body>")
    return text, html


def _stored_bodies(row: OutgoingEmail) -> tuple[str, str]:
    """Raises ValueError or TypeError for values of a class that has changed since, or is gone."""
    if row.context:
        _, text, html = render(load(row.kind, unseal(row.context) if row.sensitive else row.context))
        return text, html
    if row.sensitive:
        return unseal(row.text_body), unseal(row.html_body)
    return row.text_body, row.html_body


def _alternative(text: str, html: str, boundary: str) -> bytes:
    mark = boundary.encode()
    return b"".join(
        (
            b'Content-Type: multipart/alternative; boundary="' + mark + b'"\r\n\r\n',
            _part(b"plain", text, mark),
            _part(b"html", html, mark),
            b"--" + mark + b"--\r\n",
        )
    )


def _part(subtype: bytes, text: str, mark: bytes) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    return b"".join(
        (
            b"--" + mark + b"\r\nContent-Type: text/" + subtype,
            b'; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
            binascii.b2a_qp(lines, istext=True).replace(b"\n", b"\r\n"),
            b"\r\n",
        )
    )


def _mixed(alternative: bytes, row: OutgoingEmail, boundary: str) -> bytes:
    mark = boundary.encode()
    content = _base64(bytes(row.attachment or b""))
    name = quote(row.attachment_name, safe="")
    return b"".join(
        (
            b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n--' + mark + b"\r\n",
            alternative,
            b"--" + mark + f"\r\nContent-Type: {row.attachment_type}\r\n".encode("ascii"),
            b"Content-Transfer-Encoding: base64\r\n",
            f"Content-Disposition: attachment;\r\n filename*=utf-8''{name}\r\n\r\n".encode("ascii"),
            content,
            b"--" + mark + b"--\r\n",
        )
    )


def _base64(content: bytes) -> bytes:
    """Lines of 76 characters (RFC 2045, 6.8)."""
    encoded = binascii.b2a_base64(content, newline=False)
    return b"".join([encoded[start : start + LINE] + b"\r\n" for start in range(0, len(encoded), LINE)])


@lru_cache(maxsize=256)  # most mails have a subject that others have
def _encoded(text: str) -> str:
    """A header's value in ASCII; an accented one as encoded words of 75 characters at most (RFC 2047, 2)."""
    if text.isascii() and len(text) < 60 and "=?" not in text:
        return text
    words, rest = [], text.encode()
    while len(rest) > WORD_BYTES:
        end = WORD_BYTES
        while rest[end] & 0xC0 == 0x80:  # inside a character
            end -= 1
        words.append(rest[:end])
        rest = rest[end:]
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in [*words, rest])


@lru_cache(maxsize=8)
def _from(address: str) -> str:
    return sanitize_address(address, "utf-8")

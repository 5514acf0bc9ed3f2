"""What must not reach a log: links of activation and of password reset, tokens of the API, tracebacks of refusals."""

import json
import logging
import re
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import unquote

from portal.lib import correlation

# First parts of the addresses that hold a secret: what follows reaches no log and no other site (Referrer-Policy).
SECRET_PATHS = ("/activation/", "/mot-de-passe/", "/recapitulatif/", "/guide-entreprise/", "/adresse-precedente/")

_FIRST = "|".join(re.escape(path.strip("/")) for path in SECRET_PATHS)
_LINK = re.compile(
    rf"(?P<start>/(?:{_FIRST})/+)(?!terminee(?:/|\b))[^/\s\"'?&#]+(?P<second>/[^/\s\"'?&#]{{20,}})?", re.IGNORECASE
)
_TOKEN = re.compile(r"\b(?P<start>eapi_[\w-]{6}|whsec_)[\w+/=-]{20,}")

# An address may hold an encoded end of line: it must not begin a line of the log that nobody wrote.
ONE_LINE = dict.fromkeys((*range(32), 127, 133, 8232, 8233), " ")


def redact(text: str) -> str:
    """The text with the secret of each personal link or token replaced by [secret]."""
    text = _TOKEN.sub(lambda match: f"{match['start']}[secret]", text)
    return _LINK.sub(lambda match: f"{match['start']}[secret]" + ("/[secret]" if match["second"] else ""), text)


def _redact_address(text: str) -> str:
    """The same for a text that may hold an address as it was sent: « /%61ctivation/… » leads to the same page."""
    plain = unquote(text)
    hidden = redact(plain)
    return redact(text) if hidden == plain else hidden


def _redacted(value: object) -> object:
    if isinstance(value, str):
        return _redact_address(value).translate(ONE_LINE)
    if value is None or isinstance(value, int | float | bool):
        return value
    shown = str(value)
    hidden = _redact_address(shown)
    return value if hidden == shown else hidden


class WithoutTracebackOfRefusals(logging.Filter):
    """A request that was refused (4xx) is one line: where in the program is of interest for faults alone."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the record passes, without its traceback."""
        status = getattr(record, "status_code", None)
        if isinstance(status, int) and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            record.exc_info, record.exc_text = None, None
        return True


class RedactSecrets(logging.Filter):
    """Hide personal links in the message, its arguments (one line each) and the traceback of each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the record passes, without its secrets."""
        # A message is a format while it has arguments: its « % » are no encoding.
        record.msg = _redacted(record.msg) if not record.args else redact(str(record.msg))
        if isinstance(record.args, dict):
            record.args = {name: _redacted(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(_redacted(value) for value in record.args)
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True


class Numbered(logging.Filter):
    """Give each record the number of the request that it is of, « - » outside of any."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the record passes, with its number."""
        record.request_number = correlation.number() or "-"
        return True


class Line(logging.Formatter):
    """One line for people, its instant in UTC with its offset (RFC 3339)."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request_number)s] %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The instant, in milliseconds."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class Json(Line):
    """The same as one JSON object a line. These keys alone: what a library hangs on a record may name anybody."""

    def format(self, record: logging.LogRecord) -> str:
        """Keys: time, level, logger, request, message, and traceback when there is one."""
        said = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "request_number", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            said["traceback"] = record.exc_text
        return json.dumps(said, ensure_ascii=False)


FORMATS: dict[str, type[Line]] = {"texte": Line, "json": Json}  # of PORTAL_LOG_FORMAT


def formatter(kind: str) -> logging.Formatter:
    """The formatter of that name. Raises KeyError for an unknown one."""
    return FORMATS[kind]()

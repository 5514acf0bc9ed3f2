"""Secrets that must not reach a log: links of activation and of password reset, tokens of the API."""

import logging
import re

_LINK = re.compile(
    r"(?P<start>/(?:activation|mot-de-passe)/)(?!terminee(?:/|\b))[^/\s\"'?&#]+(?P<second>/[^/\s\"'?&#]{20,})?"
)
_TOKEN = re.compile(r"\b(?P<start>eapi_[\w-]{6}|whsec_)[\w+/=-]{20,}")


def redact(text: str) -> str:
    """The text with the secret of each personal link or token replaced by [secret]."""
    text = _TOKEN.sub(lambda match: f"{match['start']}[secret]", text)
    return _LINK.sub(lambda match: f"{match['start']}[secret]" + ("/[secret]" if match["second"] else ""), text)


def _redacted(value: object) -> object:
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, int | float | bool):
        return value
    shown = str(value)
    hidden = redact(shown)
    return value if hidden == shown else hidden


class RedactSecrets(logging.Filter):
    """Hide personal links in the message, its arguments and the traceback of each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the record passes, without its secrets."""
        record.msg = _redacted(record.msg)
        if isinstance(record.args, dict):
            record.args = {name: _redacted(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(_redacted(value) for value in record.args)
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True

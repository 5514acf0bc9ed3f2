import logging
import sys

import pytest

from portal.logs import RedactSecrets, redact

SECRET = "k3J9-xT_vQm2LhZp8RwYbN4cGdFs7AeUoi1XtVqKj50"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"GET /activation/{SECRET}/ 200", "GET /activation/[secret]/ 200"),
        (f"GET /activation/{SECRET}/compte/?a=1", "GET /activation/[secret]/compte/?a=1"),
        (f"https://p.example/activation/{SECRET}", "https://p.example/activation/[secret]"),
        (
            "/mot-de-passe/MTI/cx4q2w-0a1b2c3d4e5f60718293a4b5c6d7e8f9/",
            "/mot-de-passe/[secret]/[secret]/",
        ),
        ("/mot-de-passe-oublie/", "/mot-de-passe-oublie/"),
        ("/activation/terminee/", "/activation/terminee/"),
        ("/demandes/20964/", "/demandes/20964/"),
    ],
)
def test_secrets_are_replaced(text, shown):
    assert redact(text) == shown


def _record(message, args=(), exc_info=None):
    return logging.LogRecord("django.request", logging.INFO, "x.py", 1, message, args, exc_info)


def test_arguments_are_redacted_and_still_format():
    record = _record('"%s" %s %s', (f"GET /activation/{SECRET}/ HTTP/1.1", 200, None))

    assert RedactSecrets().filter(record)

    assert record.getMessage() == '"GET /activation/[secret]/ HTTP/1.1" 200 None'


def test_named_arguments_and_objects_are_redacted():
    class Request:
        def __str__(self):
            return f"<WSGIRequest: GET '/activation/{SECRET}/'>"

    named = _record("%(path)s", ({"path": f"/activation/{SECRET}/"},))
    RedactSecrets().filter(named)
    object_ = _record("%s", (Request(),))
    RedactSecrets().filter(object_)

    assert SECRET not in named.getMessage() + object_.getMessage()


def test_tracebacks_are_redacted():
    try:
        raise ValueError(f"/activation/{SECRET}/")
    except ValueError:
        record = _record("échec", exc_info=sys.exc_info())

    RedactSecrets().filter(record)

    assert SECRET not in logging.Formatter().format(record)

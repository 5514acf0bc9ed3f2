import json
import logging
import runpy
import sys
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.core.handlers.exception import response_for_exception
from django.http import HttpResponse
from django.utils.log import log_response
from django.utils.module_loading import import_string

from portal.lib import correlation
from portal.logs import Numbered, RedactSecrets, formatter, redact

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
        (f"/recapitulatif/12:{SECRET}/", "/recapitulatif/[secret]/"),
        (f"/ACTIVATION/{SECRET}/", "/ACTIVATION/[secret]/"),
        (f"//activation//{SECRET}/", "//activation//[secret]/"),
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


@pytest.mark.parametrize("address", ["/%61ctivation/{}/", "/activation%2F{}/", "/mot%2Dde-passe/MTI/{}/"])
def test_an_encoded_address_is_the_same_address(address):
    record = _record("%s", (address.format(SECRET),))
    RedactSecrets().filter(record)
    assert SECRET not in record.getMessage()
    assert "[secret]" in record.getMessage()


@pytest.mark.parametrize("kept", ["100 % fait", "50%25", "/demandes/%C3%A9/", "%s et %d"])
def test_what_holds_no_secret_is_kept_as_it_is(kept):
    record = _record("%s", (kept,))
    RedactSecrets().filter(record)
    assert record.getMessage() == kept


def test_an_address_writes_one_line():
    record = _record("%(U)s", ({"U": "/a\n2026-01-01 ERROR forged\r\u2028"},))
    RedactSecrets().filter(record)
    assert len(record.getMessage().splitlines()) == 1


@pytest.mark.parametrize("raised", [PermissionDenied("non"), BadRequest("?"), SuspiciousOperation("!")])
def test_a_refusal_is_logged_without_its_traceback(raised, rf, caplog):
    with caplog.at_level(logging.INFO, "django"):
        assert response_for_exception(rf.get("/gestion/"), raised).status_code < 500
    lines = [_through_the_handler(record) for record in caplog.records]
    assert lines
    assert "Traceback" not in "\n".join(lines)


def test_a_fault_keeps_its_traceback(rf, caplog):
    try:
        raise ValueError("panne")
    except ValueError as error:
        log_response("Erreur", response=HttpResponse(status=500), request=rf.get("/"), exception=error)
    assert "Traceback" in _through_the_handler(caplog.records[-1])


def _through_the_handler(record):
    """What the console of the portal would write of a record."""
    handler = settings.LOGGING["handlers"]["console"]
    for name in handler["filters"]:
        import_string(settings.LOGGING["filters"][name]["()"])().filter(record)
    given = dict(settings.LOGGING["formatters"][handler["formatter"]])
    return import_string(given.pop("()"))(**given).format(record)


def test_an_instant_is_in_utc_with_its_offset():
    record = _record("message")
    record.created = datetime(2026, 10, 25, 0, 30, 0, 500_000, UTC).timestamp()  # 02:30 in France, which comes twice
    line = _through_the_handler(record)
    assert line == "2026-10-25T00:30:00.500+00:00 INFO django.request [-] message"


def test_a_line_of_json_has_its_keys_and_no_other():
    record = _record("salut %s", ("é\nà",))
    record.created = datetime(2026, 10, 25, tzinfo=UTC).timestamp()
    record.request, record.data = "Virginie Durand", {"nom": "Durand"}
    with correlation.working_for("0123456789abcdef"):
        RedactSecrets().filter(record)
        Numbered().filter(record)
    assert json.loads(formatter("json").format(record)) == {
        "time": "2026-10-25T00:00:00.000+00:00",
        "level": "INFO",
        "logger": "django.request",
        "request": "0123456789abcdef",
        "message": "salut é à",
    }


def test_a_traceback_in_json_is_one_line_and_redacted():
    try:
        raise ValueError(f"/activation/{SECRET}/")
    except ValueError:
        record = _record("échec", exc_info=sys.exc_info())
    RedactSecrets().filter(record)
    line = formatter("json").format(record)
    assert len(line.splitlines()) == 1
    assert SECRET not in line
    assert "ValueError" in json.loads(line)["traceback"]


def _kind_of_gunicorn():
    config = runpy.run_path(str(settings.BASE_DIR / "portal" / "gunicorn.py"))
    return config["logconfig_dict"]["formatters"]["line"]["kind"]


@pytest.mark.parametrize(("word", "kind"), [("json", "json"), ("texte", "texte"), ("", "texte"), ("xml", "texte")])
def test_gunicorn_can_always_write_what_the_settings_refuse(monkeypatch, word, kind):
    monkeypatch.setenv("PORTAL_LOG_FORMAT", word)
    assert _kind_of_gunicorn() == kind


def test_gunicorn_reads_the_format_from_a_file_too(monkeypatch, tmp_path):
    (tmp_path / "format").write_text("json\n")
    monkeypatch.delenv("PORTAL_LOG_FORMAT", raising=False)
    monkeypatch.setenv("PORTAL_LOG_FORMAT_FILE", str(tmp_path / "format"))
    assert _kind_of_gunicorn() == "json"

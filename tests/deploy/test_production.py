"""Production settings in processes of their own, as a deployment starts them."""

import ast
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.deploy import fresh
from tests.deploy.environment import BROKER, KEY, ROOT, production, required
from tests.servers.ports import free_port

REQUIRED = sorted(required())
SECRET = "un-secret-que-personne-ne-doit-lire-0123456789"


def python(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def setting(environment: dict[str, str], expression: str) -> str:
    """The value of an expression over `settings`, in a fresh process."""
    code = f"import django; django.setup(); from django.conf import settings; print({expression})"
    done = fresh.python(environment, "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, ""], ids=["absent", "empty"])
def test_production_does_not_start_without(name: str, value: str | None, tmp_path: Path) -> None:
    environment = production(tmp_path)
    del environment[name]
    if value is not None:
        environment[name] = value
    done = fresh.python(environment, "manage.py", "check")
    assert done.returncode != 0
    assert name in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_SECRET_KEY", "courte"),
        ("PORTAL_BASE_URL", "http://portail.exemple.fr"),
        ("PORTAL_ALLOWED_HOSTS", " , "),
        ("PORTAL_ALLOWED_HOSTS", "portail.exemple.fr,*"),
        ("PORTAL_HSTS_PRELOAD", "peut-être"),
        ("PORTAL_CACHE_URL", "memcached://127.0.0.1"),
        ("EMAIL_PORT", "vingt-cinq"),
        ("PORTAL_PROXY_COUNT", "un"),
        ("PORTAL_PROXY_COUNT", "1.5"),
        ("PORTAL_PROXY_COUNT", "-1"),
        ("PORTAL_SECOND_FACTOR", "aucun"),
        ("PORTAL_SECOND_FACTOR", "oui"),
        ("EMAIL_USE_TLS", "peut-être"),
        ("PORTAL_LOG_FORMAT", "xml"),
        ("PORTAL_SECRET_KEY_FILE", "/nulle/part"),
        ("PORTAL_SECRET_KEY_FALLBACKS", f"{KEY},courte"),
        ("PORTAL_SECRET_KEY_FALLBACKS_FILE", "/nulle/part"),
        ("PORTAL_SEALING_KEYS", "courte"),
        ("PORTAL_SEALING_KEYS_FILE", "/nulle/part"),
    ],
)
def test_production_does_not_start_with(name: str, value: str, tmp_path: Path) -> None:
    environment = production(tmp_path) | {name: value}
    if name.endswith("_FILE"):
        environment.pop(name.removesuffix("_FILE"), None)
    done = fresh.python(environment, "manage.py", "check")
    assert done.returncode != 0
    assert name in done.stderr


def test_secrets_come_from_files(tmp_path: Path) -> None:
    environment = production(tmp_path)
    for name in REQUIRED:
        (tmp_path / name).write_text(environment.pop(name) + "\n", encoding="utf-8")
        environment[f"{name}_FILE"] = str(tmp_path / name)
    assert setting(environment, "settings.SECRET_KEY") == KEY


def test_a_key_too_short_is_not_shown(tmp_path: Path) -> None:
    done = fresh.python(production(tmp_path) | {"PORTAL_SEALING_KEYS": f"{KEY} une-clef-courte"}, "manage.py", "check")
    assert "la clé n°\xa02 doit compter au moins 50 caractères" in done.stderr
    assert "une-clef-courte" not in done.stderr


@pytest.mark.parametrize("between", [", ", "\n"])
def test_keys_come_from_a_file_a_line_or_a_comma_apart(between: str, tmp_path: Path) -> None:
    keys = [KEY[::-1], KEY + "bis"]
    for name in ("PORTAL_SECRET_KEY_FALLBACKS", "PORTAL_SEALING_KEYS"):
        (tmp_path / name).write_text(between.join(keys) + "\n", encoding="utf-8")
    environment = production(tmp_path) | {
        "PORTAL_SECRET_KEY_FALLBACKS_FILE": str(tmp_path / "PORTAL_SECRET_KEY_FALLBACKS"),
        "PORTAL_SEALING_KEYS_FILE": str(tmp_path / "PORTAL_SEALING_KEYS"),
    }
    both = "settings.SECRET_KEY_FALLBACKS == settings.PORTAL_SEALING_KEYS"
    read = setting(environment, f"{both}, settings.PORTAL_SEALING_KEYS")
    assert read == f"True {keys}"


def test_a_celery_process_takes_the_production_settings_by_itself(tmp_path: Path) -> None:
    environment = production(tmp_path)
    del environment["DJANGO_SETTINGS_MODULE"]
    done = python(environment, "-c", "import portal; print(portal.celery_app.conf.broker_url)")
    assert done.stdout.strip() == BROKER


@pytest.mark.parametrize("preload", ["0", "1"])
def test_check_deploy_has_nothing_to_say(preload: str, tmp_path: Path) -> None:
    """Silent of one thing: that browsers' list, which is joined on purpose alone."""
    given = production(tmp_path) | {"PORTAL_HSTS_PRELOAD": preload}
    done = python(given, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    silenced = "0 silenced" if preload == "1" else "1 silenced"
    assert silenced in done.stdout + done.stderr


def test_cookies_and_headers_are_those_of_https(tmp_path: Path) -> None:
    environment = production(tmp_path)
    names = setting(environment, "settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.DEBUG")
    assert names == "__Host-session __Host-csrf False"
    device = setting(environment, "settings.PORTAL_DEVICE_COOKIE_NAME, settings.SESSION_COOKIE_SECURE")
    assert device == "__Host-appareil True"
    assert setting(environment, "settings.PORTAL_DEV_MAILBOX") == "False"


def test_s3_settings_give_an_s3_storage(tmp_path: Path) -> None:
    environment = production(tmp_path) | {
        "PORTAL_S3_BUCKET": "justificatifs",
        "PORTAL_S3_ENDPOINT": "http://127.0.0.1:9000",
        "PORTAL_S3_ACCESS_KEY": "portail",
        "PORTAL_S3_SECRET_KEY": SECRET,
    }
    code = (
        "import django; django.setup(); from django.core.files.storage import storages; s = storages['justificatifs'];"
        "print(type(s).__module__, s.bucket_name, s.endpoint_url, s.location, s.default_acl, s.querystring_auth)"
    )
    done = python(environment, "-c", code)
    assert done.stdout.split() == [
        "dispenses.documents.s3", "justificatifs", "http://127.0.0.1:9000", "justificatifs", "None", "True",
    ], done.stderr  # fmt: skip


@pytest.mark.parametrize("pooled", ["0", "1"])
def test_a_database_that_is_gone_without_a_word_is_given_up(pooled: str, tmp_path: Path) -> None:
    """In some seconds; through a pooler nothing is asked that hangs on the session."""
    environment = production(tmp_path) | {
        "DATABASE_URL": "postgres://portail@10.0.0.41,10.0.0.42/portail?target_session_attrs=read-write",
        "PORTAL_DATABASE_POOLED": pooled,
    }
    found = ast.literal_eval(setting(environment, "settings.DATABASES['default']"))
    options = found["OPTIONS"]
    assert (found["HOST"], options["target_session_attrs"]) == ("10.0.0.41,10.0.0.42", "read-write")
    assert options["tcp_user_timeout"] == 10_000
    assert options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"] < 15
    assert (found["DISABLE_SERVER_SIDE_CURSORS"], "options" in options) == (pooled == "1", pooled == "0")


@pytest.mark.parametrize("name", ["PORTAL_S3_ACCESS_KEY", "PORTAL_S3_SECRET_KEY"])
def test_s3_without_a_key_does_not_start(name: str, tmp_path: Path) -> None:
    environment = production(tmp_path) | {
        "PORTAL_S3_BUCKET": "justificatifs",
        "PORTAL_S3_ACCESS_KEY": "portail",
        "PORTAL_S3_SECRET_KEY": SECRET,
    }
    del environment[name]
    done = fresh.python(environment, "manage.py", "check")
    assert done.returncode != 0
    assert name in done.stderr


class _Ill(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, *args: object) -> None:
        pass


def test_a_web_whose_database_is_away_is_ill_but_alive() -> None:
    """Compose starts anew what says nothing, not what says that it waits for another part."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Ill) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        answering = f"http://127.0.0.1:{server.server_port}/sante"
        codes = [checked(answering), checked("--alive", answering)]
        server.shutdown()
    assert codes == [1, 0]


def test_a_web_that_stops_is_ill_but_alive_and_one_that_hangs_is_dead() -> None:
    """The one has closed its port and ends the uploads on their way; the other keeps its port and says nothing."""
    stopping = f"http://127.0.0.1:{free_port()}/sante"
    with socket.create_server(("127.0.0.1", 0)) as hung:
        silent = f"http://127.0.0.1:{hung.getsockname()[1]}/sante"
        codes = [checked(stopping), checked("--alive", stopping), checked("--alive", silent)]
    assert codes == [1, 0, 1]


def checked(*words: str) -> int:
    """Exit code of the health check."""
    return python({"PATH": os.environ["PATH"]}, "portal/healthcheck.py", *words).returncode

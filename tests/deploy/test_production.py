"""Production settings in processes of their own, as a deployment starts them."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
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


def run_step_of_the_image() -> list[str]:
    """The words of the Dockerfile's own collectstatic."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"(DJANGO_SETTINGS_MODULE=\S+) python (manage\.py collectstatic [^\\\n]+)", text)
    assert found
    return [found[1], *found[2].split()]


class Image:
    """The steps of the image run by hand: a copy without what .dockerignore drops, static files, then CMD."""

    def __init__(self, folder: Path) -> None:
        self.app, self.var = folder / "app", folder / "app" / "var"
        dropped = [line.strip("*/") for line in (ROOT / ".dockerignore").read_text().split()]
        shutil.copytree(ROOT, self.app, ignore=shutil.ignore_patterns(*dropped, "__pycache__", "*.pyc"))
        self.environment = production(self.var) | {"PORTAL_ACCESS_LOG": "1", "PATH": os.environ["PATH"]}
        module, *words = run_step_of_the_image()
        build = {"PATH": os.environ["PATH"], "PORTAL_VAR_DIR": str(self.var)} | dict([module.split("=")])
        subprocess.run([sys.executable, *words], cwd=self.app, env=build, check=True, capture_output=True, timeout=120)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.app, env=self.environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return Image(tmp_path_factory.mktemp("image"))


class Site:
    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        sent = {"Host": "portail.exemple.fr"} | {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=sent)
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


@pytest.fixture(scope="module")
def site(image: Image) -> Iterator[Site]:
    prepared = image.python("manage.py", "prepare")
    assert prepared.returncode == 0, prepared.stderr
    port = free_port()
    log = image.var / "gunicorn.log"
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--config", "portal/gunicorn.py"],
            cwd=image.app,
            env=image.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        running = Site(port, log)
        try:
            _wait(running)
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0


def _wait(site: Site) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if site.get("/sante")[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(site.log.read_text())


def test_prepare_a_second_time_changes_nothing(image: Image, site: Site) -> None:
    done = image.python("manage.py", "prepare")
    assert done.returncode == 0, done.stderr
    assert "No migrations to apply" in done.stdout or "Aucune migration" in done.stdout


def test_health_check_over_http_and_everything_else_over_https(image: Image, site: Site) -> None:
    assert site.get("/sante")[0] == 200
    assert image.python("portal/healthcheck.py", f"http://127.0.0.1:{site.port}/sante").returncode == 0
    assert image.python("portal/healthcheck.py", "http://127.0.0.1:9/sante").returncode == 1
    status, headers, _ = site.get("/connexion/")
    assert (status, headers["Location"]) == (301, "https://portail.exemple.fr/connexion/")


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


def test_pages_behind_the_proxy(site: Site) -> None:
    status, headers, body = site.get("/connexion/", X_Forwarded_Proto="https")
    assert status == 200
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "__Host-csrf" in headers["Set-Cookie"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    found = re.search(rb'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', body)
    assert found, body[:800]
    status, headers, _ = site.get(found[1].decode(), X_Forwarded_Proto="https", Accept_Encoding="br")
    assert status == 200
    assert headers["Content-Encoding"] == "br"
    assert "immutable" in headers["Cache-Control"]


def test_another_host_is_refused(site: Site) -> None:
    assert site.get("/connexion/", X_Forwarded_Proto="https", Host="pirate.exemple.com")[0] == 400


def test_the_development_mailbox_does_not_exist(site: Site) -> None:
    assert site.get("/dev/boite-envoi/", X_Forwarded_Proto="https")[0] in {302, 404}


def test_personal_links_never_reach_the_log(site: Site) -> None:
    site.get(f"/activation/{SECRET}/", X_Forwarded_Proto="https", Referer=f"https://x.example/activation/{SECRET}/")
    site.get(f"/mot-de-passe/MQ/{SECRET}/", X_Forwarded_Proto="https")
    site.get(f"/%61ctivation%2F{SECRET}/", X_Forwarded_Proto="https")
    site.get("/salaries/?q=Dupont-Moretti", X_Forwarded_Proto="https", Referer="https://x.example/?q=Dupont-Moretti")
    site.get("/sans%0A2026-11-29%20ERROR%20forged", X_Forwarded_Proto="https")
    time.sleep(0.3)
    log = site.log.read_text()
    assert "GET /activation/[secret]/" in log
    assert "GET /salaries/ HTTP" in log
    assert "Dupont" not in log
    assert not [line for line in log.splitlines() if line.startswith("2026-11-29 ERROR forged")]
    assert "GET /mot-de-passe/[secret]" in log
    assert SECRET not in log

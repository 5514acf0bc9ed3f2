"""The image built by hand, step by step, and the site that it serves."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.environment import ROOT, production
from tests.servers.ports import free_port

pytestmark = pytest.mark.slow
SECRET = "un-secret-que-personne-ne-doit-lire-0123456789"


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

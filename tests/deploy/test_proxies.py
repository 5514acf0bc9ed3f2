"""Sign-ins through real proxies: wrong passwords count for the client's own address, whatever the client writes."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests import clock
from tests.deploy.environment import ROOT
from tests.prepared import once, put_portal
from tests.servers.ports import free_port
from tests.servers.proxies import start_proxy

pytestmark = [pytest.mark.slow, pytest.mark.proxies]

EMAIL, PASSWORD = "camille@exemple.fr", "motdepasse-solide-1"
PERSON = f"""
import django; django.setup()
from tests.factories import UserFactory
UserFactory(email="{EMAIL}")
"""
ATTACKER, OWNER = "127.0.0.1", "127.0.0.2"
FORGED = (OWNER, f"{OWNER}, {OWNER}", f"{OWNER}, {OWNER}, {OWNER}", "198.51.100.1", "", "unknown", f"[::1]:1, {OWNER}")


@dataclass
class Entrance:
    """The port where the outermost proxy answers, and the database of the portal behind."""

    port: int
    database: Path

    def sign_in(self, password: str, *, source: str, forwarded: str | None = None) -> int:
        """Status of a sign-in from this address of the machine, in a browser that was never here."""
        forged = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(source, 0))
        ) as connection:
            connection.request("GET", "/connexion/", headers=forged)
            answer = connection.getresponse()
            found = re.search(r'csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())
            assert found
            cookie = str(answer.headers["Set-Cookie"]).split(";")[0]
            body = urlencode({"username": EMAIL, "password": password, "csrfmiddlewaretoken": found[1]})
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/connexion/", body, headers | forged)
            answer = connection.getresponse()
            answer.read()
            return answer.status

    def rows(self, words: str) -> list[tuple[str, ...]]:
        with contextlib.closing(sqlite3.connect(self.database)) as base, base:
            return base.execute(words).fetchall()

    def make_the_wait_long(self) -> None:
        """A busy machine may take more than 15 seconds over what follows."""
        self.rows("UPDATE accounts_trycount SET open_at = '2999-01-01 00:00:00' WHERE open_at IS NOT NULL")


def environment(var: Path, **extra: str) -> dict[str, str]:
    own = {"PATH": os.environ["PATH"], "PORTAL_VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "tests.bench.settings"}
    return clock.environment() | own | extra


def _prepare(folder: Path) -> None:
    put_portal(folder)
    for words in (["manage.py", "collectstatic", "--noinput", "-v0"], ["-c", PERSON]):
        subprocess.run([sys.executable, *words], cwd=ROOT, env=environment(folder), check=True, capture_output=True)


@contextlib.contextmanager
def start_portal(var: Path, proxies: int) -> Iterator[int]:
    port = free_port()
    shutil.copytree(once("signing-in", _prepare), var)
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    given = environment(var, PORTAL_PROXY_COUNT=str(proxies), WEB_CONCURRENCY="1")
    server = subprocess.Popen([*command, "--config", "portal/gunicorn.py"], cwd=ROOT, env=given)
    try:
        _wait_for(port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(OSError), contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as link:
            link.request("GET", "/sante")
            if link.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise AssertionError("Le portail n'a pas répondu.")


@contextlib.contextmanager
def start(folder: Path, *chain: str) -> Iterator[Entrance]:
    """The portal behind these proxies, the outermost first."""
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(start_portal(folder / "var", len(chain)))
        for place, name in reversed(list(enumerate(chain))):
            port = stack.enter_context(start_proxy(name, folder / name, behind=port, inner=place > 0))
        yield Entrance(port, folder / "var" / "portal.sqlite3")


@pytest.mark.parametrize("chain", [("nginx",), ("caddy",), ("nginx", "caddy"), ("caddy", "nginx")], ids="-".join)
def test_wrong_passwords_count_for_who_types_them(chain: tuple[str, ...], tmp_path: Path) -> None:
    with start(tmp_path, *chain) as entrance:
        statuses = [entrance.sign_in("faux", source=ATTACKER) for _ in range(5)]
        assert statuses == [200] * 4 + [429]
        entrance.make_the_wait_long()
        assert entrance.sign_in(PASSWORD, source=ATTACKER) == 429
        assert [entrance.sign_in(PASSWORD, source=ATTACKER, forwarded=text) for text in FORGED] == [429] * len(FORGED)
        assert entrance.sign_in("faux", source=OWNER, forwarded=ATTACKER) == 200
        counted = entrance.rows("SELECT DISTINCT address FROM accounts_trycount WHERE kind = 'place'")
        assert {address for (address,) in counted} == {ATTACKER, OWNER}
        assert entrance.sign_in(PASSWORD, source=OWNER, forwarded=ATTACKER) == 302

"""An antivirus that accepts files and never answers: everybody's mail leaves all the same."""

import contextlib
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from portal.dev.demo import ACCOUNTS
from tests.deploy.environment import ROOT
from tests.deploy.test_run import environment, processes, started, wait_for
from tests.servers.ports import free_port

pytestmark = pytest.mark.slow
SETTINGS = "portal.settings.dev"
WAIT = """
import django; django.setup()
from django.utils import timezone
from dispenses.documents.examination import examine
from dispenses.enums import ScanStatus
from dispenses.models import Justificatif
Justificatif.objects.update(scan_status=ScanStatus.PENDING.value, scan_next_at=timezone.now())
waiting = list(Justificatif.objects.values_list("pk", flat=True)[:8])
for pk in waiting: examine.delay(pk)
print(len(waiting))
"""


@contextlib.contextmanager
def silent_server() -> Iterator[tuple[int, list[socket.socket]]]:
    """A port that takes connections and says nothing; the connections that it holds."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        stop = threading.Event()

        def accept() -> None:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    held.append(server.accept()[0])

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1], held
        finally:
            stop.set()
            thread.join()
            for connection in held:
                connection.close()


def ask_for_a_password(port: int, address: str) -> None:
    """« Mot de passe oublié », as a browser sends it."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = f"http://127.0.0.1:{port}/mot-de-passe-oublie/"
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.open(page, timeout=30).read().decode())
    assert found
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], "email": address}).encode()
    with browser.open(page, form, timeout=30) as answer:
        assert answer.status == 200


def test_a_frozen_antivirus_delays_nobody_s_mail(tmp_path: Path) -> None:
    port, address = free_port(), dict(ACCOUNTS)["salariée"]
    with silent_server() as (clamd, held), started(tmp_path, port, PORTAL_CLAMD=f"tcp://127.0.0.1:{clamd}"):
        wait_for(lambda: _up(port))
        wait_for(lambda: any("documents@" in command for command in processes(tmp_path).values()))
        run = environment(tmp_path, port, PORTAL_CLAMD=f"tcp://127.0.0.1:{clamd}", DJANGO_SETTINGS_MODULE=SETTINGS)
        said = subprocess.run([sys.executable, "-c", WAIT], cwd=ROOT, env=run, capture_output=True, check=True)
        assert int(said.stdout) >= 4
        wait_for(lambda: len(held) >= 2)  # both threads of that worker wait for the antivirus
        before, begun = _mails(tmp_path, address), time.monotonic()
        ask_for_a_password(port, address)
        wait_for(lambda: _mails(tmp_path, address) > before)
        assert time.monotonic() - begun < 60


def _up(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/sante", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def _mails(var: Path, address: str) -> int:
    """How many were sent to that address."""
    return sum(f"To: {address}" in path.read_text(errors="replace") for path in (var / "mails").glob("*.eml"))

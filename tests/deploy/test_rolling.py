"""Uploads that are on their way when a web process is told to stop: none is lost, and none holds it for ever."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy import test_upload
from tests.deploy.environment import ROOT
from tests.deploy.test_upload import Site, folders, start, wait_for
from tests.files import pdf_bytes
from tests.prepared import once
from tests.servers.ports import free_port
from tests.servers.proxies import program

__all__ = ["folders"]  # the fixture

pytestmark = pytest.mark.slow
CONTENT = pdf_bytes() + b"0" * 1_500_000
HALF = 0.5
LITTLE = 0.01  # held by the system before anybody reads it


def refuses(site: Site) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", site.port), timeout=1):
        return False
    return True


def children(site: Site) -> set[str]:
    return set(Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split())


def end(site: Site, connection: socket.socket, *, share: float = HALF) -> bytes:
    """Send the rest of the upload; the first line of the answer."""
    body = site.body(CONTENT)
    connection.sendall(body[int(len(body) * share) :])
    return connection.recv(12)


def test_an_upload_goes_on_while_the_portal_stops(folders: tuple[Path, Path]) -> None:
    with start(*folders) as site, contextlib.closing(site.begin(CONTENT, HALF)) as connection:
        site.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses(site))
        assert end(site, connection) == b"HTTP/1.1 200"
        assert len(site.left()) == 2  # the row and its file
        assert site.process.wait(60) == 0


def test_a_connection_that_nobody_has_taken_yet_is_not_reset(folders: tuple[Path, Path]) -> None:
    """A busy process may be told to stop before it has seen who is there."""
    with start(*folders) as site:
        for child in children(site):
            os.kill(int(child), signal.SIGSTOP)
        with contextlib.closing(site.knock(CONTENT, LITTLE)) as connection:
            site.process.send_signal(signal.SIGTERM)
            for child in children(site):
                os.kill(int(child), signal.SIGCONT)
            wait_for(lambda: refuses(site))
            assert end(site, connection, share=LITTLE) == b"HTTP/1.1 200"
        assert site.process.wait(60) == 0


def test_an_upload_goes_on_while_new_processes_take_over(folders: tuple[Path, Path]) -> None:
    """What `systemctl reload` does: the same port all the time."""
    with start(*folders) as site, contextlib.closing(site.begin(CONTENT, HALF)) as connection:
        former = children(site)
        site.process.send_signal(signal.SIGHUP)
        wait_for(lambda: len(children(site) & former) == 1 and len(children(site) - former) == 2, 60)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)) as other:
            other.request("GET", "/connexion/")
            assert other.getresponse().status == 200
        assert end(site, connection) == b"HTTP/1.1 200"
        wait_for(lambda: not children(site) & former, 60)


def test_a_connection_that_a_proxy_keeps_ends_behind_its_next_answer(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    with (
        start(*folders) as site,
        contextlib.closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)) as kept,
        contextlib.closing(site.begin(CONTENT, HALF)) as connection,
    ):
        said = []
        for _ in range(2):
            kept.request("GET", "/connexion/")
            answer = kept.getresponse()
            assert answer.status == 200
            answer.read()
            said.append(answer.headers.get("Connection", ""))
            if len(said) == 1:
                site.process.send_signal(signal.SIGTERM)
                wait_for(lambda: refuses(site))
        assert said == ["", "close"]
        assert end(site, connection) == b"HTTP/1.1 200"
        assert site.process.wait(60) == 0


def test_one_that_never_ends_is_cut_at_the_end_of_the_grace(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_GRACE_SECONDS", "4")
    with start(*folders) as site, contextlib.closing(site.begin(CONTENT, HALF)) as connection:
        os.kill(site.process.pid, signal.SIGTERM)
        with contextlib.suppress(ConnectionError):
            assert connection.recv(100) == b""
        assert site.process.wait(60) == 0
        assert site.left() == []


# Two webs behind the proxy of docker-compose.yml

PAGES = 30


@contextmanager
def proxy(folder: Path, webs: list[int]) -> Iterator[int]:
    """The port of Caddy, which compose's own file configures."""
    port = free_port()
    text = (ROOT / "deploy" / "compose" / "Caddyfile").read_text()
    for before, after in (
        (":8443", f":{port}"),
        *((f"web-{n}:8000", f"127.0.0.1:{web}") for n, web in enumerate(webs, 1)),
    ):
        assert before in text
        text = text.replace(before, after)
    (folder / "Caddyfile").write_text(text)
    given = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "PORTAL_PROXY_HOST": "127.0.0.1",
    }
    command = [program("caddy") or "caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(command, env=given, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: page(port) == 200, 60)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def secure(port: int) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=ssl._create_unverified_context())


def page(port: int) -> int:
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(secure(port)) as link:
        link.request("GET", "/connexion/")
        answer = link.getresponse()
        answer.read()
        return answer.status
    return 0


@contextmanager
def reading(port: int) -> Iterator[list[int]]:
    """Somebody who reads one page after the other; what is not 200."""
    failed: list[int] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            if (status := page(port)) != 200:
                failed.append(status)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield failed
    finally:
        stop.set()
        thread.join()


@pytest.mark.proxies
def test_an_upgrade_of_one_web_after_the_other_interrupts_nobody(tmp_path: Path) -> None:
    var, ports = tmp_path / "var", [free_port(), free_port()]
    shutil.copytree(once("uploading", test_upload._prepare), var)
    given = test_upload.environment(var, tmp_path) | {"WEB_CONCURRENCY": "1"}
    number, session, csrf = (var / "signed-in").read_text().split()[-3:]
    processes: dict[int, subprocess.Popen[bytes]] = {}

    def begin(web: int) -> None:
        command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{web}"]
        processes[web] = subprocess.Popen([*command, "--config", "portal/gunicorn.py"], cwd=ROOT, env=given)
        wait_for(lambda: test_upload._listens(web), 120)

    try:
        for web in ports:
            begin(web)
        with proxy(tmp_path, ports) as port, reading(port) as failed:
            site = Site(port, var, tmp_path, number, f"session={session}; csrf={csrf}", csrf, processes[ports[0]])
            body, headers = site.body(CONTENT), site.headers(len(site.body(CONTENT)))
            for web in ports:
                with contextlib.closing(secure(port)) as upload:
                    upload.putrequest("POST", site.path, skip_host=True)
                    for name, value in headers.items():
                        upload.putheader(name, value)
                    upload.endheaders()
                    upload.send(body[: len(body) // 2])
                    wait_for(site.open_files)
                    processes[web].terminate()
                    wait_for(lambda web=web: not test_upload._listens(web))  # type: ignore[misc]
                    assert [page(port) for _ in range(PAGES)] == [200] * PAGES
                    upload.send(body[len(body) // 2 :])
                    assert upload.getresponse().status == 200
                processes[web].wait(60)
                begin(web)
                wait_for(lambda: not site.open_files())
        assert failed == []
    finally:
        for process in processes.values():
            process.terminate()
            process.wait(60)

"""Uploads that are on their way when a web process is told to stop: none is lost, and none holds it for ever."""

import contextlib
import http.client
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.deploy.test_upload import Site, folders, start, wait_for
from tests.files import pdf_bytes

__all__ = ["folders"]  # the fixture

pytestmark = pytest.mark.slow
CONTENT = pdf_bytes() + b"0" * 1_500_000
HALF = 0.5


def refuses(site: Site) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", site.port), timeout=1):
        return False
    return True


def children(site: Site) -> set[str]:
    return set(Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split())


def end(site: Site, connection: socket.socket) -> bytes:
    """Send the rest of the upload; the first line of the answer."""
    body = site.body(CONTENT)
    connection.sendall(body[int(len(body) * HALF) :])
    return connection.recv(12)


def test_an_upload_goes_on_while_the_portal_stops(folders: tuple[Path, Path]) -> None:
    with start(*folders) as site, contextlib.closing(site.begin(CONTENT, HALF)) as connection:
        site.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses(site))
        assert end(site, connection) == b"HTTP/1.1 200"
        assert len(site.left()) == 2  # the row and its file
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

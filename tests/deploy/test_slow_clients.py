"""Clients that send a byte at a time hold nobody up, and are cut; an honest one on a slow line gets through."""

import concurrent.futures
import contextlib
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from portal import http_worker
from tests.deploy.test_upload import Site, folders, start
from tests.files import pdf_bytes

__all__ = ["folders"]  # the fixture

pytestmark = pytest.mark.slow
SLOW, PEOPLE, PAGES = 200, 20, 5
PATIENCE = 10  # seconds that a page may take while they drip
HEAD = b"POST /connexion/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
BODY = HEAD + b"Content-Length: 30000\r\n\r\n"


@contextlib.contextmanager
def dripping(site: Site) -> Iterator[list[socket.socket]]:
    """200 connections, half in their headers, half in their body, one byte a second each."""
    stop = threading.Event()
    connections = []
    for number in range(SLOW):
        connection = socket.create_connection(("127.0.0.1", site.port), timeout=30)
        connection.sendall(HEAD if number % 2 else BODY)
        connections.append(connection)

    def drip() -> None:
        while not stop.wait(1):
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.send(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield connections
    finally:
        stop.set()
        thread.join()
        for connection in connections:
            connection.close()


def browse(site: Site) -> float:
    """The longest that one person waited for a page."""
    longest = 0.0
    for _ in range(PAGES):
        begun = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/connexion/", timeout=60) as answer:
            assert answer.status == 200
        longest = max(longest, time.monotonic() - begun)
    return longest


def test_two_hundred_slow_clients_keep_nobody_waiting(folders: tuple[Path, Path]) -> None:
    with start(*folders) as site, dripping(site), concurrent.futures.ThreadPoolExecutor(PEOPLE) as people:
        waited = list(people.map(lambda _: browse(site), range(PEOPLE)))
        print(f"Page la plus longue, {SLOW} clients lents et {PEOPLE} personnes : {max(waited):.2f} s")
        assert max(waited) < PATIENCE
        assert site.send(pdf_bytes())[0] == 200


def test_those_that_never_end_are_cut(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_HEADER_SECONDS", "2")
    with start(*folders) as site, dripping(site) as connections:
        end = time.monotonic() + 30
        for connection in connections:
            connection.settimeout(max(0.1, end - time.monotonic()))
            with contextlib.suppress(ConnectionError):
                assert connection.recv(100) == b""  # closed, without an answer


def test_a_slow_line_is_no_slow_client(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_HEADER_SECONDS", "1")
    with start(*folders) as site:
        body = site.body(pdf_bytes())
        lines = "".join(f"{name}: {value}\r\n" for name, value in site.headers(len(body)).items())
        with contextlib.closing(socket.create_connection(("127.0.0.1", site.port), timeout=30)) as connection:
            connection.sendall(f"POST {site.path} HTTP/1.1\r\n{lines}\r\n".encode())
            piece = len(body) // 8 + 1
            for place in range(0, len(body), piece):
                connection.sendall(body[place : place + piece])
                time.sleep(0.5)
            assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    ("finished", "received", "seconds", "cut"),
    [
        (False, 0, 20, False),
        (False, 0, 21, True),
        (True, 1, 20, False),
        (True, 21 * http_worker.SLOWEST - 1, 21, True),
        (True, 21 * http_worker.SLOWEST, 21, False),
        (True, 10**9, http_worker.BODY_SECONDS, False),
        (True, 10**9, http_worker.BODY_SECONDS + 1, True),
    ],
)
def test_who_is_too_slow(finished: bool, received: int, seconds: float, cut: bool) -> None:
    request = SimpleNamespace(headers_finished=finished, body_bytes_received=received)
    assert http_worker.too_slow(request, seconds) is cut

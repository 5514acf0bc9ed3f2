"""What the web worker refuses to read: a request of which a proxy in front might see the end elsewhere."""

import contextlib
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from waitress import channel, create_server, wasyncore
from waitress.adjustments import Adjustments

from portal import http_worker
from portal.http_worker import IDLE_SECONDS, BufferingWorker, Reception, StrictChannel, StrictParser, TellingTask
from tests.portal.lib.test_reception import TYPE, form

HEAD = b"POST /connexion/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKS = b"\r\n\r\n0\r\n\r\n"

TWO_WAYS = {
    "a length and chunks": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked" + CHUNKS,
    "chunks and a length": HEAD + b"transfer-encoding: chunked\r\ncontent-length: 4" + CHUNKS,
    "two lengths": HEAD + b"Content-Length: 0\r\nContent-Length: 4\r\n\r\nabcd",
    "twice the same length": HEAD + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    "a list of lengths": HEAD + b"Content-Length: 4, 4\r\n\r\nabcd",
    "a signed length": HEAD + b"Content-Length: +4\r\n\r\nabcd",
    "an underlined length": HEAD + b"Content-Length: 1_0\r\n\r\n0123456789",
    "a blank before the colon": HEAD + b"Content-Length : 4\r\n\r\nabcd",
    "a length without end": HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabcd",
    "a folded coding": HEAD + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 5" + CHUNKS,
    "a folded header": HEAD + b"X: a\r\n\tb\r\n\r\n",
    "a coding twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity" + CHUNKS,
    "an unknown coding": HEAD + b"Transfer-Encoding: xchunked" + CHUNKS,
    "a coding behind a vertical tab": HEAD + b"Transfer-Encoding: \x0bchunked" + CHUNKS,
    "chunks before HTTP/1.1": HEAD.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked" + CHUNKS,
    "a bare carriage return": HEAD + b"X: a\rContent-Length: 4\r\n\r\nabcd",
    "a NUL": HEAD + b"X: a\0b\r\n\r\n",
}
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BAD_CHUNKS = {
    "no number": b"zz\r\nab\r\n0\r\n\r\n",
    "a sign": b"-2\r\nab\r\n0\r\n\r\n",
    "a prefix": b"0x2\r\nab\r\n0\r\n\r\n",
    "an underline": b"0_2\r\nab\r\n0\r\n\r\n",
    "another end of line": b"2\nab\r\n0\r\n\r\n",
    "an end of line in an extension": b"2;\nxx\r\nab\r\n0\r\n\r\n",
    "a size too small": b"2\r\nabXX0\r\n\r\n",
}


def parsed(sent: bytes) -> StrictParser:
    """What is made of these bytes, come at once."""
    parser = StrictParser(Adjustments())
    while sent and not parser.completed:
        taken = parser.received(sent)
        sent = sent[taken:]
    return parser


@pytest.mark.parametrize("name", TWO_WAYS)
def test_what_may_be_read_in_two_ways_is_refused(name: str) -> None:
    parser = parsed(TWO_WAYS[name])
    assert parser.completed
    assert parser.error is not None


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_a_size_of_chunk_that_is_no_number_is_refused(name: str) -> None:
    assert parsed(CHUNKED + BAD_CHUNKS[name]).error is not None


def test_an_honest_request_passes() -> None:
    for sent in (HEAD + b"Content-Length: 4\r\n\r\nabcd", CHUNKED + b"4\r\nabcd\r\n0\r\n\r\n"):
        parser = parsed(sent)
        assert (parser.completed, parser.error) == (True, None)
        assert parser.get_body_stream().read() == b"abcd"
    assert StrictChannel.parser_class is StrictParser


def test_names_with_an_underline_are_no_headers() -> None:
    parser = parsed(
        HEAD + b"X_Forwarded_For: 203.0.113.9\r\nTransfer_Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd"
    )
    assert parser.error is None
    assert "X_FORWARDED_FOR" not in parser.headers
    assert parser.get_body_stream().read() == b"abcd"


# The room that bodies take


@pytest.fixture
def reception(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reception]:
    """Room for two megabytes; what came is closed at the end."""
    found, parsers, begun = Reception(most=2_000_000), [], StrictParser.__init__
    monkeypatch.setattr(StrictParser, "reception", found)
    monkeypatch.setattr(StrictParser, "__init__", lambda self, adj: (parsers.append(self), begun(self, adj))[1])
    yield found
    for parser in parsers:
        parser.close()


def sending(body: bytes, *, kind: str = TYPE, share: float = 1, chunked: bool = False) -> StrictParser:
    """A body on its way, of which a share has come."""
    how = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    coming = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    parser = StrictParser(Adjustments())
    parser.received(HEAD + how + b"\r\nContent-Type: " + kind.encode() + b"\r\n\r\n")
    coming = coming[: int(len(coming) * share)]
    while coming and not parser.completed:
        taken = parser.received(coming[:65536])
        coming = coming[taken:]
    return parser


@pytest.mark.parametrize("chunked", [False, True])
def test_beyond_the_room_a_form_keeps_what_was_typed(reception: Reception, chunked: bool) -> None:
    held = sending(form(b"0" * 3_000_000), share=0.6)
    assert 1_700_000 < reception.held < 2_000_000
    parser = sending(form(b"1" * 900_000), chunked=chunked)
    assert (parser.completed, parser.error, parser.has_no_room) == (True, None, True)
    assert parser.get_body_stream().read() == form(b"")
    assert parser.headers["CONTENT_LENGTH"] == str(len(form(b"")))
    assert not held.has_no_room  # who came first goes on
    assert reception.held < 2_000_000


def test_pages_without_large_files_always_have_room(reception: Reception) -> None:
    held = sending(form(b"0" * 3_000_000), share=0.6)
    parser = sending(form(b"1" * 300_000))
    assert (parser.completed, parser.has_no_room) == (True, False)
    assert parser.get_body_stream().read() == form(b"1" * 300_000)
    assert not held.completed


def test_what_is_no_form_is_refused_in_words(reception: Reception) -> None:
    parser = sending(b"0" * 3_000_000, kind="application/json")
    status, headers, words = parser.error.to_response()
    assert (status, dict(headers)["Retry-After"]) == ("503 Service Unavailable", "120")
    assert "Réessayez dans quelques minutes" in words.decode()


def test_a_full_disk_is_no_room(reception: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    parser = sending(form(b"0" * 900_000))
    assert (parser.error, parser.has_no_room) == (None, True)
    assert parser.get_body_stream().read() == form(b"")
    assert reception.held == 0


def test_what_left_takes_nothing_any_more(reception: Reception) -> None:
    coming, whole = sending(form(b"0" * 1_500_000), share=0.5), sending(form(b"0" * 600_000))
    worker = BufferingWorker.__new__(BufferingWorker)
    worker.connections = {1: SimpleNamespace(request=coming, requests=[whole])}
    worker.count_held()
    both = reception.held
    worker.connections = {1: SimpleNamespace(request=None, requests=[whole])}
    worker.count_held()
    assert (both > 1_300_000, 600_000 < reception.held < 610_000) == (True, True)
    worker.connections = {}
    worker.count_held()
    assert reception.held == 0
    assert http_worker.RECEPTION_BYTES >= 2 * http_worker.LARGEST_BODY


# Those who read slowly, or no more

LARGE = 16_000_000  # bytes: more than the kernel keeps for a connection
GRACE = 930
STEP = IDLE_SECONDS / 3


class Clock:
    """Stands for the module `time`: seconds pass when it is told so."""

    def __init__(self) -> None:
        self.begun = self.now = time.time()

    def time(self) -> float:
        return self.now

    monotonic = time

    @property
    def passed(self) -> float:
        return self.now - self.begun


class Downloads:
    """A process that answers one request with a large file, and the client of that request, who has read one byte.

    `step` is what happens in each turn of the process's loop.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock, self.read, self.step = clock, 0, self.stall
        self.worker = BufferingWorker.__new__(BufferingWorker)
        self.worker.cfg = SimpleNamespace(graceful_timeout=GRACE)
        self.worker.connections, self.worker.since, self.worker.silent = {}, {}, set()
        self.worker.notify = lambda: self.step()

    def stall(self) -> None:
        self.clock.now += STEP

    def go_on(self) -> None:
        with contextlib.suppress(BlockingIOError):
            received = len(self.client.recv(1_000_000))
            self.read += received
            self.clock.now += STEP if received else 0

    def turn(self) -> None:
        wasyncore.loop(timeout=0.1, use_poll=True, map=self.worker.connections, count=1)

    def begin(self, *, client: socket.socket, listener: socket.socket) -> None:
        self.client = client
        self.worker.server = create_server(
            self.answer,
            map=self.worker.connections,
            sockets=[listener],
            threads=1,
            channel_timeout=IDLE_SECONDS,
            outbuf_overflow=2 * LARGE,  # in memory: a process that ends leaves its files to the kernel
        )
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        self.until(lambda: any(one.total_outbufs_len and not one.requests for one in self.worker.channels().values()))
        self.read = len(client.recv(1))
        client.setblocking(False)

    def until(self, told: Callable[[], bool]) -> None:
        while not told():
            self.turn()

    @staticmethod
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Length", str(LARGE))])
        return [b"0" * LARGE]


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Downloads]:
    clock = Clock()
    monkeypatch.setattr(http_worker, "time", clock)
    monkeypatch.setattr(channel, "time", clock)
    monkeypatch.setattr(TellingTask, "process_stops", False)
    found = Downloads(clock)
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        found.begin(client=client, listener=listener)
        yield found
        found.worker.server.task_dispatcher.shutdown()
        wasyncore.close_all(found.worker.connections, ignore_all=True)


def test_who_stops_reading_holds_a_stopping_process_no_longer_than_silence_lasts(downloads: Downloads) -> None:
    downloads.worker.finish()
    assert IDLE_SECONDS < downloads.clock.passed <= 3 * IDLE_SECONDS


def test_who_goes_on_reading_has_all_of_it_from_a_stopping_process(downloads: Downloads) -> None:
    downloads.step = downloads.go_on
    downloads.worker.finish()
    assert downloads.clock.passed > IDLE_SECONDS
    downloads.client.settimeout(60)
    while received := len(downloads.client.recv(1_000_000)):
        downloads.read += received
    assert downloads.read > LARGE


def test_who_stops_reading_loses_the_connection_in_service_too(downloads: Downloads) -> None:
    for _ in range(10):
        downloads.stall()
        downloads.worker.server.maintenance(downloads.clock.now)
        downloads.turn()
        downloads.worker.cut_silent(downloads.clock.now)
    assert not downloads.worker.channels()


def test_an_answer_that_took_longer_than_silence_lasts_is_given(downloads: Downloads) -> None:
    """Between its last byte, made, and its first, sent: nothing has moved since the request came."""
    with contextlib.suppress(BlockingIOError):
        while downloads.client.recv(1_000_000):
            pass
    downloads.clock.now += 2 * IDLE_SECONDS
    for _ in range(2):
        downloads.worker.cut_silent(downloads.clock.now)
        assert downloads.worker.channels()
        downloads.turn()

"""gunicorn's worker with waitress inside: a request reaches a thread once it has come whole, however slowly it came.

gunicorn starts, counts and stops the processes; in each, waitress reads and writes all connections in one loop, keeps
bodies in a file when they are large, and hands whole requests to its threads. A client that sends a byte a second costs
a socket, and is cut when it takes longer than anybody honest does. A request that a proxy in front might read otherwise
is refused, and its connection with it.

What the bodies take of the disk is bounded: beyond, a form comes in without the contents of its files, and the page
says so with all that was typed.
"""

import contextlib
import logging
import math
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from gunicorn.workers.base import Worker
from waitress import create_server, wasyncore
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import WSGITask
from waitress.utilities import Error

from portal.lib.reception import MOST_TYPED, NO_ROOM, TypedParts

HEADER_SECONDS = int(os.environ.get("PORTAL_HEADER_SECONDS", "20"))
BODY_SECONDS = int(os.environ.get("PORTAL_BODY_SECONDS", "900"))
SLOWEST = 500  # bytes a second of a body, once HEADER_SECONDS have passed
IDLE_SECONDS = 60  # of a connection that asks for nothing, or does not read what it asked for
CONNECTIONS = 800  # of one process; each may have a file for its body
FILES = 4096  # that a process may have open, if the machine lets it
RECEPTION_BYTES = int(os.environ.get("PORTAL_RECEPTION_MAX_BYTES", "2000000000"))
IN_MEMORY = 512 * 1024  # bytes of a body, beyond which it goes to a file
LARGEST_BODY = 150_000_000  # bytes; what the pages take is less, and said in French
HELD = 128 * 1024 * 1024  # bytes of an answer that a slow reader may leave in a file before a thread waits for it
TICK = 1.0  # seconds
LAST_LOOKS = 10  # before the port is closed, a tenth of a second each at most
MARGIN = 2.0  # seconds before the end of gunicorn's patience, which this process learns of a tick late
# The loop asks for the interpreter between two threads that compute pages: with Python's five milliseconds it came too
# late to give them the next one, and a process served a fifth fewer.
SWITCH_SECONDS = 0.0005
MOST_DIGITS = 18  # of a length

NO_ROOM_WORDS = (
    "La place manque chez nous pour le moment\xa0: rien n’a été enregistré de cet envoi. "
    "Réessayez dans quelques minutes."
)

logger = logging.getLogger(__name__)
access = logging.getLogger("gunicorn.access")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def logged(application: Application) -> Application:
    """The same, with one line of log per request: never what follows « ? », nor the page that led here."""

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        begun = time.monotonic()
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            told.update(status=status[:3], size=next((v for k, v in headers if k.lower() == "content-length"), "-"))
            return start_response(status, headers, *rest)

        try:
            return application(environ, start)
        finally:
            values = {
                "address": environ["REMOTE_ADDR"],
                "method": environ["REQUEST_METHOD"],
                "path": environ["PATH_INFO"],
                "version": environ["SERVER_PROTOCOL"],
                "status": told.get("status", "-"),
                "size": told.get("size", "-"),
                "ms": round((time.monotonic() - begun) * 1000),
                "agent": environ.get("HTTP_USER_AGENT", "-"),
            }
            access.info(
                '%(address)s "%(method)s %(path)s %(version)s" %(status)s %(size)s %(ms)sms "%(agent)s"', values
            )

    return call


def keep_bodies_in(folder: Path) -> None:
    """Have this process's temporary files there, nameless, if it may write there: /tmp is small, and everybody's."""
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            tempfile.tempdir = str(folder)


@dataclass
class Reception:
    """The bytes of all bodies that this process has now. `most`: how many it may have before files are left out."""

    most: float = math.inf
    held: int = 0


class KeptBody(OverflowableBuffer):  # type: ignore[misc]  # without types
    """A body as it comes; `is_left_out` once there was no room for it, and `typed` is all that is left."""

    def __init__(self, reception: Reception, content_type: str) -> None:
        super().__init__(IN_MEMORY)
        self.reception, self.typed = reception, TypedParts(content_type)
        self.size, self.is_left_out = 0, False

    def append(self, s: bytes) -> None:
        self.typed.feed(s)
        if self.is_left_out:
            return
        if self.size + len(s) >= IN_MEMORY and self.reception.held + len(s) > self.reception.most:
            self._leave_out(f"{self.reception.held} octets déjà là")
            return
        try:
            super().append(s)
        except OSError as error:
            self._leave_out(error.strerror or type(error).__name__)
            return
        self.size += len(s)
        self.reception.held += len(s)

    def _leave_out(self, reason: str) -> None:
        logger.warning("Fichier non reçu, la place manque : %s", reason)
        self.is_left_out = True
        self.reception.held -= self.size
        self.size = 0
        with contextlib.suppress(OSError):  # a full disk refuses the last bytes once more
            self.close()
        self.buf, self.strbuf = None, b""


class NoRoom(Error):  # type: ignore[misc]
    """What is no form, or one that is too long: nothing can be kept of it."""

    code = 503
    reason = "Service Unavailable"

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "120")]
        return f"{self.code} {self.reason}", headers, str(self.body).encode()


class StrictParser(HTTPRequestParser):  # type: ignore[misc]  # without types
    """waitress's, but for what leaves a doubt on where a request ends (RFC 9112, 5.2, 6.1 and 6.3), and for what a body
    may take of the disk.
    """

    reception = Reception()
    has_no_room = False

    def received(self, data: bytes) -> int:
        consumed = int(super().received(data))
        if self.completed and not self.error and self.body_rcv is not None and self.body_rcv.buf.is_left_out:
            self._keep_what_was_typed(self.body_rcv.buf.typed)
        return consumed

    def _keep_what_was_typed(self, typed: TypedParts) -> None:
        self.has_no_room = True
        if typed.lost:
            self.error = NoRoom(NO_ROOM_WORDS)
            return
        body = typed.body()
        self.body_rcv.buf = OverflowableBuffer(MOST_TYPED + 1)
        self.body_rcv.buf.append(body)
        self.headers["CONTENT_LENGTH"] = str(len(body))

    def parse_header(self, header_plus: bytes) -> None:
        """Raises ParsingError, which answers 400 and closes: what comes behind may have been meant as a body."""
        lines = header_plus.split(b"\r\n")[1:]
        if any(line.startswith((b" ", b"\t")) for line in lines):
            raise ParsingError("Folded header")
        fields = [(name.lower(), value) for name, _, value in (line.partition(b":") for line in lines)]
        lengths = [value for name, value in fields if name == b"content-length"]
        codings = [value for name, value in fields if name == b"transfer-encoding"]
        if len(codings) + len(lengths) > 1:
            raise ParsingError("More than one length")
        if any(len(value.strip()) > MOST_DIGITS for value in lengths):
            raise ParsingError("Content-Length is invalid")
        super().parse_header(header_plus)
        if codings and self.version != "1.1":
            raise ParsingError("Transfer-Encoding before HTTP/1.1")
        if self.body_rcv is not None:
            self.body_rcv.buf = KeptBody(self.reception, self.headers.get("CONTENT_TYPE", ""))


class TellingTask(WSGITask):  # type: ignore[misc]
    """waitress's, whose environment says that there was no room for the files of a form.

    `process_stops`: a connection closes behind its answer, or a proxy that keeps it would never let the process end.
    """

    process_stops = False

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[NO_ROOM] = self.request.has_no_room
        return environ

    def build_response_header(self) -> bytes:
        if self.process_stops:
            self.set_close_on_finish()
        return bytes(super().build_response_header())


class StrictChannel(HTTPChannel):  # type: ignore[misc]
    parser_class = StrictParser
    task_class = TellingTask


class BufferingWorker(Worker):
    """One process: waitress's loop in the main thread, which tells gunicorn that it lives, and its threads."""

    def run(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        keep_bodies_in(Path(settings.VAR_DIR) / "reception")
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most if most != -1 and most < FILES else FILES, most))
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self.connections: dict[int, Any] = {}
        self.since: dict[int, tuple[Any, float]] = {}
        self.silent: set[Any] = set()
        StrictParser.reception.most = RECEPTION_BYTES // max(1, self.cfg.workers)
        application = logged(self.wsgi) if access.isEnabledFor(logging.INFO) else self.wsgi
        self.server = create_server(
            application,
            map=self.connections,
            sockets=[listener.sock for listener in self.sockets],
            threads=self.cfg.threads,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=10,
            max_request_body_size=LARGEST_BODY,
            max_request_header_size=64 * 1024,
            inbuf_overflow=IN_MEMORY,
            recv_bytes=64 * 1024,
            outbuf_high_watermark=HELD,
            clear_untrusted_proxy_headers=False,  # portal.lib.client knows how many proxies to believe
            ident=None,
        )
        for one in self.connections.values():
            if hasattr(one, "channel_class"):
                one.channel_class = StrictChannel
        told = 0.0
        while self.alive and self.ppid == os.getppid():
            wasyncore.loop(timeout=TICK, use_poll=True, map=self.connections, count=1)
            now = time.monotonic()
            if now - told >= TICK:
                told = now
                self.notify()
                self.cut_slow(now)
                self.cut_silent(time.time())
                self.count_held()
        self.finish()

    def count_held(self) -> None:
        """What the bodies that are here now take: what was answered, or cut, takes nothing any more."""
        here = [request for one in self.channels().values() for request in (one.request, *list(one.requests))]
        bodies = [request.body_rcv.buf for request in here if request is not None and request.body_rcv is not None]
        StrictParser.reception.held = sum(getattr(body, "size", 0) for body in bodies)

    def cut_slow(self, now: float) -> None:
        """Close the connections whose request takes too long to come."""
        coming = {key: one.request for key, one in self.channels().items() if one.request is not None}
        self.since = {
            key: self.since[key] if key in self.since and self.since[key][0] is request else (request, now)
            for key, request in coming.items()
        }
        for key, (request, begun) in self.since.items():
            if too_slow(request, now - begun):
                self.connections[key].will_close = True

    def channels(self) -> dict[int, Any]:
        return {key: one for key, one in self.connections.items() if hasattr(one, "requests")}

    def finish(self) -> None:
        """Take no new connection; answer what came, and what is still coming, for as long as gunicorn grants."""
        end = time.monotonic() + self.cfg.graceful_timeout - MARGIN
        TellingTask.process_stops = True
        self.take_waiting()
        for one in list(self.connections.values()):
            if getattr(one, "accepting", False):
                one.accepting = False
                one.close()
        while time.monotonic() < end and any(map(is_busy, self.channels().values())):
            wasyncore.loop(timeout=0.1, use_poll=True, map=self.connections, count=1)
            self.notify()
            self.cut_slow(time.monotonic())
            self.cut_silent(time.time())
        self.server.task_dispatcher.shutdown(timeout=max(0.1, end - time.monotonic()))
        wasyncore.close_all(self.connections, ignore_all=True)

    def take_waiting(self) -> None:
        """Take the connections that nobody has taken yet: closed with the port, they would be reset."""
        for _ in range(LAST_LOOKS):
            wasyncore.loop(timeout=0.1, use_poll=True, map=self.connections, count=1)

    def cut_silent(self, now: float) -> None:
        """Close the connections on which nothing has moved for IDLE_SECONDS, and of which no page is being made.

        waitress would wait until it can write to them: never, to a reader that has stopped reading. Found so twice,
        with a turn of the loop between: what was just answered, after longer than that, has been written if it could.
        """
        channels = self.channels().values()
        silent = {one for one in channels if not one.requests and now - one.last_activity > IDLE_SECONDS}
        for one in silent & self.silent:
            one.handle_close()
        self.silent = silent

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        self.alive = False


def is_busy(channel: Any) -> bool:
    """Whether a request is coming by this connection, waits for its answer, or is being answered."""
    return channel.request is not None or bool(channel.requests) or channel.total_outbufs_len > 0


def too_slow(request: Any, seconds: float) -> bool:
    """Whether a request that has been coming for so long is to be cut: its headers late, or its body a trickle."""
    if seconds <= HEADER_SECONDS:
        return False
    if not request.headers_finished:
        return True
    return seconds > BODY_SECONDS or request.body_bytes_received < SLOWEST * seconds

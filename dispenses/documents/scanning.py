"""Antivirus: clamd over INSTREAM. Anything but a plain « OK » for the whole file is never « clean »."""

import select
import socket
import struct
import time
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from django.conf import settings

CHUNK = 128 * 1024  # bytes
LONGEST_REPLY = 4096  # bytes
CONNECT_SECONDS = 3.0
CLEAN = "stream: OK"
NO_NAME = "virus sans nom"  # what was found is found, be its name empty


class ScannerUnavailable(Exception):
    """No verdict because the scanner is absent, hung or restarting: to be tried again."""


class NotScanned(Exception):
    """No verdict because of the file itself (over a limit of the scanner): trying again at once is useless."""


class Scanner(Protocol):
    """What finds viruses."""

    def scan(self, file: BinaryIO) -> str:
        """Name of the virus found, "" for a clean file. Raises ScannerUnavailable or NotScanned: no verdict."""
        ...


@dataclass(frozen=True)
class Clamd:
    """A clamd at `tcp://host:port` or `unix:///path`; `seconds`: for the whole exchange, whatever clamd does."""

    address: str
    seconds: float

    def scan(self, file: BinaryIO) -> str:
        """Send the file (clamd(8), INSTREAM) and read the verdict. Raises ScannerUnavailable or NotScanned."""
        end = time.monotonic() + self.seconds
        try:
            with closing(self._connect()) as link:
                reply = _exchange(link, file, end)
        except (OSError, EOFError) as error:
            raise ScannerUnavailable(f"clamd ne répond pas ({type(error).__name__})") from error
        return verdict(reply)

    def ping(self) -> None:
        """Ask whether it is there. Raises ScannerUnavailable."""
        end = time.monotonic() + self.seconds
        try:
            with closing(self._connect()) as link:
                _before(link, end)
                link.sendall(b"zPING\0")
                reply = _reply(link, end)
        except (OSError, EOFError) as error:
            raise ScannerUnavailable(f"clamd ne répond pas ({type(error).__name__})") from error
        if reply != "PONG":
            raise ScannerUnavailable(f"réponse de clamd : {reply[:100]}")

    def _connect(self) -> socket.socket:
        parts = urlsplit(self.address)
        if parts.scheme == "tcp":
            return socket.create_connection((parts.hostname or "", parts.port or 3310), timeout=CONNECT_SECONDS)
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(CONNECT_SECONDS)
        try:
            link.connect(parts.path)
        except OSError:
            link.close()
            raise
        return link


def _exchange(link: socket.socket, file: BinaryIO, end: float) -> str:
    """Stop sending as soon as clamd speaks: it does so early only to refuse, and then closes."""
    _before(link, end)
    whole = False
    try:
        link.sendall(b"zINSTREAM\0")
        while not _speaks(link):
            chunk = file.read(CHUNK)
            _before(link, end)
            link.sendall(struct.pack("!I", len(chunk)) + chunk)
            if whole := not chunk:
                break
    except (BrokenPipeError, ConnectionResetError):
        whole = False  # the reason may have arrived before the connection was closed
    reply = _reply(link, end)
    if not whole and reply == CLEAN:
        raise EOFError
    return reply


def _before(link: socket.socket, end: float) -> None:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    link.settimeout(left)


def _speaks(link: socket.socket) -> bool:
    return bool(select.select([link], [], [], 0)[0])


def _reply(link: socket.socket, end: float) -> str:
    received = b""
    while not received.endswith(b"\0") and len(received) < LONGEST_REPLY:
        _before(link, end)
        part = link.recv(LONGEST_REPLY)
        if not part:
            break
        received += part
    if not received.endswith(b"\0"):
        raise EOFError
    return received.rstrip(b"\0").decode("utf-8", "replace").strip()


def verdict(reply: str) -> str:
    """Read clamd's answer. Raises NotScanned over a limit of the scanner, ScannerUnavailable for any other error."""
    if reply == CLEAN:
        return ""
    if reply.startswith("stream:") and reply.endswith(" FOUND"):
        name = reply.removeprefix("stream:").removesuffix(" FOUND").strip()
        if name.startswith("Heuristics.Limits.Exceeded"):
            raise NotScanned("limite de l’antivirus dépassée")
        return name.strip()[:200] or NO_NAME
    if "size limit exceeded" in reply:
        raise NotScanned("taille maximale de l’antivirus dépassée")
    raise ScannerUnavailable(f"réponse de clamd : {reply[:100]}")


def scanner() -> Scanner | None:
    """The scanner of PORTAL_CLAMD; None when the antivirus is switched off."""
    if not settings.PORTAL_CLAMD:
        return None
    return Clamd(settings.PORTAL_CLAMD, settings.PORTAL_CLAMD_SECONDS)

"""One POST to a checked address: no redirect followed, a limit on the time and on what is read of the answer."""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress

from notifications.webhooks.addresses import Target, parse, resolve

CONNECT_SECONDS = 5
TOTAL_SECONDS = 15  # once connected: a server that answers a byte at a time is left too
READ_BYTES = 16 * 1024
MOST_ADDRESSES = 3  # tried, of one name


class CallFailed(Exception):
    """No answer came; the message is French and short."""


class _Connection(http.client.HTTPConnection):
    """A connection to an IP address that was checked, under the name that was asked for."""

    def __init__(self, target: Target, addresses: list[tuple[str, int]]) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_SECONDS)
        self.target, self.addresses, self.late = target, addresses[:MOST_ADDRESSES], False

    def connect(self) -> None:
        """Try each checked address; with TLS the certificate must be the name's."""
        raw = self._first_that_answers()
        raw.settimeout(TOTAL_SECONDS)
        if self.target.secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(raw, server_hostname=self.target.host, do_handshake_on_connect=False)
        else:
            self.sock = raw

    def _first_that_answers(self) -> socket.socket:
        problem: OSError = OSError("no address")
        for address in self.addresses:
            try:
                return socket.create_connection(address, timeout=CONNECT_SECONDS)
            except OSError as error:
                problem = error
        raise problem

    def cut(self) -> None:
        """End whatever is going on: the time is up."""
        self.late = True
        with suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def post(url: str, *, headers: Mapping[str, str], body: bytes) -> int:
    """Status of the answer to a POST. Raises AddressRefused, or CallFailed when none comes in time."""
    target = parse(url)
    try:
        connection = _Connection(target, resolve(target))
        connection.connect()
    except socket.gaierror as error:
        raise CallFailed("Nom de machine introuvable") from error
    except (OSError, UnicodeError) as error:
        raise CallFailed("Connexion impossible") from error
    timer = threading.Timer(TOTAL_SECONDS, connection.cut)
    timer.daemon = True
    timer.start()
    try:
        return _exchange(connection, headers, body)
    except ssl.SSLCertVerificationError as error:
        raise CallFailed("Certificat refusé") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        timed_out = connection.late or isinstance(error, TimeoutError)
        raise CallFailed(f"Pas de réponse en {TOTAL_SECONDS}\xa0s" if timed_out else "Échange interrompu") from error
    finally:
        timer.cancel()
        connection.close()


def _exchange(connection: _Connection, headers: Mapping[str, str], body: bytes) -> int:
    if isinstance(connection.sock, ssl.SSLSocket):
        connection.sock.do_handshake()
    connection.request("POST", connection.target.path, body=body, headers=dict(headers))
    response = connection.getresponse()
    response.read(READ_BYTES)
    return response.status

"""A small load generator: kept connections, raw sockets, so that it costs little beside the server."""

import socket
import threading
import time

CONNECTIONS = 4


class Connection:
    """One HTTP/1.1 connection. Raises AssertionError for any answer but 200."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = self._open()

    def _open(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def get(self, request: bytes) -> int:
        """Send, read it all; the number of bytes of the body."""
        try:
            self.socket.sendall(request)
            head = self._head()
        except ConnectionError:  # gunicorn closed it between two rounds
            self.socket.close()
            self.socket = self._open()
            self.socket.sendall(request)
            head = self._head()
        header, _, body = head.partition(b"\r\n\r\n")
        assert header.startswith(b"HTTP/1.1 200"), header.decode("latin-1")
        length = int(header.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        received = len(body)
        while received < length:
            received += len(self.socket.recv(262_144))
        return length

    def _head(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            piece = self.socket.recv(262_144)
            if not piece:
                raise ConnectionResetError
            received += piece
        return received

    def close(self) -> None:
        self.socket.close()


def requests(targets: list[tuple[str, str]]) -> list[bytes]:
    """The bytes of each GET, signed in."""
    return [
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n".encode()
        for path, cookie in targets
    ]


def speed(port: int, targets: list[tuple[str, str]], seconds: float) -> float:
    """Requests per second of CONNECTIONS people who ask again as soon as they are answered."""
    wanted, counts, failures = requests(targets), [0] * CONNECTIONS, list[BaseException]()

    def person(index: int) -> None:
        connection = Connection(port)
        turn = index
        try:
            while time.perf_counter() < end:
                connection.get(wanted[turn % len(wanted)])
                turn += 1
                counts[index] += 1
        except (AssertionError, OSError, IndexError) as error:
            failures.append(error)
        finally:
            connection.close()

    start = time.perf_counter()
    end = start + seconds
    threads = [threading.Thread(target=person, args=(index,)) for index in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(counts) / (time.perf_counter() - start)

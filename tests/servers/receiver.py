"""A real HTTP server that receives webhooks: it remembers what came, and answers as told."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Receiver:
    """`answers`: status codes to give, the last one for ever; `hang`: seconds before each answer."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.answers = [200]
        self.hang = 0.0
        self.drip = False
        self.location = ""
        self.url = ""

    def next_answer(self) -> int:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(call["body"]) for call in self.received]

    @property
    def ids(self) -> list[str]:
        return [call["headers"]["Webhook-Id"] for call in self.received]


def signed(call: dict[str, Any], secret: str) -> bool:
    """Whether a call carries a good signature: written from the specification, not from the portal's code."""
    headers = call["headers"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + call["body"]
    wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return any(part == f"v1,{wanted}" for part in headers["Webhook-Signature"].split(" "))


@contextmanager
def listening(certificate: Path | None = None) -> Iterator[Receiver]:
    """A receiver on a free port of this machine; over TLS with `certificate`, a PEM of key and certificate."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            receiver.received.append({"path": self.path, "headers": dict(self.headers), "body": body})
            time.sleep(receiver.hang)
            status = receiver.next_answer()
            try:
                self.send_response(status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "2")
                self.end_headers()
                while receiver.drip:
                    self.wfile.write(b" ")
                    time.sleep(0.05)
                self.wfile.write(b"ok")
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}/webhooks?de=portail"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.drip = False
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

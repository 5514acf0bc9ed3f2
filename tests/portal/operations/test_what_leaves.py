"""What a Sentry server and an OpenTelemetry collector are told: nothing of anybody, and at nobody's expense."""

import gzip
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli
import pytest
import sentry_sdk
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from portal.lib import correlation
from portal.operations.sentry import FaultsToSentry
from portal.settings import env

pytestmark = pytest.mark.django_db
NIR = "185057800608491"
SECRETS = [
    NIR, "virginie.durand@exemple.fr", "Virginie", "eapi_abcdef0123456789abcdef0123456789", "biscuit-de-session",
    "carte-mutuelle-virginie.pdf", "4 rue des Lilas", "mot-de-passe-tapé", "recherche-tapée",
]  # fmt: skip


@login_not_required
def failing(request: HttpRequest, who: str) -> HttpResponse:
    """A fault with everything in hand: what is typed, what is sent with it, what the exception says."""
    nir, email, street, token = NIR, SECRETS[1], "4 rue des Lilas", SECRETS[3]
    held = {"cookie": request.COOKIES, "typed": request.POST, "who": who, "file": SECRETS[5]}
    try:
        raise KeyError(f"{nir} {email}")
    except KeyError as error:
        raise ValueError(f"{token} {street} {held}") from error


urlpatterns = [path("fautive/<str:who>/", failing, name="fautive")]
handler500 = "portal.views.server_error"


OPENED: dict[str | None, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress, "br": brotli.decompress, None: bytes,
}  # fmt: skip


class Collector:
    """Keeps the bodies that it is sent; `stalled`: takes them and does not answer until released."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.came, self.released = threading.Event(), threading.Event()
        self.stalled = False
        self.url = ""


@contextmanager
def collecting(*, stalled: bool = False) -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.bodies.append(OPENED[self.headers.get("Content-Encoding")](body))
            found.came.set()
            if stalled:
                found.released.wait()
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"127.0.0.1:{server.server_port}"
        try:
            yield found
        finally:
            found.released.set()
            server.shutdown()


@contextmanager
def telling_sentry(address: str) -> Iterator[None]:
    handler, root = FaultsToSentry(f"http://clef@{address}/1"), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        sentry_sdk.init(None, default_integrations=False)


def ask(client: Client) -> HttpResponse:
    client.cookies["session"] = "biscuit-de-session"
    data = {"password": "mot-de-passe-tapé", "nir": NIR}
    headers = {"authorization": f"Bearer {SECRETS[3]}"}
    response: Any = client.post(f"/fautive/Virginie-{NIR}/?q=recherche-tapée", data, headers=headers)
    assert response.status_code == 500
    return response


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@override_settings(ROOT_URLCONF=__name__)
def test_a_fault_leaves_with_where_it_is_and_its_request_and_nothing_of_anybody(client: Client) -> None:
    with collecting() as collector:
        with telling_sentry(collector.url):
            number = ask(client)["X-Request-Id"]
            sentry_sdk.flush(30)
        (body,) = collector.bodies
    for told in (b'"ValueError"', b'"KeyError"', b'"failing"', b"test_what_leaves.py", number.encode()):
        assert told in body
    text = body.decode("utf-8") + body.decode("unicode_escape")
    assert [secret for secret in SECRETS if secret in text] == []


@override_settings(ROOT_URLCONF=__name__)
def test_a_server_that_stalls_or_is_away_keeps_nobody_waiting(client: Client) -> None:
    """More faults than its queue holds, while it answers none of them: each page is answered."""
    with collecting(stalled=True) as collector, telling_sentry(collector.url):
        ask(client)
        assert collector.came.wait(30)
        for _ in range(150):
            try:
                raise ValueError
            except ValueError:
                logging.getLogger("portal.essai").exception("une faute")
        ask(client)
        assert len(collector.bodies) == 1
    with telling_sentry("127.0.0.1:9"):
        ask(client)


def test_a_wrong_address_is_said_at_the_start_and_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="PORTAL_SENTRY_DSN") as refused:
        FaultsToSentry("clef-secrete")
    assert "clef-secrete" not in str(refused.value)
    monkeypatch.setenv("PORTAL_SENTRY_DSN", "https://clef@sentry.exemple.fr/1")
    with pytest.raises(ImproperlyConfigured, match="de l’option «\xa0sentry\xa0»"):
        env.installed("PORTAL_SENTRY_DSN", "aucune_bibliotheque", extra="sentry")


@pytest.fixture
def tracing(settings: Any) -> Any:
    settings.PORTAL_OTEL_ENDPOINT, settings.PORTAL_OTEL_PERCENT = "http://127.0.0.1:9/v1/traces", 100
    from portal.operations import tracing

    settings.MIDDLEWARE = [settings.MIDDLEWARE[0], "portal.operations.tracing.TracingMiddleware"]
    return tracing


@override_settings(ROOT_URLCONF=__name__)
def test_a_trace_names_its_route_and_its_request_and_nothing_of_anybody(
    client: Client, tracing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    with collecting() as collector:
        provider = tracing.provider_of(f"http://{collector.url}/v1/traces", 100)
        monkeypatch.setattr(tracing, "tracer", provider.get_tracer("essai"))
        number = ask(client)["X-Request-Id"]
        with correlation.working_for(number):
            tracing.begin(task_id="1", task=type("task", (), {"name": "dispenses.tasks.examine"}))
            tracing.end(task_id="1", state="FAILURE", einfo=SECRETS[1])
        provider.shutdown()
    told = [ExportTraceServiceRequest.FromString(body) for body in collector.bodies]
    spans = [span for one in told for of in one.resource_spans for scope in of.scope_spans for span in scope.spans]
    assert [(span.name, span.trace_id.hex()) for span in spans] == [
        ("POST fautive", number), ("dispenses.tasks.examine", number),
    ]  # fmt: skip
    text = b"".join(collector.bodies).decode("utf-8", "replace")
    assert [secret for secret in SECRETS if secret in text] == []


@override_settings(ROOT_URLCONF=__name__)
def test_a_collector_that_stalls_keeps_nobody_waiting(
    client: Client, tracing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting(stalled=True) as collector:
        provider = tracing.provider_of(f"http://{collector.url}/v1/traces", 100)
        monkeypatch.setattr(tracing, "tracer", provider.get_tracer("essai"))
        for _ in range(2 * tracing.WAITING):
            tracing.tracer.start_span("un").end()
        assert collector.came.wait(30)
        ask(client)
        assert len(collector.bodies) == 1
        collector.released.set()
        provider.shutdown()

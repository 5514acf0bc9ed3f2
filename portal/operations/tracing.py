"""How long requests and tasks take, told to an OpenTelemetry collector: by the name of their route or task alone.

A trace has the number of the request that it is of: what a task does for it is in the same one, and the log has the
rest under that number. No address, header, parameter, body nor word of an exception is read here. Loaded when
PORTAL_OTEL_ENDPOINT is there; spans leave in a thread of their own, and are lost when nobody takes them.
"""

import re
from collections.abc import Callable
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from portal.lib import correlation
from portal.operations.requests import METHODS, route_of

SECONDS = 5  # that the collector has to take what is sent
WAITING = 2048  # spans at most: what comes beyond is lost
FAULT = 500
_TRACE = re.compile(r"[0-9a-f]{32}")


class ByNumber(RandomIdGenerator):
    """A trace is numbered as its request: our own numbers are as long as those of traces."""

    def generate_trace_id(self) -> int:
        """The request's number, drawn when the proxy in front has another form of them."""
        number = correlation.number()
        found = int(number, 16) if _TRACE.fullmatch(number) else 0
        return found or super().generate_trace_id()


def provider_of(endpoint: str, percent: int) -> TracerProvider:
    """What measures and sends. `percent` of the requests are traced, with all that is done for them."""
    made = TracerProvider(
        sampler=TraceIdRatioBased(percent / 100),
        resource=Resource({"service.name": "portail-dispense"}),
        id_generator=ByNumber(),
        shutdown_on_exit=False,  # which would wait for a collector that is silent
    )
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=SECONDS)
    made.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=WAITING))
    return made


tracer = provider_of(settings.PORTAL_OTEL_ENDPOINT, settings.PORTAL_OTEL_PERCENT).get_tracer("portail")


class TracingMiddleware:
    """A span for each request, from its arrival to its answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        method = request.method if request.method in METHODS else "other"
        span = tracer.start_span(method, kind=SpanKind.SERVER)
        response = self.get_response(request)  # Django answers an exception with a page: none comes through here
        route = route_of(request)
        span.update_name(f"{method} {route}")
        span.set_attributes(
            {"http.request.method": method, "http.route": route, "http.response.status_code": response.status_code}
        )
        if response.status_code >= FAULT:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        return response


_running: dict[str, Span] = {}


@task_prerun.connect
def begin(task_id: str = "", task: Any = None, **options: Any) -> None:
    """After portal.celery gave the task its number."""
    _running[task_id] = tracer.start_span(task.name, kind=SpanKind.CONSUMER)


@task_postrun.connect
def end(task_id: str = "", state: str = "", **options: Any) -> None:
    if span := _running.pop(task_id, None):
        if state == "FAILURE":
            span.set_status(Status(StatusCode.ERROR))
        span.end()

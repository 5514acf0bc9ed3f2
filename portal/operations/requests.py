"""The requests that each web process answers, counted in memory: by route, never by address.

A label has few values: the name of a route of the URLconf, a method, a status. An address would name people, and have
no end. With several processes each writes its own file of PROMETHEUS_MULTIPROC_DIR (portal/gunicorn.py), and whichever
is asked adds them all up.
"""

import contextlib
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess, values

from portal.operations import exposition

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ADDRESS = "/metrics"

_registry = CollectorRegistry()
ANSWERED = Counter("portail_http_requests", "Requêtes répondues.", ("route", "method", "status"), registry=_registry)
SECONDS = Histogram(
    "portail_http_request_seconds", "Durée des requêtes, de leur arrivée entière à la réponse.", ("route",),
    buckets=BUCKETS, registry=_registry,
)  # fmt: skip


def registry() -> CollectorRegistry:
    """What this machine's web processes counted: all of them under gunicorn, else this one."""
    if values.ValueClass is values.MutexValue:
        return _registry
    found = CollectorRegistry()
    multiprocess.MultiProcessCollector(found)  # type: ignore[no-untyped-call]
    return found


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    """/metrics. Raises Http404 when no token is set."""
    return exposition.answer(request, registry())


class MetricsMiddleware:
    """Counts each request, and answers /metrics itself: what asks knows a machine, not a host name of the portal."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == ADDRESS and settings.PORTAL_METRICS_TOKEN:
            return page(request)
        begun = time.perf_counter()
        response = self.get_response(request)
        with contextlib.suppress(OSError, ValueError):  # no room for a count is no reason to refuse a page
            _count(request, response.status_code, time.perf_counter() - begun)
        return response


def _count(request: HttpRequest, status: int, seconds: float) -> None:
    route, method = route_of(request), request.method or ""
    ANSWERED.labels(route, method if method in METHODS else "other", str(status)).inc()
    SECONDS.labels(route).observe(seconds)


def route_of(request: HttpRequest) -> str:
    """The name of the route, « static » for a file, « none » for an address that leads nowhere."""
    found = request.resolver_match
    if found is not None:
        return found.view_name
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"

"""Pages of the portal itself: legal pages, errors and health check."""

import sys
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.utils import Error as DatabaseError
from django.db.utils import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe

from dispenses.exceptions import Forgotten
from dispenses.keeping import register
from portal import readiness
from portal.lib import clocks
from portal.lib.links import entrance
from portal.lib.refusals import Forbidden
from portal.settings.brand import BrandSettings

RETRY_SECONDS = 10
KEPT_SECONDS = 365 * 24 * 3600


@login_not_required
@require_safe
def page(request: HttpRequest, template: str) -> HttpResponse:
    """A page of templates/pages/, open to everybody."""
    return render(request, f"pages/{template}.html", {"legal": settings.PORTAL_LEGAL})


@login_not_required
@require_safe
def personal_data(request: HttpRequest) -> HttpResponse:
    """What is kept, how long and why: the register, open to everybody."""
    said = {"register": list(register.by_group()), "legal": settings.PORTAL_LEGAL}
    return render(request, "pages/donnees_personnelles.html", said)


@login_not_required
@require_safe
def sante(request: HttpRequest) -> HttpResponse:
    """Health check for a load balancer: 200 « ok », or 503: no database, or another clock."""
    try:
        ill = "" if clocks.tolerated(clocks.gap()) else "horloge de cette machine décalée de celle de la base"
    except DatabaseError:
        ill = "base de données injoignable"
    status = HTTPStatus.SERVICE_UNAVAILABLE if ill else HTTPStatus.OK
    return HttpResponse(ill or "ok", "text/plain; charset=utf-8", status)


@login_not_required
@require_safe
def pret(request: HttpRequest) -> HttpResponse:
    """Readiness, as JSON: 503 when a part is ill without which nobody can work, 200 when the rest goes on."""
    found = readiness.look()
    status = HTTPStatus.SERVICE_UNAVAILABLE if found.state is readiness.State.ILL else HTTPStatus.OK
    return JsonResponse(found.shown(), status=status, json_dumps_params={"ensure_ascii": False})


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt (RFC 9309): search engines read the public guide, with what draws it, and nothing else."""
    open_paths = (f"{entrance('guide')}$", settings.STATIC_URL, "/marque/")
    lines = ["User-agent: *", *(f"Allow: {path}" for path in open_paths), "Disallow: /", ""]
    return HttpResponse("\n".join(lines), "text/plain; charset=utf-8")


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for /favicon.ico whatever the page says: nothing there."""
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@login_not_required
@require_safe
def brand_file(request: HttpRequest, version: str, name: str) -> HttpResponse:
    """The colours, the logo or the icon of the brand; kept for good under the version that this process has."""
    brand: BrandSettings = settings.PORTAL_BRAND
    found = brand.files.get(name)
    if found is None:
        raise Http404
    response = HttpResponse(found.content, found.content_type)
    if version == brand.version:
        response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable"
    return response


def _error(request: HttpRequest, status: HTTPStatus, **context: Any) -> HttpResponse:
    return render(request, f"{status.value}.html", context, status=status)


@login_not_required
@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 in French."""
    return _error(request, HTTPStatus.BAD_REQUEST)


@login_not_required
def content_too_large(request: HttpRequest) -> HttpResponse:
    """413 in French."""
    return _error(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, max_mo=settings.PORTAL_UPLOAD_MAX_BYTES // 1_000_000)


@login_not_required
@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 in French, with the reason when it is meant for the person."""
    words = str(exception) if isinstance(exception, Forbidden) else ""
    return _error(request, HTTPStatus.FORBIDDEN, csrf=False, words=words)


@login_not_required
@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form sent from an expired page, or with cookies refused."""
    return _error(request, HTTPStatus.FORBIDDEN, csrf=True, words="")


@login_not_required
@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 in French, with what was there when it was forgotten."""
    words = str(exception) if isinstance(exception, Forgotten) else ""
    return _error(request, HTTPStatus.NOT_FOUND, words=words)


READ_ONLY = "25006"  # of PostgreSQL: another server is the primary now


def _is_the_database_away(error: BaseException | None) -> bool:
    if isinstance(error, InternalError):
        return getattr(error.__cause__, "pgcode", "") == READ_ONLY
    return isinstance(error, OperationalError | InterfaceError)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """500 in French, 503 when the database did not answer in time or only reads; neither page needs it."""
    if not _is_the_database_away(sys.exc_info()[1]):
        return _error(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    response = _error(request, HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response

"""Limits of a session and headers of private pages. Kept cheap: both run on every request."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.exceptions import ContractOver
from accounts.sessions import SEEN, STARTED, SessionStore
from accounts.views.second_factor import may_enter
from dispenses.api import problems
from dispenses.api.request_body import MAX_BODY, too_large
from dispenses.documents.receiving import FORM_BYTES, close_unfinished, max_body
from portal.lib import correlation
from portal.logs import SECRET_PATHS
from portal.views import bad_request, content_too_large

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]

SEEN_STEP = 60  # seconds between two writes of the last activity
SECOND_FACTOR_PAGES = "/second-facteur/"
BACKGROUND_HEADER = "X-Background"  # on what a page sends by itself: it does not show that somebody is there
API_PATH = "/api/v1/"
BRAND_PATH = "/marque/"  # the same for everybody: kept as its view says


class RequestNumberMiddleware:
    """Each request has a number, told in its answer and in each line of the log that it causes.

    The proxy's own counts where PORTAL_REQUEST_HEADER names the header that it sets; anybody could send another one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = settings.PORTAL_REQUEST_HEADER
        number = correlation.begin(request.headers.get(header, "") if header else "")
        response = self.get_response(request)
        response.headers["X-Request-Id"] = number
        return response


class SignedInMiddleware(AuthenticationMiddleware):
    """Django's, for which a new secret key changes no session's own key."""

    def process_request(self, request: HttpRequest) -> None:
        """The person is looked up when a page asks who it is."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _person(request))  # type: ignore[assignment]


def _person(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    with cast(SessionStore, request.session).keeping_key():
        return get_user(request)


class SessionLimitsMiddleware:
    """End a session after PORTAL_SESSION_IDLE seconds of silence or SESSION_COOKIE_AGE in all (ASVS 5.0, 7.3)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in session:
            now = int(time.time())
            started, seen = session.get(STARTED), session.get(SEEN)
            if started is None or seen is None:
                session[STARTED], session[SEEN] = now, now
            elif now - seen >= settings.PORTAL_SESSION_IDLE or now - started >= settings.SESSION_COOKIE_AGE:
                return self._expired(request)
            elif now - seen >= SEEN_STEP and BACKGROUND_HEADER not in request.headers:
                session[SEEN] = now
        return self.get_response(request)

    @staticmethod
    def _expired(request: HttpRequest) -> HttpResponse:
        request.session.flush()
        params = {"expiree": "1"}
        if page := _page_of(request):
            params = {"next": page} | params
        return HttpResponseRedirect(f"{reverse(settings.LOGIN_URL)}?{urlencode(params)}")


def _page_of(request: HttpRequest) -> str:
    """The page that a request comes from, to come back to it: itself, or of a form the page that showed it."""
    if request.method == "GET":
        return request.get_full_path()
    found = urlsplit(request.headers.get("Referer", ""))
    return found.path if found.netloc == request.get_host() else ""


class ShownMessagesMiddleware(MessageMiddleware):
    """A message is used up by a page that somebody sees, never by what a page fetches by itself.

    Browsers say which it is (Sec-Fetch-Dest, W3C Fetch Metadata); our own scripts say it to the older ones too.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        unseen = request.headers.get("Sec-Fetch-Dest", "document") != "document"
        if (unseen or BACKGROUND_HEADER in request.headers) and hasattr(request, "_messages"):
            request._messages.used = False
        super().process_response(request, response)
        return response


class SecondFactorMiddleware:
    """A session that gave its password but not the second factor asked of it opens nothing but that step."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not getattr(view, "login_required", True) or request.path_info.startswith(SECOND_FACTOR_PAGES):
            return None
        if may_enter(request):
            return None
        address = reverse("second_facteur")
        if request.method != "GET":
            return HttpResponseRedirect(address)
        return HttpResponseRedirect(f"{address}?{urlencode({'next': request.get_full_path()})}")


class ApiMiddleware:
    """What is under /api/ knows no cookie, answers errors as problem+json, says what is left of its rate, is logged."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(API_PATH):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        if _announced(request) > MAX_BODY:
            response = problems.response(request, too_large())
        else:
            response = self.get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST and response["Content-Type"] != problems.CONTENT_TYPE:
            allow = response.get("Allow")
            response = problems.response(request, problems.of_status(response.status_code))
            if allow:
                response.headers["Allow"] = allow
        _finish(request, response)
        return response


def _finish(request: HttpRequest, response: HttpResponse) -> None:
    """Headers and log of an answer of the API. The log names the token by its beginning, never whole."""
    response.headers["Cache-Control"] = "no-store"
    rate = getattr(request, "api_rate", None)
    token = getattr(request, "api_token", None)
    if rate is not None:  # draft-ietf-httpapi-ratelimit-headers
        response.headers["RateLimit-Policy"] = f'"minute";q={rate.limit};w=60'
        response.headers["RateLimit"] = f'"minute";r={rate.left};t={rate.seconds}'
    logger.info(
        "API %s %s %s, jeton %s, employeur %s",
        request.method,
        quote(request.path_info),
        response.status_code,
        token.prefix if token else "aucun",
        token.employer_id if token else "inconnu",
    )


def _announced(request: HttpRequest) -> int:
    """Length of the body, in bytes, as its header tells; 0 for one that means nothing."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    return int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 20 else 0


class ReadOnlyMiddleware:
    """A page that would change something of an employer whose insurer's contract is over leads back to its employees,
    with the reason."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ContractOver):
            return None
        messages.error(request, str(exception))
        return HttpResponseRedirect(f"{reverse('salaries')}?employeur={exception.employer_id}")


class BodyLimitMiddleware:
    """A body that no page of ours sends is refused from its announced length, before anything of ours reads it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _announced(request) <= max(max_body(), settings.PORTAL_IMPORT_MAX_BYTES + FORM_BYTES):
            response = self.get_response(request)
            close_unfinished(request)
            return response
        return content_too_large(request)


class PrivatePagesMiddleware:
    """Nothing kept by a browser or a proxy, no address leaked by a personal link, no NUL byte let in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if "\0" in path or "%00" in request.META.get("QUERY_STRING", ""):
            response = bad_request(request)
        else:
            response = self.get_response(request)
        if not (path.startswith(BRAND_PATH) and response.status_code == HTTPStatus.OK):
            response.headers["Cache-Control"] = "no-store"
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Robots-Tag", "noindex")
        response.headers["Permissions-Policy"] = (
            "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
        )
        if path.startswith(SECRET_PATHS):
            response.headers["Referrer-Policy"] = "strict-origin"
        return response

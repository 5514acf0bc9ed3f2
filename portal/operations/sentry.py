"""Faults told to a Sentry server: which, where in the program, in which request; nothing of what anybody typed.

An event is made here of names chosen one by one: kinds of exceptions, files, functions, lines, the number of the
request. What an exception says, what its functions held, the address, headers, cookies and body of the request stay
here: the log has them, under that number. Loaded by the settings when PORTAL_SENTRY_DSN is there.
"""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import sentry_sdk
from django.core.exceptions import ImproperlyConfigured

from portal.lib import correlation

KEPT = {"event_id", "timestamp", "platform", "level", "logger", "exception", "tags", "sdk"}
DEEPEST = 100  # calls told of one exception: those next to the fault


class FaultsToSentry(logging.Handler):
    """Sends each line of the log that has an exception and is an error; in a thread of its own, which waits for nobody.

    A server that is down or slow costs the events that it did not take.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__(logging.ERROR)
        try:
            sentry_sdk.init(
                dsn,
                default_integrations=False,
                max_breadcrumbs=0,
                server_name="",
                send_client_reports=False,
                auto_session_tracking=False,
                before_send=only_kept,
            )
        except sentry_sdk.utils.BadDsn as error:
            raise ImproperlyConfigured("PORTAL_SENTRY_DSN n’est pas l’adresse d’un projet Sentry.") from error

    def emit(self, record: logging.LogRecord) -> None:
        """Raises nothing: what tells of faults makes none."""
        if not record.exc_info or record.exc_info[1] is None or record.name.startswith("sentry_sdk"):
            return
        try:
            sentry_sdk.capture_event(
                {
                    "level": "error",
                    "logger": record.name,
                    "tags": {"request_number": correlation.number() or "-"},
                    "exception": {"values": list(_chain(record.exc_info[1]))},
                }
            )
        except Exception:
            self.handleError(record)


def only_kept(event: Any, hint: Any) -> Any:
    """The event without what the library adds by itself: names of machines, of modules, of processes."""
    return {key: value for key, value in event.items() if key in KEPT}


def _chain(error: BaseException) -> Iterator[dict[str, Any]]:
    """What it came from first, as Sentry reads them."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _chain(before)
    yield {
        "type": type(error).__name__,
        "module": type(error).__module__,
        "stacktrace": {"frames": _frames(error.__traceback__)},
    }


def _frames(trace: TracebackType | None) -> list[dict[str, Any]]:
    return [
        {
            "filename": frame.f_code.co_filename,
            "function": frame.f_code.co_name,
            "module": frame.f_globals.get("__name__"),
            "lineno": line,
        }
        for frame, line in list(traceback.walk_tb(trace))[-DEEPEST:]
    ]

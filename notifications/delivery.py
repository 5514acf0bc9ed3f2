"""The way out: claim a batch, commit, send over one kept connection, settle each row.

At least once, and always under the same Message-ID: a crash re-sends at most the message in flight and the few sent in
the last instants, which are settled together (SETTLED_TOGETHER, SETTLE_SECONDS).
"""

import contextlib
import logging
import smtplib
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SMTPBackend
from django.db import Error, connection
from django.db.models import Case, F, Q, TextField, Value, When
from django.utils import timezone

from notifications import attachments, departures, late
from notifications.enums import EmailStatus, Tallied
from notifications.mime import envelope, prepared, sender, wire
from notifications.models import DUE_STATUSES, OutgoingEmail, Tally
from portal.lib import correlation
from portal.lib.leases import LeaseLost, claim, give_back, held, later, purge, renew, take_back

logger = logging.getLogger(__name__)

BATCH = 100
ORDER = ("urgency", "next_try_at")
# A killed worker's mails wait for the end of its lease: it is short, and renewed. Once it is connected, the server is
# given EMAIL_TIMEOUT for each of the four answers that a message needs.
LEASE = timedelta(minutes=1)
RENEW_SECONDS = 5
BATCH_SECONDS = 20  # then the rest of the batch is given back: what has become urgent meanwhile leaves first
SETTLED_TOGETHER = 50
SETTLE_SECONDS = 0.2  # a slow server has each of its messages settled at once
RUN_SECONDS = 180  # under the soft time limit of the tasks; the next sweep goes on
MAX_ATTEMPTS = 14  # about two days with the delays below
FIRST_DELAY = 30  # seconds, doubled at each attempt
LONGEST_DELAY = 12 * 3600  # seconds
LOST_IN_A_ROW = 3  # connections lost without a message sent between them, after which the server is left alone
KEPT = timedelta(days=90)
CAUSES = ("connection", "authentication", "deferred", "refused", "attachment", "other")  # of _cause
ATTACHMENT_ATTEMPTS = 6  # about a quarter of an hour, after which the mail leaves without its file and says so


class _NoAttachmentYet(Exception):
    """The file to join could not be made: the mail waits for it a while."""


class _ConnectionLost(Exception):
    """The connection broke on a message: the ones after it were not tried."""


@shared_task(name="notifications.tasks.deliver")
def deliver(*, seconds: float = RUN_SECONDS) -> int:
    """Send everything that is due, for at most about `seconds`. Returns the number of messages sent."""
    sent = lost = 0
    end = time.monotonic() + seconds
    mailer = get_connection()
    with _quick_commits():
        try:
            while time.monotonic() < end and lost < LOST_IN_A_ROW and (batch := _claim()):
                done, healthy = _send_batch(mailer, batch)
                sent += done
                lost = 0 if healthy or done else lost + 1
                if not healthy:
                    _close(mailer)
        finally:
            _close(mailer)
    return sent


@contextlib.contextmanager
def _quick_commits() -> Iterator[None]:
    """PostgreSQL does not wait for its disk: were the server to crash, the last mails would be sent a second time.

    Behind a pooler it waits: what a session is told there is soon told to somebody else's.
    """
    if connection.vendor != "postgresql" or connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET synchronous_commit")


def _claim() -> list[OutgoingEmail]:
    return claim(OutgoingEmail.objects.filter(status__in=DUE_STATUSES), limit=BATCH, lease=LEASE, order=ORDER)


class _Batch:
    """Rows under one lease, and those of them that left and are not settled yet."""

    def __init__(self, rows: list[OutgoingEmail]) -> None:
        self.waiting = list(reversed(rows))
        self.sent: list[OutgoingEmail] = []
        self.settled_at = self.renewed_at = time.monotonic()

    def settle(self) -> None:
        _settle_sent(self.sent)
        self.sent, self.settled_at = [], time.monotonic()

    def hold(self, row: OutgoingEmail) -> None:
        """Keep `row` and those behind it for a whole lease. Raises LeaseLost when another worker has taken them."""
        if time.monotonic() - self.renewed_at > RENEW_SECONDS:
            self.settle()
            renew([row, *self.waiting], lease=LEASE)
            self.renewed_at = time.monotonic()


def _send_batch(mailer: BaseEmailBackend, rows: list[OutgoingEmail]) -> tuple[int, bool]:
    """Returns (messages sent, whether the server still answers). Unattempted rows go back untouched."""
    count = 0
    end = time.monotonic() + BATCH_SECONDS
    batch = _Batch(rows)
    delay = 0
    try:
        while batch.waiting and (now := time.monotonic()) < end:
            if len(batch.sent) >= SETTLED_TOGETHER or (batch.sent and now - batch.settled_at > SETTLE_SECONDS):
                batch.settle()
            row = batch.waiting.pop()
            if _send(mailer, row, batch):
                batch.sent.append(row)
                count += 1
    except _ConnectionLost:
        delay = 0 if count else FIRST_DELAY
        return count, False
    except LeaseLost:
        logger.warning("Lot d’e-mails repris par un autre worker.")
    finally:
        batch.settle()
        give_back(batch.waiting, delay)
    return count, True


def _send(mailer: BaseEmailBackend, row: OutgoingEmail, batch: _Batch) -> bool:
    """Send one row; whether it left. What did not is settled, before _ConnectionLost is raised for a broken server."""
    try:
        _join_attachment(row)
        mailer.open()
        batch.hold(row)
        if late.is_late(row):
            _say_late(row)
        _hand_over(mailer, row)
    except LeaseLost:
        raise
    except InvalidToken as error:
        _fail(row, error)
    except _NoAttachmentYet as error:
        _postpone(row, error)
    except SoftTimeLimitExceeded as error:
        _postpone(row, error)
        raise
    except Exception as error:  # whatever it is, it must not stop the mails behind this one
        if _settle_refusal(row, error):
            raise _ConnectionLost from error
    else:
        return True
    return False


def _say_late(row: OutgoingEmail) -> None:
    """What the mail carried has died: it leaves as the one that says so, once and for all."""
    changes = late.instead(row)
    held([row]).update(**changes)
    for name, value in changes.items():
        setattr(row, name, value)


def _join_attachment(row: OutgoingEmail) -> None:
    """Make the file that the mail announces. Raises _NoAttachmentYet when it fails, but at the last attempt."""
    if not row.attachment_maker or row.attachment is not None:
        return
    try:
        row.attachment = attachments.make(row.attachment_maker, row.attachment_key)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # whatever it is, the mail matters more than its file
        logger.exception("Pièce jointe de l’e-mail %s", row.pk)
        if row.attempts + 1 < ATTACHMENT_ATTEMPTS:
            raise _NoAttachmentYet from error


def _hand_over(mailer: BaseEmailBackend, row: OutgoingEmail) -> None:
    """Over SMTP the bytes go straight to the kept connection: Django's own path parses each address again."""
    if not isinstance(mailer, SMTPBackend):
        mailer.send_messages([prepared(row)])
        return
    content = wire(row)
    if mailer.connection is None:
        raise smtplib.SMTPServerDisconnected("no connection")
    mailer.connection.sendmail(sender(settings.DEFAULT_FROM_EMAIL), [envelope(row.to)], content)


def _close(mailer: BaseEmailBackend) -> None:
    try:
        mailer.close()
    except OSError as error:
        logger.info("Connexion SMTP déjà fermée : %s", type(error).__name__)


def _settle_sent(rows: list[OutgoingEmail]) -> None:
    """Write that these left, and blank what was secret or heavy."""
    if not rows:
        return
    blank: dict[str, Any] = {}
    if any(row.context for row in rows):
        blank["context"] = ""
    if any(row.attachment is not None for row in rows):
        blank["attachment"] = None
    if any(row.sensitive for row in rows):
        for name in ("text_body", "html_body"):
            blank[name] = Case(When(sensitive=True, then=Value("")), default=F(name), output_field=TextField())
    now = timezone.now()
    held(rows).update(
        status=EmailStatus.SENT,
        sent_at=now,
        leased_until=None,
        attempts=F("attempts") + 1,
        last_error="",
        **blank,
    )
    departures.tell(rows, now)


def _code(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((code for code, _ in error.recipients.values()), None)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None


def _describe(error: Exception) -> str:
    """The kind of error and its code: a server's answer may quote the message."""
    code = _code(error)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _settle_refusal(row: OutgoingEmail, error: Exception) -> bool:
    """Settle a row that did not leave (RFC 5321, 4.2.1). Returns whether the connection is lost."""
    code = _code(error)
    opening = isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPHeloError)
    if code is not None and 500 <= code < 600 and not opening:
        _fail(row, error)
        return False
    _postpone(row, error)
    if opening or code == 421 or isinstance(error, smtplib.SMTPServerDisconnected):
        return True
    return isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)


def _cause(error: Exception) -> str:
    """Why a mail did not leave, of a short list: it counts them (docs/operations.md)."""
    code = _code(error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "authentication"
    if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError | smtplib.SMTPServerDisconnected):
        return "connection"
    if code is not None:
        return "refused" if 500 <= code < 600 else "deferred"
    if isinstance(error, _NoAttachmentYet):
        return "attachment"
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
        return "connection"
    return "other"


def _say(level: int, row: OutgoingEmail, error: Exception, follows: str) -> None:
    """One line for each try without success, under the number of the request that wrote the mail; no address in it."""
    kind = Tallied.MAIL_ABANDONED if level == logging.ERROR else Tallied.MAIL_POSTPONED
    with contextlib.suppress(Error):  # the mail is settled all the same
        Tally.add(kind, _cause(error), at=timezone.now(), detail=_describe(error))
    with correlation.working_for(row.request_number):
        logger.log(
            level, "E-mail %s (%s), essai %s : %s, %s", row.pk, row.kind, row.attempts + 1, _describe(error), follows
        )


def _fail(row: OutgoingEmail, error: Exception) -> None:
    _say(logging.ERROR, row, error, "abandonné")
    held([row]).update(
        status=EmailStatus.FAILED, leased_until=None, attempts=row.attempts + 1, last_error=_describe(error)
    )


def _postpone(row: OutgoingEmail, error: Exception) -> None:
    attempts = row.attempts + 1
    if attempts >= MAX_ATTEMPTS:
        _fail(row, error)
        return
    _say(logging.WARNING, row, error, "à réessayer")
    held([row]).update(
        status=EmailStatus.RETRY,
        leased_until=None,
        attempts=attempts,
        next_try_at=later(min(FIRST_DELAY * 2**row.attempts, LONGEST_DELAY)),
        last_error=_describe(error),
    )


@shared_task(name="notifications.tasks.requeue_stuck")
def requeue_stuck() -> int:
    """Take back the mails whose worker died. Returns how many."""
    count = take_back(OutgoingEmail.objects.all(), given_up=Q(attempts__gte=MAX_ATTEMPTS - 1))
    if count:
        logger.warning("%s e-mails repris : le worker qui les envoyait est mort", count)
    return count


@shared_task(name="notifications.tasks.purge_old")
def purge_old() -> int:
    """Delete what was sent, or abandoned, more than 90 days ago. Returns how many rows."""
    limit = timezone.now() - KEPT
    sent = OutgoingEmail.objects.filter(status=EmailStatus.SENT, sent_at__lt=limit)
    return purge(sent) + purge(OutgoingEmail.objects.filter(status=EmailStatus.FAILED, created_at__lt=limit))

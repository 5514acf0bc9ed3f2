"""« Renvoyer »: how often a mail may be sent again, for links, codes and passwords alike, and when the next one may.

Who calls holds the row by which these mails are known, so that two requests at once are counted one after the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.exceptions import Code, SentTooOften
from portal.lib.typography import NBSP, moment

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Pace:
    """At most so many sendings in so long, for each limit: the short ones let work go on, the long ones calm it."""

    limits: tuple[tuple[int, timedelta], ...]

    @property
    def memory(self) -> timedelta:
        """How far back sendings count."""
        return max(window for _, window in self.limits)

    def next_at(self, sent: Iterable[datetime], now: datetime) -> datetime | None:
        """When the next one may be sent, given those already `sent`; None for now."""
        latest_first = sorted(sent, reverse=True)
        free_at = [latest_first[most - 1] + window for most, window in self.limits if len(latest_first) >= most]
        return max((at for at in free_at if at > now), default=None)


INVITATIONS = Pace(((3, HOUR), (6, DAY)))  # links to one employee, the first one included
CODES = Pace(((6, HOUR),))  # of one invitation: activation and attaching
COLLEAGUES = Pace(((1, 10 * MINUTE), (3, HOUR), (6, DAY)))  # to one address, for one employer
PASSWORDS = Pace(((5, HOUR), (15, DAY)))  # links asked for at one address; those received work for three days


def refuse_early(pace: Pace, sent: Iterable[datetime], *, what: str, now: datetime) -> None:
    """Raises SentTooOften when the next one has to wait; `what` begins the sentence: « Trop de codes envoyés »."""
    if at := pace.next_at(sent, now):
        raise SentTooOften(f"{what}. Prochain envoi possible {_in_words(at, now)}.", code=Code.SENT_TOO_OFTEN)


def _in_words(at: datetime, now: datetime) -> str:
    """« à 10 h 33 » today, else « le 30 novembre 2026 à 9 h 05 »; minutes are rounded up."""
    whole = at.replace(second=0, microsecond=0)
    said = moment(timezone.localtime(whole if whole == at else whole + MINUTE))
    today = timezone.localdate(now)
    return f"à{NBSP}{said.rpartition(' à ')[2]}" if timezone.localdate(at) == today else f"le {said}"

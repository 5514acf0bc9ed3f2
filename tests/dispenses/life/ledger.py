"""What the rules promise of a dispense, day by day, told apart from the portal: dates, steps, mails.

Written from the events of the life of a dispense, not from the code that applies them. A simulation makes both live
the same days and compares them (test_five_years.py).
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.lib.dates import add_months, add_years

DAY = timedelta(days=1)
TOLD_FIRST = ("departure", "replaced", "situation", "given_up", "rule", "unconfirmed")
"""Of two ends on one day, the cause that is told."""
Mail = tuple[date, int, str]
"""The day on which it was written, the number of the request, its kind."""


@dataclass
class Case:
    """One granted dispense as its employee and the correspondent were promised it."""

    number: int
    yearly: str  # "none", "prudence" or "law"
    solidarity: bool
    granted_on: date
    since: date
    ends: dict[str, date]  # by cause
    confirm_by: date | None = None
    late_since: date | None = None
    replaced: bool = False
    over: bool = False
    told: set[tuple[str, date]] = field(default_factory=set)

    @property
    def ends_on(self) -> date | None:
        return min(self.ends.values(), default=None)

    @property
    def cause(self) -> str:
        return min((day, TOLD_FIRST.index(cause), cause) for cause, day in self.ends.items())[2] if self.ends else ""

    @property
    def asked_by(self) -> date | None:
        """The day of the next confirmation, if the dispense lives to see it."""
        due = self.confirm_by
        return due if due and (self.ends_on is None or due <= self.ends_on) else None

    def sign(self, day: date) -> None:
        """The employee signed on `day`: the next confirmation is a year later, unless the dispense ends before."""
        due = (
            add_years(max(self.confirm_by or day, day), 1) if self.late_since or self.confirm_by else add_years(day, 1)
        )
        self.late_since = None
        others = [end for cause, end in self.ends.items() if cause != "departure"]  # which may be cancelled
        self.confirm_by = due if self.yearly != "none" and (not others or due <= min(others)) else None

    def may_confirm(self, day: date) -> bool:
        if self.over or (self.ends_on and self.ends_on < day):
            return False
        if self.late_since:
            return True
        if self.asked_by is None or (self.yearly == "law" and self.asked_by < day):
            return False
        return self.asked_by - 60 * DAY <= day

    def announce(self, last_day: date, cause: str) -> None:
        """The employee said it, for good: what is asked after that day is asked no more."""
        self.ends[cause] = last_day
        if self.confirm_by and self.confirm_by > last_day:
            self.confirm_by = None

    def jobs(self, day: date) -> list[str]:
        """The kinds of mails that the jobs write of it on `day`, whatever the days on which they did not run."""
        if self.over:
            return []
        closing = self._closing(day)
        if self.over:  # nothing else is asked of one that is over, told or not
            return closing
        mails = self._confirmation(day)
        if self._end_step(day) and "confirmation_asked" not in mails:  # which says the end as well
            mails = [*mails, "dispense_ends_soon"]
        return mails

    def _closing(self, day: date) -> list[str]:
        asked = self.asked_by if not self.late_since and not self.replaced else None
        if self.yearly == "law" and asked and asked < day and (self.ends_on is None or asked < self.ends_on):
            self.ends["unconfirmed"] = asked
        if self.ends_on is None or self.ends_on >= day:
            return []
        self.over = True
        return [] if self.cause in {"replaced", "departure"} else ["dispense_ended", "affiliation_due"]

    def _confirmation(self, day: date) -> list[str]:
        due = self.asked_by
        if due is None or self.late_since or self.replaced:
            return []
        if due < day:
            self.late_since = due + DAY
            return ["proof_to_renew", "proof_to_check"]
        step = _reached(
            [("confirm_60", due - 60 * DAY), ("confirm_30", due - 30 * DAY), ("confirm_7", due - 7 * DAY)], day
        )
        return ["confirmation_asked"] if step and self._first(step[0], due) else []

    def _end_step(self, day: date) -> bool:
        end = self.ends_on
        if end is None or self.replaced or self.cause in {"replaced", "departure"}:
            return False
        early = [("end_60", end - 60 * DAY)]
        if self.solidarity:
            early = [("c2s_4_months", add_months(end, -4)), ("c2s_2_months", add_months(end, -2))]
        step = _reached([*early, ("end_30", end - 30 * DAY), ("end_7", end - 7 * DAY)], day)
        return bool(step and step[1] > self.granted_on and self._first(step[0], end))

    def _first(self, step: str, target: date) -> bool:
        new = (step, target) not in self.told
        self.told.add((step, target))
        return new


def _reached(steps: list[tuple[str, date]], day: date) -> tuple[str, date] | None:
    """The latest step whose day has come."""
    reached = [step for step in steps if step[1] <= day]
    return reached[-1] if reached else None

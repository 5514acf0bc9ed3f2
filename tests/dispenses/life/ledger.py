"""What the rules promise of a dispense, day by day, told apart from the portal: dates, steps, mails, second looks.

Written from the events of the life of a dispense, not from the code that applies them. A simulation makes both live
the same days and compares them (test_five_years.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.lib.dates import add_months, add_years

DAY = timedelta(days=1)
TOLD_FIRST = ("departure", "replaced", "situation", "given_up", "contract", "rule", "unconfirmed")
"""Of two ends on one day, the cause that is told."""
SHORT_CONTRACT = "cdd_moins_12_mois"
OF_A_CONTRACT = {SHORT_CONTRACT, "cdd_12_mois_et_plus"}
Mail = tuple[date, int, str]
"""The day on which it was written, the number of the request, its kind."""


@dataclass(frozen=True)
class Version:
    """One version of the acte: the motifs that it opens, and what it has people give each year, by motif.

    A decision of the employer alone, which only those hired after it are bound by, « opens » what lets the others off.
    """

    since: date
    opened: frozenset[str]
    yearly: Mapping[str, str] = field(default_factory=dict)  # "nothing" or "document"; « rien n’a changé » otherwise


def closed_on(code: str, versions: Sequence[Version]) -> date | None:
    """The first day of the version that no longer opens what the one before did, unless one opens it since."""
    opening = [code in version.opened for version in versions]
    if not any(opening) or opening[-1]:
        return None
    last = max(rank for rank, opens in enumerate(opening) if opens)
    return versions[last + 1].since


@dataclass
class Case:
    """One granted dispense as its employee and the correspondent were promised it."""

    number: int
    code: str
    yearly: str  # "none", "prudence" or "law"
    granted_on: date
    since: date
    ends: dict[str, date]  # by cause
    due: date | None = None  # the next confirmation, if the dispense lives to see it and the acte asks for it
    quiet: bool = False  # the acte asks for nothing
    late_since: date | None = None
    replaced: bool = False
    over: bool = False
    told: set[tuple[str, date]] = field(default_factory=set)
    acte_on: date | None = None  # the centre has to look again: the acte closed its motif on that day
    card_by: date | None = None  # the same: its contract reached twelve months, a card is awaited until that day
    card_asked: date | None = None
    looked: set[tuple[str, date]] = field(default_factory=set)

    @property
    def ends_on(self) -> date | None:
        return min(self.ends.values(), default=None)

    @property
    def cause(self) -> str:
        return min((day, TOLD_FIRST.index(cause), cause) for cause, day in self.ends.items())[2] if self.ends else ""

    @property
    def asked_by(self) -> date | None:
        """The day of the next confirmation, if the dispense lives to see it."""
        if self.due is None or self.quiet:
            return None
        return self.due if self.ends_on is None or self.due <= self.ends_on else None

    @property
    def is_doubtful(self) -> bool:
        """Whether the centre has to look at it again."""
        return not self.over and not self.replaced and bool(self.acte_on or self.card_by)

    # What people do

    def sign(self, day: date, asked: str) -> None:
        """The employee signed on `day`: the next confirmation is a year later; `asked`: what the acte asks by then."""
        self.late_since, self.quiet = None, asked == "nothing"
        self.due = None if self.yearly == "none" else add_years(max(self.due or day, day), 1)

    def may_confirm(self, day: date) -> bool:
        if self.over or self.replaced or (self.ends_on and self.ends_on < day):
            return False
        if self.late_since:
            return True
        if self.asked_by is None or (self.yearly == "law" and self.asked_by < day):
            return False
        return self.asked_by - 60 * DAY <= day

    def announce(self, last_day: date, cause: str) -> None:
        self.ends[cause] = last_day

    def move_contract(self, hired_on: date, until: date, day: date) -> bool:
        """The employer says another end of the contract. Whether both are told.

        At twelve months in all, the law wants the proof of another cover: thirty days are left to give it.
        """
        former = self.ends_on
        if self.ends.get("rule") == until and "contract" not in self.ends:
            return False
        self.ends["rule"] = until
        self.ends.pop("contract", None)
        asked = self._ask_card(hired_on, until, day)
        return asked or (self.ends_on != former and not self.replaced)

    def _ask_card(self, hired_on: date, until: date, day: date) -> bool:
        long = until >= add_months(hired_on, 12) - DAY
        if self.code != SHORT_CONTRACT:
            return False
        known = self.card_asked
        if not long or (known and ("card", known) in self.looked):
            self.card_by = None
        elif known and (known >= day or self.card_by == known):
            self.card_by = known
        elif not self.replaced:
            self.card_by = self.card_asked = day + 30 * DAY
            return True
        return False

    def become_permanent(self, day: date) -> bool:
        """The contract has no end any more: what rests on its end is over on the eve. Whether both are told."""
        self.ends["contract"] = max(day, self.since) - DAY
        self.over = self.cause == "contract"
        return self.over

    def put_off(self, over_on: date, day: date) -> None:
        """The insurer's contract, over since `over_on`, goes on: nobody could confirm, thirty days are left to."""
        if not self.over and not self.late_since and self.due and over_on < self.due <= day:
            self.due = day + 30 * DAY

    def look(self) -> None:
        """The centre has looked at it again, and keeps it: the same causes do not come back."""
        self.looked |= {(what, day) for what, day in (("acte", self.acte_on), ("card", self.card_by)) if day}
        self.acte_on = self.card_by = None

    def follow_acte(self, versions: Sequence[Version], day: date) -> None:
        """What the versions begun on `day` say of its motif: whether they open it, what is to be given each year."""
        if self.over or (self.ends_on and self.ends_on < day):
            return
        closed = closed_on(self.code, versions)
        if closed and self.granted_on < closed and (self.ends_on is None or self.ends_on >= closed):
            self.acte_on = None if ("acte", closed) in self.looked else closed
        else:
            self.acte_on = None
        if self.yearly == "prudence" and not self.late_since:
            self._follow_policy(versions[-1].yearly.get(self.code) == "nothing", day)

    def _follow_policy(self, nothing: bool, day: date) -> None:
        """Asked for nothing any more; or asked anew, with sixty days at least to answer."""
        if self.quiet and not nothing and self.due:
            self.due = max(self.due, day + 60 * DAY)
        self.quiet = nothing

    # What time brings

    def jobs(self, day: date, versions: Sequence[Version]) -> list[str]:
        """The kinds of mails that the jobs write of it on `day`, whatever the days on which they did not run.

        `versions`: those of the acte that have begun.
        """
        if self.over:
            return []
        closing = self._closing(day)
        if self.over:  # nothing else is asked of one that is over, told or not
            return closing
        self.follow_acte(versions, day)
        mails = self._confirmation(day)
        if self._end_step(day) and "confirmation_asked" not in mails:  # which says the end as well
            mails = [*mails, "dispense_ends_soon"]
        if self._card_is_late(day):
            mails = [*mails, "card_late"]
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
        if self.code == "c2s":
            early = [("c2s_4_months", add_months(end, -4)), ("c2s_2_months", add_months(end, -2))]
        step = _reached([*early, ("end_30", end - 30 * DAY), ("end_7", end - 7 * DAY)], day)
        return bool(step and step[1] > self.granted_on and self._first(step[0], end))

    def _card_is_late(self, day: date) -> bool:
        return bool(self.card_by and not self.replaced and self.card_by < day and self._first("card", self.card_by))

    def _first(self, step: str, target: date) -> bool:
        new = (step, target) not in self.told
        self.told.add((step, target))
        return new


def _reached(steps: list[tuple[str, date]], day: date) -> tuple[str, date] | None:
    """The latest step whose day has come."""
    reached = [step for step in steps if step[1] <= day]
    return reached[-1] if reached else None

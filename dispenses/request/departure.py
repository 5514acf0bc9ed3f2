"""What the end of an employment does to its requests: no dispense lasts after the last day at work (`left_on`)."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from dispenses.enums import EndCause
from dispenses.models import Dispense
from dispenses.request.transitions import apply, close_complement
from dispenses.workflow import Role, Status
from portal.lib.typography import short_day


@dataclass(frozen=True)
class Ending:
    """The last day of a dispense and why, as its row keeps them; `own_ends_on`: the one that another made it leave."""

    ends_on: date | None
    end_cause: str
    own_ends_on: date | None


def own_end(dispense: Dispense) -> Ending:
    """The end that a granted dispense has, or would have had without a departure."""
    own = dispense.own_ends_on
    if dispense.end_cause != EndCause.DEPARTURE:
        return Ending(dispense.ends_on, dispense.end_cause, own)
    rule = EndCause.RULE.value if own else ""
    if dispense.superseded_by is None:
        return Ending(own, rule, None)
    eve = (dispense.superseded_by.effective_on or timezone.localdate()) - timedelta(days=1)
    if own is None or own > eve:
        return Ending(eve, EndCause.REPLACED.value, own)
    return Ending(own, rule, own)


def bounded(own: Ending, left_on: date | None, *, superseded: bool) -> Ending:
    """That end, or the last day at work when it comes before."""
    if left_on is None or (own.ends_on is not None and own.ends_on <= left_on):
        return own
    return Ending(left_on, EndCause.DEPARTURE.value, own.own_ends_on if superseded else own.ends_on)


def follow(dispense: Dispense, left_on: date | None, at: datetime) -> None:
    """Have a locked dispense, granted or ended by a departure, end with the employment; no mail leaves.

    One whose departure is moved or cancelled takes its own end again. A last day that has passed ends it at once.
    """
    own = own_end(dispense)
    wanted = bounded(own, left_on, superseded=dispense.superseded_by_id is not None)
    if wanted == _present(dispense):
        return
    former = dispense.ends_on
    if dispense.status == Status.ENDED:
        _move(dispense, "restore", _corrected(former, left_on), own, at)
    if wanted == _present(dispense):
        return
    if wanted.end_cause != EndCause.DEPARTURE or wanted.ends_on is None:
        _move(dispense, "date_end", _corrected(former, left_on), wanted, at)
        return
    over = wanted.ends_on < timezone.localdate(at)
    said = f"Fin du contrat de travail, le {short_day(wanted.ends_on)}."
    _move(dispense, "end" if over else "date_end", said, wanted, at)


def lapse(dispense: Dispense, left_on: date, at: datetime) -> None:
    """Close the locked request, still open, of somebody who has left: its history says why, no mail leaves."""
    apply(
        dispense,
        "lapse",
        role=Role.SYSTEM,
        user=None,
        at=at,
        comment=f"Le contrat de travail a pris fin le {short_day(left_on)}, avant la décision.",
    )
    close_complement(dispense, at)


def _present(dispense: Dispense) -> Ending:
    return Ending(dispense.ends_on, dispense.end_cause, dispense.own_ends_on)


def _corrected(former: date | None, left_on: date | None) -> str:
    what = "corrigée" if left_on else "annulée"
    return f"La fin du contrat de travail, déclarée pour le {short_day(former)}, est {what}." if former else ""


def _move(dispense: Dispense, name: str, comment: str, ending: Ending, at: datetime) -> None:
    apply(dispense, name, role=Role.SYSTEM, user=None, at=at, comment=comment, **asdict(ending))

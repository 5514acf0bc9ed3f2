"""What the end of an employment does to its requests: no dispense lasts after the last day at work (`left_on`)."""

from datetime import date, datetime

from django.utils import timezone

from dispenses.enums import EndCause
from dispenses.models import Dispense
from dispenses.request import endings
from dispenses.request.transitions import apply, close_complement
from dispenses.workflow import Role, Status
from portal.lib.typography import short_day


def follow(dispense: Dispense, left_on: date | None, at: datetime) -> None:
    """Have a locked dispense, granted or ended by a departure, end with the employment; no mail leaves.

    One whose departure is moved or cancelled takes its other ends again. A last day that has passed ends it at once; a
    departure after its last day is kept without an event.
    """
    former = endings.of(dispense).get(EndCause.DEPARTURE)
    said = _corrected(former, left_on)
    if former != left_on and dispense.status == Status.ENDED:
        _move(dispense, "restore", said, None, at)
        former = None
    if former == left_on:
        return
    last_day, cause = endings.earliest(endings.with_moved(dispense, {EndCause.DEPARTURE: left_on}))
    if (last_day, cause) == (dispense.ends_on, dispense.end_cause):
        endings.note(dispense, {EndCause.DEPARTURE: left_on})
    elif left_on is None or cause != EndCause.DEPARTURE:
        _move(dispense, "date_end", said, left_on, at)
    else:
        over = left_on < timezone.localdate(at)
        said = f"Fin du contrat de travail, le {short_day(left_on)}."
        _move(dispense, "end" if over else "date_end", said, left_on, at)


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


def _corrected(former: date | None, left_on: date | None) -> str:
    what = "corrigée" if left_on else "annulée"
    return f"La fin du contrat de travail, déclarée pour le {short_day(former)}, est {what}." if former else ""


def _move(dispense: Dispense, name: str, comment: str, left_on: date | None, at: datetime) -> None:
    moved = {EndCause.DEPARTURE: left_on}
    apply(dispense, name, role=Role.SYSTEM, user=None, at=at, comment=comment, ends=moved)

"""Why a granted dispense ends, and when: each end is kept by its cause, the earliest of them is its last day.

`Dispense.ends` holds them, as {cause: ISO day}. This module alone writes it, together with `ends_on` and `end_cause`
that follow from it. An event adds, moves or takes away its own end and knows nothing of the others.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from dispenses.enums import EndCause
from dispenses.models import Dispense

ANNOUNCED = (EndCause.SITUATION, EndCause.GIVEN_UP)
"""Causes of an end that the employee gave, and may give again: at most one of the two."""
TAKEN_BACK = (EndCause.DEPARTURE,)
"""Causes of an end that may still be cancelled: a confirmation is asked beyond them all the same."""
TOLD_FIRST = (EndCause.DEPARTURE, EndCause.REPLACED, *ANNOUNCED, EndCause.CONTRACT, EndCause.RULE, EndCause.UNCONFIRMED)
"""Of several ends on one day, the one that is told: nobody who has left, or whom another dispense lets off on the day
after, has to join; what the employee said comes before what was known of itself."""

Ends = dict[EndCause, date]
Moved = Mapping[EndCause, date | None]
"""What an event says: the new day of each end, None for one that there is no more."""


def of(dispense: Dispense) -> Ends:
    """The ends that are known of a dispense, by cause; its last day alone when the image of before has written it."""
    if not dispense.ends and dispense.ends_on:
        return {EndCause(dispense.end_cause or EndCause.RULE): dispense.ends_on}
    return {EndCause(cause): date.fromisoformat(day) for cause, day in dispense.ends.items()}


def earliest(ends: Ends, *, but: Collection[EndCause] = ()) -> tuple[date | None, str]:
    """The first of these ends and its cause, those of the causes `but` left aside; (None, "") without any."""
    left = [(day, TOLD_FIRST.index(cause), cause) for cause, day in ends.items() if cause not in but]
    if not left:
        return None, ""
    day, _, cause = min(left)
    return day, cause.value


def with_moved(dispense: Dispense, moved: Moved) -> Ends:
    """The ends of a dispense once these are moved; nothing is written."""
    return {cause: day for cause, day in {**of(dispense), **moved}.items() if day is not None}


def columns(ends: Ends) -> dict[str, Any]:
    """The fields of a request that say these ends."""
    last_day, cause = earliest(ends)
    return {
        "ends": {cause.value: day.isoformat() for cause, day in sorted(ends.items())},
        "ends_on": last_day,
        "end_cause": cause,
    }


def note(dispense: Dispense, moved: Moved) -> None:
    """Write, on a locked dispense, ends that leave its last day and its cause as they are: no event, nobody is told.

    Raises ValueError for ends that would move it: that is a move of the workflow (dispenses.request.transitions).
    """
    written = columns(with_moved(dispense, moved))
    if (written["ends_on"], written["end_cause"]) != (dispense.ends_on, dispense.end_cause):
        raise ValueError("Une fin qui change le dernier jour est un événement de la dispense.")
    dispense.ends = written["ends"]
    dispense.save(update_fields=["ends", "updated_at"])

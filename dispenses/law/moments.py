"""The moments of D911-5: the event that a request hangs on, and how near it is.

D911-5: a request is made at the hire or, if they are later, when the cover is set up or when the other cover takes
effect. It gives no number of days: MOMENT_DAYS is the insurer's prudence.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from dispenses.enums import Opening
from dispenses.law.cases import Moment as Moments
from dispenses.law.cases import MotifEntry
from dispenses.law.numbers import FIRST_TERM, MOMENT_DAYS
from dispenses.law.questions import COVERED_SINCE
from dispenses.law.rules import MotifRules
from dispenses.law.situation import Event, Moment, Situation
from portal.lib.dates import add_months


def set_up_on(motif: MotifRules, situation: Situation) -> date | None:
    """The day on which the cover was set up for this motif; None when there is no acte.

    What article 11 of the law of 1989 speaks of is the day on which employees began to pay.
    """
    acte = situation.acte
    if acte is None:
        return None
    return acte.employee_share_from if motif.due_only else acte.first_set_up_on


def events(motif: MotifRules, entry: MotifEntry | None, situation: Situation) -> Iterator[Moment]:
    """The events that such a request may hang on, the hire first; a later one than the hire takes its place."""
    kind, hired_on = entry.moment if entry else Moments.ANY_TIME, situation.person.hired_on
    if kind is not Moments.SETUP:
        yield Moment(Event.HIRE, hired_on)
    set_up = set_up_on(motif, situation)
    if set_up and set_up > hired_on:
        yield Moment(Event.SET_UP, set_up)
    covered_since = situation.answered_day(COVERED_SINCE)
    if kind in {Moments.OTHER_COVER, Moments.ANY_TIME} and covered_since and covered_since > hired_on:
        yield Moment(Event.COVER, covered_since)


def is_near(day: date, moment: date) -> bool:
    """Whether a request signed on `day` is made at that moment: before it, or in the days that follow."""
    return day <= moment + timedelta(days=MOMENT_DAYS)


def moment_of(motif: MotifRules, entry: MotifEntry | None, situation: Situation) -> Moment | None:
    """The latest event at which the request is made; None outside of any moment."""
    near = [moment for moment in events(motif, entry, situation) if is_near(situation.day, moment.day)]
    return max(near, key=lambda moment: moment.day, default=None)


def effective_on(motif: MotifRules, situation: Situation, moment: Moment | None) -> date:
    """First day without the obligation: that of its `moment` or, outside of any, the day of signing or a later hire.

    Never before the cover that the dispense rests on, nor before the acte provides for it (R242-1-6: « prévues dans
    l'acte »).
    """
    day = moment.day if moment else max(situation.day, situation.person.hired_on)
    return max(day, situation.answered_day(COVERED_SINCE) or day, provided_since(motif, situation) or day)


def provided_since(motif: MotifRules, situation: Situation) -> date | None:
    """First day of the versions that open the motif without a break up to the one that binds; None when none has to."""
    acte = situation.acte
    if motif.opening != Opening.ACTE or acte is None or motif.code not in acte.opened_motifs:
        return None
    since = acte.in_force_from
    earlier = [version for version in situation.actes if version.in_force_from < since]
    for version in sorted(earlier, key=lambda version: version.in_force_from, reverse=True):
        reaches = version.in_force_until is None or version.in_force_until + timedelta(days=1) >= since
        if not reaches or motif.code not in version.opened_motifs:
            break
        since = version.in_force_from
    return since


def asked_until(motif: MotifRules, entry: MotifEntry | None, situation: Situation) -> date | None:
    """Last day on which a request is made at one of its moments; None when no moment binds it, or none is known.

    An individual insurance that the acte opens at any time speaks until its first term.
    """
    if entry and entry.moment is Moments.ANY_TIME and entry.individual:
        return add_months(covered_at(motif, entry, situation), FIRST_TERM)
    if entry is None or entry.moment is Moments.ANY_TIME:
        return None
    days = [moment.day + timedelta(days=MOMENT_DAYS) for moment in events(motif, entry, situation)]
    return max(days, default=None)


def covered_at(motif: MotifRules, entry: MotifEntry, situation: Situation) -> date:
    """The day on which an individual insurance had to exist: the hire or, if it is later, the set-up (D911-2, 2°)."""
    hired_on, set_up = situation.person.hired_on, set_up_on(motif, situation)
    return max(hired_on, set_up) if set_up else hired_on


def is_first_term_over(motif: MotifRules, entry: MotifEntry, situation: Situation) -> bool:
    """Whether an individual insurance of the hire, or of the set-up, has come to its first yearly term since."""
    return situation.day > add_months(covered_at(motif, entry, situation), FIRST_TERM)

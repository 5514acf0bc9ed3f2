"""What comes after the decision, as views of the queue: what ends, what is to be confirmed, what is to be looked at.

One entry of `AHEAD` is a filter of the address, a view that everybody has, a column, an order and a count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from dispenses.enums import EndCause, Yearly
from dispenses.life.confirmations import ASKED_DAYS, awaited
from dispenses.request import looks
from dispenses.workflow import Status
from portal.lib.typography import NBSP

DAYS = 60
"""Days ahead of which an end is shown."""
GRANTED = Q(status=Status.ACCEPTED.value)


@dataclass(frozen=True)
class Ahead:
    """A reason to look at dispenses granted. `day`: the field of the request that sorts them, the nearest first.

    `condition`: which requests, on a day; `note`: what its row adds, from the columns of `noted` (through the request).
    """

    label: str
    heading: str
    day: str
    order: str
    nothing: str
    condition: Callable[[date], Q]
    noted: tuple[str, ...] = ()
    note: Callable[..., str] = "".join


def _ending(today: date) -> Q:
    """What ends soon, unless another dispense takes over on the day after."""
    return GRANTED & Q(ends_on__lte=today + timedelta(days=DAYS)) & ~Q(end_cause=EndCause.REPLACED.value)


def _to_renew(_: date) -> Q:
    return GRANTED & Q(unconfirmed_since__isnull=False)


def _to_look(_: date) -> Q:
    return looks.WANTED


def cause_in_words(cause: str) -> str:
    """Why a dispense ends, "" while nothing ends it."""
    return EndCause(cause).label if cause else ""


def _silence(yearly: str) -> str:
    """What becomes of the dispense without an answer."""
    return "Sans réponse, prend fin (loi)" if yearly == Yearly.LAW else "Sans réponse, continue (prudence)"


def why_again(acte_on: date | None, card_by: date | None, transfer_on: date | None) -> str:
    """Why a dispense wants a second look, "" while it wants none."""
    first, *others = looks.in_words(acte_on, card_by, transfer_on) or [""]
    return f"{NBSP}; ".join([first, *(words[0].lower() + words[1:] for words in others)])


AHEAD: dict[str, Ahead] = {
    "finit": Ahead(
        label=f"Se terminent dans {DAYS}{NBSP}jours",
        heading="Dernier jour",
        day="ends_on",
        order="la première à finir d’abord",
        nothing=f"Aucune dispense ne se termine dans les {DAYS}{NBSP}jours.",
        condition=_ending,
        noted=("end_cause",),
        note=cause_in_words,
    ),
    "confirmer": Ahead(
        label="À confirmer",
        heading="À confirmer avant le",
        day="confirm_by",
        order="la première à confirmer d’abord",
        nothing=f"Aucune dispense n’est à confirmer dans les {ASKED_DAYS}{NBSP}jours.",
        condition=awaited,
        noted=("motif__yearly",),
        note=_silence,
    ),
    "renouveler": Ahead(
        label="Preuve à renouveler",
        heading="À renouveler depuis le",
        day="unconfirmed_since",
        order="la plus ancienne d’abord",
        nothing="Aucune preuve n’est à renouveler.",
        condition=_to_renew,
    ),
    "regard": Ahead(
        label="Deuxième regard",
        heading="À revoir à partir du",
        day="look_on",
        order="la plus ancienne d’abord",
        nothing="Aucune dispense n’attend de deuxième regard.",
        condition=_to_look,
        noted=tuple(looks.CAUSES),
        note=why_again,
    ),
}


def through(condition: Q, path: str) -> Q:
    """The condition on rows that reach the request by `path`."""
    children: list[Any] = [
        through(child, path) if isinstance(child, Q) else _through(child, path) for child in condition.children
    ]
    return Q(*children, _connector=condition.connector, _negated=condition.negated)


def _through(lookup: Any, path: str) -> tuple[str, Any]:
    name, value = lookup
    return f"{path}__{name}", value


_NEAR = {-1: "depuis hier", 0: "aujourd’hui", 1: "demain"}


def when(day: date, today: date) -> str:
    """A day beside today's, in words: « dans 12 jours », « aujourd’hui », « depuis 3 jours »."""
    left = (day - today).days
    if left in _NEAR:
        return _NEAR[left]
    return f"dans {left}{NBSP}jours" if left > 0 else f"depuis {-left}{NBSP}jours"

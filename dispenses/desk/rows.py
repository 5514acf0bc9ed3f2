"""A row of the queue in words."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from dispenses.desk.ahead import Ahead, when
from dispenses.desk.listing import Reader
from dispenses.queue.delays import working_days
from dispenses.workflow import Status
from portal.lib.typography import NBSP


@dataclass(frozen=True)
class Due:
    """The promise in words: `kind` is late, today, soon, stopped or done."""

    kind: str
    words: str

    @property
    def icon(self) -> str:
        """What the eye must stop at; "" for nothing."""
        return {"late": "triangle-alert", "today": "clock", "stopped": "hourglass"}.get(self.kind, "")


@dataclass(frozen=True)
class Next:
    """What comes after the decision, in words. `kind`: late for a day that is past, soon otherwise."""

    on: date
    kind: str
    words: str
    note: str

    @property
    def icon(self) -> str:
        return "triangle-alert" if self.kind == "late" else ""


@dataclass(frozen=True)
class Row:
    number: int
    name: str
    matricule: str
    employer: str
    motif: str
    status: str
    submitted_on: date
    age: str
    due_on: date
    due: Due
    reviewer: str
    mine: bool
    is_new: bool
    notes: int
    next: Next | None = None


def row(
    values: dict[str, Any],
    reader: Reader,
    motifs: dict[int, str],
    notes: dict[int, int],
    ahead: Ahead | None = None,
) -> Row:
    """`values`: what dispenses.desk.listing.page gives; `motifs`: labels by edition; `notes`: how many by number."""
    mine = values["reviewer_id"] == reader.user.pk
    submitted_on = timezone.localdate(values["submitted_at"])
    decided_on = timezone.localdate(values["decided_at"]) if values["decided_at"] else None
    reviewer = f"{values['reviewer_first']} {values['reviewer_last']}" if values["reviewer_id"] else ""
    return Row(
        number=values["number"],
        name=f"{values['last_name']} {values['first_name']}".strip(),
        matricule=values["matricule"],
        employer=values["employer_name"],
        motif=motifs.get(values["motif_id"], ""),
        status=values["status"],
        submitted_on=submitted_on,
        age=days(((decided_on or reader.today) - submitted_on).days),
        due_on=values["due_on"],
        due=due(values["status"], values["due_on"], values["days_left"], reader.today),
        reviewer="moi" if mine else reviewer,
        mine=mine,
        is_new=values["active_at"] > reader.since and values["status"] == Status.IN_PROGRESS,
        notes=notes.get(values["number"], 0),
        next=_next(values, reader.today, ahead) if ahead else None,
    )


def _next(values: dict[str, Any], today: date, ahead: Ahead) -> Next:
    day = values["ahead_on"]
    note = ahead.note(*(values[f"ahead_noted_{rank}"] for rank in range(len(ahead.noted)))) if ahead.noted else ""
    return Next(day, "late" if day < today else "soon", when(day, today), note)


def due(status: str, due_on: date, days_left: int | None, today: date) -> Due:
    """Where the promise stands today."""
    if status == Status.AWAITING_COMPLEMENT and days_left is not None:
        left = f"{worked(-days_left)} de retard" if days_left < 0 else f"{worked(days_left)} à son retour"
        return Due("stopped", f"Suspendue, {left}")
    if days_left is not None:
        return Due("done", "Hors délai" if days_left < 0 else "Dans le délai")
    if due_on < today:
        late = working_days(due_on, today)
        return Due("late", f"En retard de {worked(late)}" if late else "En retard")
    if due_on == today:
        return Due("today", "Aujourd’hui")
    return Due("soon", f"Dans {worked(working_days(today, due_on))}")


def days(count: int) -> str:
    return f"{count}{NBSP}jour{'s' if count > 1 else ''}"


def worked(count: int) -> str:
    plural = "s" if count > 1 else ""
    return f"{count}{NBSP}jour{plural} ouvré{plural}"

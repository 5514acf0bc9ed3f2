"""The cards of « Suivi de mes demandes »: that of a request that was sent is written once for each of its states."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.cache import cache
from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from accounts.read_only import read_only_words
from dispenses.life import attestation
from dispenses.life.today import Today, today_of
from dispenses.models import Dispense
from dispenses.queue import promise
from dispenses.request import contents, drafts
from dispenses.workflow import STATUSES, Role, Status, allowed

KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Begun:
    """What is said of a draft: values alone (portal.fragments)."""

    status: str
    since: datetime
    has_virus: bool
    employer: str
    motif: str
    comes_back_until: date | None  # of one given up


@dataclass(frozen=True)
class Card:
    """A draft with what is said of it, written with the page that holds its form; or the HTML of a request sent."""

    draft: Dispense | None = None
    begun: Begun | None = None
    read_only: str = ""  # of a draft: why it goes on no more
    html: str = ""


def cards(request: HttpRequest, dispenses: list[Dispense]) -> list[Card]:
    """One card for each request, with its history; at most two queries, for those that this process does not have yet.

    Everything that a card says changes with `status_at`, but for the names, the dates, what the dispense is on that day
    and a virus found, which are part of its key: what is kept cannot be out of date.
    """
    today = timezone.localdate()
    sent = [d for d in dispenses if d.status != Status.DRAFT]
    said = {d.number: _said(d, today) for d in sent}
    keys = {d.number: _key(d, said[d.number], first=d is dispenses[0]) for d in sent}
    kept: dict[str, str] = cache.get_many(keys.values())
    lacking = [d for d in dispenses if d.number in keys and keys[d.number] not in kept]
    if lacking:
        prefetch_related_objects(lacking, "events")
        prefetch_related_objects(
            [d for d in lacking if d.status == Status.AWAITING_COMPLEMENT], "complements__verdicts"
        )
        written = {keys[d.number]: _write(request, d, said[d.number], first=d is dispenses[0]) for d in lacking}
        cache.set_many(written, KEPT_SECONDS)
        kept |= written
    return [Card(html=mark_safe(kept[keys[d.number]])) if d.number in keys else _of_draft(d) for d in dispenses]


def _of_draft(dispense: Dispense) -> Card:
    return Card(
        draft=dispense,
        read_only=read_only_words(dispense.employee.employer),
        begun=Begun(
            status=dispense.status,
            since=dispense.status_at,
            has_virus=dispense.has_virus,
            employer=dispense.employee.employer.name,
            motif=dispense.motif.full_label if dispense.motif else "",
            comes_back_until=drafts.comes_back_until(dispense),
        ),
    )


@dataclass(frozen=True)
class Said:
    """What a card says that the day changes: what the dispense is, when the answer comes, what may be downloaded."""

    today: Today | None
    answer: str
    may_be_attested: bool


def _said(dispense: Dispense, today: date) -> Said:
    return Said(
        today=today_of(dispense, today) if dispense.status == Status.ACCEPTED else None,
        answer=promise.answer_words(dispense.status, dispense.answer_due_on, today),
        may_be_attested=attestation.may_be_attested(dispense, today),
    )


def _key(dispense: Dispense, day: Said, *, first: bool) -> str:
    dates = (dispense.effective_on, dispense.ends_on, dispense.confirm_by, dispense.unconfirmed_since)
    employer = dispense.employee.employer
    named = (dispense.employee.full_name, employer.name, read_only_words(employer))
    said = hash((*named, dispense.follows_id, day, *dates))
    stage = f"{dispense.status}:{dispense.status_at.timestamp()}:{dispense.has_virus:d}"
    return f"card:{dispense.number}:{stage}:{said}:{first:d}"


def _write(request: HttpRequest, dispense: Dispense, day: Said, *, first: bool) -> str:
    awaited = dispense.status == Status.AWAITING_COMPLEMENT
    complement = contents.open_complement(dispense) if awaited else None
    context = {
        "d": dispense,
        "first": first,
        "today": day.today,
        "answer": day.answer,
        "may_be_attested": day.may_be_attested,
        "read_only": read_only_words(dispense.employee.employer),
        "meaning": STATUSES[Status(dispense.status)].meaning,
        "effect": STATUSES[Status(dispense.status)].effect,
        "complement": complement,
        "verdicts": list(complement.verdicts.all()) if complement else [],
        "events": list(dispense.events.all()),
        "confirmed": any(event.transition == "confirm" for event in dispense.events.all()),
        "may_withdraw": any(move.name == "withdraw" for move in allowed(dispense.status, Role.EMPLOYEE)),
    }
    return render_to_string("dispenses/member/fragments/demande.html", context, request)

"""Chasing those who have something to do: a new link, or a word about a choice or a file, at once or on a chosen day.

Who is chased is settled when it is asked for, each with where they stood: whoever has moved since, has left or was
written to meanwhile is left out. It goes in pieces, each person once.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone

from accounts import messages
from accounts.enums import CompanyAct
from accounts.exceptions import SentTooOften
from accounts.listing import filtered, read_filters, uninvited
from accounts.models import (
    INVITATION_LIFETIME,
    CompanyEvent,
    Employee,
    Employer,
    Invitation,
    InvitationLink,
    ReminderRun,
    User,
    employed,
    insured,
)
from accounts.read_only import refuse_over
from accounts.services.invitations import guide_address, resend
from accounts.services.journal import note_act
from accounts.services.sending_days import send_at
from accounts.states import STATES, Standing
from notifications.messages import Message
from notifications.outbox import enqueue
from portal.lib import leases
from portal.lib.commits import after_commit
from portal.lib.hints import hint
from portal.lib.leases import Held, LeaseLost
from portal.lib.links import absolute, entrance
from portal.lib.typography import long_day

logger = logging.getLogger(__name__)

PAUSE_DAYS = 3
PAUSE = timedelta(days=PAUSE_DAYS)  # between two messages to one person, whoever sends them
LEASE = timedelta(minutes=5)
PIECE = 200
PIECES = 20  # of one task; the next sweep goes on
CHASED = tuple(state.standing for state in STATES if state.awaited[0])
# What the image of before would read of a chase: a filter that nobody meets, so that it sends nothing.
CLOSED_TO_BEFORE = "etablissement=aucun"
GONE, SETTLED, ON_PAPER, UNINVITED, RECENT = "gone", "settled", "on_paper", "uninvited", "recent"
NAMED = 30  # of those left out, by name


@dataclass(frozen=True)
class LeftOut:
    """Some whom a chase leaves out, for one of the five reasons. `names`: the first ones."""

    reason: str
    count: int
    names: list[str]


@dataclass(frozen=True)
class Proposal:
    """Whom a chase would reach: how many by where they stand, and the rest by reason."""

    counts: dict[Standing, int]
    left_out: list[LeftOut]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def _written_to(at: datetime) -> Q:
    """Employees to whom a link or a chase left in the days before `at`."""
    since = at - PAUSE
    links = InvitationLink.objects.filter(invitation__employee=OuterRef("pk"), created_at__gt=since)
    sent = Invitation.objects.filter(employee=OuterRef("pk"), sent_at__gt=since)
    chased = CompanyEvent.objects.filter(employee=OuterRef("pk"), act=CompanyAct.CHASED, at__gt=since)
    return Q(Exists(links)) | Q(Exists(sent)) | Q(Exists(chased))


def _why(at: datetime) -> Case:
    """Why an employee is left out of a chase that leaves at `at`; "" for who is chased."""
    day = timezone.localdate(at)
    return Case(
        When(~employed(day) | ~insured(day, "employer__"), then=Value(GONE)),
        When(~Q(standing__in=CHASED), then=Value(SETTLED)),
        When(standing=Standing.INVITED, professional_email="", then=Value(ON_PAPER)),
        When(uninvited(), then=Value(UNINVITED)),
        When(_written_to(at), then=Value(RECENT)),
        default=Value(""),
        output_field=CharField(),
    )


def propose(employees: QuerySet[Employee], at: datetime) -> Proposal:
    """Whom a chase of these employees would reach at `at`."""
    judged = employees.order_by().annotate(why=_why(at))
    found = list(judged.values_list("why", "standing").annotate(total=Count("pk")))
    counts = dict.fromkeys(CHASED, 0)
    reasons: dict[str, int] = {}
    for why, standing, total in found:
        if why:
            reasons[why] = reasons.get(why, 0) + total
        else:
            counts[Standing(standing)] = total
    names: dict[str, list[str]] = {}
    if reasons:
        for employee in judged.exclude(why="").order_by("why", "sort_name", "pk")[:NAMED]:
            names.setdefault(employee.why, []).append(employee.full_name)
    left_out = [
        LeftOut(why, reasons[why], names.get(why, []))
        for why in (RECENT, UNINVITED, ON_PAPER, SETTLED, GONE)
        if why in reasons
    ]
    return Proposal(counts, left_out)


def reached(employees: QuerySet[Employee], standing: Standing, at: datetime) -> Employee | None:
    """The first by name of those who stand there and whom a chase of these employees would reach at `at`."""
    found = employees.filter(standing=standing).annotate(why=_why(at)).filter(why="")
    return found.select_related("employer").order_by("sort_name", "pk").first()


def _chosen(employees: QuerySet[Employee], at: datetime) -> dict[str, list[int]]:
    """The keys of those whom a chase reaches, by where they stand, as a run keeps them."""
    found: dict[str, list[int]] = {str(standing.value): [] for standing in CHASED}
    for pk, standing in employees.annotate(why=_why(at)).filter(why="").order_by("pk").values_list("pk", "standing"):
        found[str(standing)].append(pk)
    return found


@transaction.atomic
def chase(
    *, employer: Employer, by: User, employees: QuerySet[Employee], day: date, now: datetime
) -> ReminderRun | None:
    """Chase those of `employees` whom `propose` names, on `day`. None when there is nobody.

    Raises ContractOver once the employer's contract is over.
    """
    refuse_over(employer)
    at = send_at(day, now)
    chosen = _chosen(employees.filter(employer=employer), at)
    total = sum(map(len, chosen.values()))
    if not total:
        return None
    run = ReminderRun.objects.create(
        employer=employer,
        asked_by=by,
        asked_at=now,
        filters=CLOSED_TO_BEFORE,
        chosen=chosen,
        due_at=at,
        leased_until=at if at > now else None,
    )
    if at > now:
        said = f"{total} salarié{'s' if total > 1 else ''}, le {long_day(day)}"
        note_act(act=CompanyAct.REMINDER_PLANNED, by=by, employer=employer, detail=said)
    else:
        after_commit(hint, work_on_reminders, run.pk)
    return run


def planned(employer: Employer) -> QuerySet[ReminderRun]:
    """The chases of an employer whose day is to come."""
    waiting = ReminderRun.objects.filter(employer=employer, finished_at__isnull=True, due_at__gt=timezone.now())
    return waiting.select_related("asked_by").order_by("due_at", "pk")


@transaction.atomic
def cancel_chase(*, run: ReminderRun, by: User) -> bool:
    """Give a planned chase up. False when it is too late."""
    now = timezone.now()
    waiting = ReminderRun.objects.filter(pk=run.pk, finished_at__isnull=True, due_at__gt=now, position=0)
    if not waiting.update(finished_at=now, cancelled_at=now):
        return False
    said = f"elle devait partir le {long_day(timezone.localdate(run.due_at))}"
    note_act(act=CompanyAct.REMINDER_CANCELLED, by=by, employer=run.employer, detail=said)
    return True


# What they read


def message_to(employee: Employee, standing: Standing) -> Message:
    """The mail of a chase to somebody who stands there. The link of an invitation is only named: each has their own."""
    name, employer = employee.full_name, employee.employer.name
    home = absolute(entrance("home"))
    if standing == Standing.ACTIVE:
        return messages.ChoiceAwaited(person_name=name, employer_name=employer, home_url=home)
    if standing == Standing.TO_COMPLETE:
        return messages.FileAwaited(person_name=name, employer_name=employer, home_url=home)
    return messages.Invitation(
        person_name=name,
        employer_name=employer,
        activation_url=absolute(reverse("activation", args=["lien-personnel"])),
        sign_in_url=absolute(reverse("connexion")),
        expires_on=timezone.localdate(timezone.now() + INVITATION_LIFETIME),
        guide_at=guide_address(employee.employer),
    )


# Sending


@shared_task(name="accounts.tasks.send_reminders")
def work_on_reminders(pk: int) -> None:
    """Send what one run still has to send, if nobody holds it."""
    held = leases.take(_unfinished(), pk, lease=LEASE)
    if held is None:
        return
    try:
        if held.row.chosen is None:  # asked for by its filter, before chases were settled beforehand
            asked = filtered(
                Employee.objects.filter(employer=held.row.employer, standing=Standing.INVITED),
                read_filters(held.row.filters),
                timezone.now(),
            )
            held.renew(chosen=_chosen(asked, timezone.now()))
        todo = sorted((pk, int(standing)) for standing, keys in (held.row.chosen or {}).items() for pk in keys)
        for _ in range(PIECES):
            if not _send_piece(held, todo):
                _finish(held)
                return
        held.give_back()
    except LeaseLost:
        logger.warning("Relance %s : reprise par un autre processus, ou annulée", pk)


def _unfinished() -> QuerySet[ReminderRun]:
    return ReminderRun.objects.filter(finished_at__isnull=True).select_related("employer", "asked_by")


def _send_piece(held: Held[ReminderRun], todo: Iterable[tuple[int, int]]) -> bool:
    """Send to the next ones; the position moves with each of them. False when there are none."""
    run = held.row
    piece = [one for one in todo if one[0] > run.position][:PIECE]
    for pk, standing in piece:
        with transaction.atomic():
            sent = _send(run, pk, Standing(standing))
            held.renew(position=pk, sent=F("sent") + int(sent))
    return bool(piece)


def _send(run: ReminderRun, pk: int, standing: Standing) -> bool:
    """Write to one of them, unless they have moved, left, or were written to since. Holds the employee."""
    now = timezone.now()
    mine = Employee.objects.filter(pk=pk, employer=run.employer_id, standing=standing)
    if not mine.select_for_update(no_key=True).exists():
        return False
    employee = mine.annotate(why=_why(now)).filter(why="").select_related("employer", "user").first()
    if employee is None:
        return False
    if standing == Standing.INVITED:
        try:
            return resend(employee=employee, by=run.asked_by) is not None
        except SentTooOften:
            return False
    if employee.user is None:
        return False
    enqueue(message_to(employee, standing), to=employee.user.email, dedup_key=f"chase:{run.pk}:{pk}")
    note_act(act=CompanyAct.CHASED, by=run.asked_by, employer=run.employer, employee=employee)
    return True


@transaction.atomic
def _finish(held: Held[ReminderRun]) -> None:
    run, now = held.row, timezone.now()
    held.finish(finished_at=now)
    run.refresh_from_db(fields=["sent"])
    if not run.sent:  # a double click: the first one sent it all
        return
    CompanyEvent.objects.create(
        employer=run.employer,
        act=CompanyAct.REMINDED,
        at=now,
        actor=run.asked_by,
        actor_label=run.asked_by.full_name,
        detail=_told(run),
    )


def _told(run: ReminderRun) -> str:
    """How many were written to, and how many had moved meanwhile."""
    chosen = {int(standing): len(keys) for standing, keys in (run.chosen or {}).items() if keys}
    several = run.sent > 1
    if set(chosen) == {Standing.INVITED}:
        said = f"{run.sent} nouveau{'x' if several else ''} lien{'s' if several else ''}"
    else:
        said = f"{run.sent} salarié{'s' if several else ''}"
    left = sum(chosen.values()) - run.sent
    return f"{said}, {left} laissé{'s' if left > 1 else ''} de côté depuis la demande" if left > 0 else said


@shared_task(name="accounts.tasks.sweep_reminders")
def sweep_reminders() -> int:
    """Take up the runs whose day has come, whose task was lost or whose worker died. Returns how many."""
    return leases.sweep(leases.due(_unfinished()).order_by("pk"), work_on_reminders, most=50)

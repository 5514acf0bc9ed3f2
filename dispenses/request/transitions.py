"""The one place where a status changes, and the lock that goes before."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import Employee, Employer, User
from accounts.read_only import read_only_words
from dispenses.enums import Pending
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense, PendingDecision, TimelineEvent
from dispenses.queue import rows, standing
from dispenses.request import endings, history, looks
from dispenses.request.webhooks import announce_move
from dispenses.workflow import STATUS_LABELS, TRANSITIONS, Role, Status

CENTRE_LABEL = "le centre de gestion"
SYSTEM_LABEL = "le portail"
HOLDS = 3
"""Times that a request is asked for, when it goes from one employee to another while it is waited for."""


def hold(requests: QuerySet[Dispense]) -> list[int]:
    """Lock them until the end of the transaction, the oldest first, as whoever locks several of an employee does.

    Returns their numbers. One that changed while it was waited for is left out when `requests` asks for it no more.
    """
    return list(requests.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


def lock(dispense: Dispense) -> Dispense:
    """The row as it is now, whatever the caller had read, with those of its employee: a decision moves others as well.

    Read once they are locked: a row joined to one that was waited for would be that of before the wait. One that went
    to another employee during the wait (dispenses.life.transfers) is not held: it is asked for again, with those of the
    other. Raises TransitionRefused for one that moves without end, and for a draft that was erased during the wait.
    """
    of_employee = Dispense.objects.filter(pk=dispense.pk).values("employee")
    held = any(dispense.pk in hold(Dispense.objects.filter(employee__in=of_employee)) for _ in range(HOLDS))
    found = (
        Dispense.objects.select_related("employee__employer", "employee__user", "motif").filter(pk=dispense.pk).first()
    )
    if found is None:
        raise TransitionRefused(
            f"La demande N°{dispense.pk} n’existe pas, ou n’existe plus. Rien n’a été modifié.", code=Code.CHANGED
        )
    if not held:
        raise TransitionRefused(
            f"La demande N°{found.number} change en ce moment. Rien n’a été modifié\xa0: réessayez.", code=Code.CHANGED
        )
    return found


def _actor_label(role: Role, user: User | None) -> str:
    if role is Role.STAFF:
        return CENTRE_LABEL
    return user.full_name if user else SYSTEM_LABEL


def refuse_over(employer: Employer) -> None:
    """Raises TransitionRefused, for an employee, once the insurer's contract of the employer is over."""
    if words := read_only_words(employer):
        raise TransitionRefused(words, code=Code.CONTRACT_OVER)


def check(dispense: Dispense, name: str, role: Role, reason: str) -> None:
    """Raises TransitionRefused unless the table lets `role` make the move from the row's present status."""
    transition = TRANSITIONS[name]
    label = STATUS_LABELS[Status(dispense.status)].lower()
    if role is not transition.role:
        raise TransitionRefused("Vous n’avez pas le droit de faire cette action.", code=Code.NOT_THEIRS)
    if dispense.status not in transition.sources:
        raise TransitionRefused(
            f"La demande N°{dispense.number} a changé entre-temps\xa0: son statut est maintenant «\xa0{label}\xa0». "
            "Rien n’a été modifié.",
            code=Code.CHANGED,
        )
    if transition.reason_required and not reason.strip():
        raise TransitionRefused("Indiquez la raison\xa0: elle sera transmise au salarié.", code=Code.REASON_MISSING)
    if role is Role.EMPLOYEE:
        refuse_over(dispense.employee.employer)


def apply(
    dispense: Dispense,
    name: str,
    *,
    role: Role,
    user: User | None,
    at: datetime,
    comment: str = "",
    files: list[str] | None = None,
    ends: endings.Moved | None = None,
    looked: str = "",
    **changes: Any,
) -> Dispense:
    """The one place where a status changes: check the table, update the locked row, write the event and the queue's
    row, announce them.

    `ends`: the ends of the dispense that the move adds, moves or takes away; `looked`: the causes of a second look that
    a decision is about, as dispenses.request.looks shows them, "" for all of them.
    """
    check(dispense, name, role, comment)
    if ends is not None:
        changes |= endings.columns(endings.with_moved(dispense, ends))
    source, target = dispense.status, TRANSITIONS[name].target
    if role is Role.STAFF:
        changes |= looks.settle(dispense, at, looked)
    dispense.status, dispense.status_at = target.value, at
    for field, value in changes.items():
        setattr(dispense, field, value)
    event = TimelineEvent(
        transition=name,
        from_status=source,
        to_status=target.value,
        at=at,
        actor=user,
        actor_label=_actor_label(role, user),
        comment=comment,
        files=files or [],
    )
    history.append(dispense, event)
    dispense.save(update_fields=["status", "status_at", "updated_at", *history.SEALED, *changes])
    PendingDecision.objects.filter(dispense=dispense, state=Pending.WAITING).update(
        state=Pending.VOID, settled_at=at, told=f"La demande a changé entre-temps\xa0: {event.label.lower()}."
    )
    rows.record(dispense, at=at, role=role)
    standing.record(Employee.objects.filter(pk=dispense.employee_id))
    announce_move(dispense, event)
    return dispense


def close_complement(dispense: Dispense, at: datetime) -> None:
    dispense.complements.filter(answered_at__isnull=True, closed_at__isnull=True).update(closed_at=at)


def due_now(due: QuerySet[Dispense]) -> Iterator[Dispense]:
    """The requests of `due` by their number alone, each to be locked in its turn.

    Looked for once, their numbers read together, forty bytes each: sorted by PostgreSQL a batch at a time, it would
    read the requests in their order, all of them, rather than through the index of what is due.
    """
    yield from (Dispense(number=number) for number in sorted(due.order_by().values_list("pk", flat=True)))


def sweep(due: QuerySet[Dispense], act: Callable[..., object]) -> int:
    """Do `act` to every request of `due`, which locks it first. Returns how many it was done to."""
    done = 0
    for dispense in due_now(due):
        try:
            act(dispense=dispense)
        except TransitionRefused:  # another sweep won, or the person acted meanwhile, be it to erase it
            continue
        done += 1
    return done

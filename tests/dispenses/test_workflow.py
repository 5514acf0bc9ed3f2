"""Every status × transition × role: what the table allows happens, everything else changes nothing."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from accounts.models import User
from dispenses.enums import EndCause
from dispenses.exceptions import Code, TransitionRefused
from dispenses.life import changing, confirming
from dispenses.models import Dispense, TimelineEvent
from dispenses.request import ending, sending, transitions
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.content import Content
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reinstate import ReinstateContent
from dispenses.request.decisions.reopen import ReopenContent
from dispenses.request.decisions.uphold import UpholdContent
from dispenses.workflow import (
    OPEN_STATUSES,
    STATUS_LABELS,
    STATUSES,
    TRANSITIONS,
    Role,
    Status,
    allowed,
    mermaid,
)
from notifications.models import OutgoingEmail
from portal.icons import ICONS
from tests.factories import DispenseFactory, StaffFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db

# The process as the portal promises it, written apart from the table.
EXPECTED = {
    ("draft", "submit", "employee"): "in_progress",
    ("in_progress", "request_complement", "staff"): "awaiting_complement",
    ("awaiting_complement", "complete", "employee"): "in_progress",
    ("in_progress", "accept", "staff"): "accepted",
    ("in_progress", "refuse", "staff"): "refused",
    ("awaiting_complement", "refuse", "staff"): "refused",
    ("in_progress", "withdraw", "employee"): "withdrawn",
    ("awaiting_complement", "withdraw", "employee"): "withdrawn",
    ("accepted", "uphold", "staff"): "accepted",
    ("accepted", "reopen", "staff"): "in_progress",
    ("refused", "reopen", "staff"): "in_progress",
    ("accepted", "replace", "system"): "accepted",
    ("accepted", "restore", "system"): "accepted",
    ("ended", "restore", "system"): "accepted",
    ("accepted", "date_end", "system"): "accepted",
    ("in_progress", "lapse", "system"): "withdrawn",
    ("awaiting_complement", "lapse", "system"): "withdrawn",
    ("accepted", "flag_proof", "system"): "accepted",
    ("accepted", "confirm", "employee"): "accepted",
    ("accepted", "announce_end", "employee"): "accepted",
    ("accepted", "end", "system"): "ended",
    ("ended", "reinstate", "staff"): "accepted",
}


LATER = timezone.localdate() + timedelta(days=90)
DECIDED: dict[str, Content] = {
    "request_complement": ComplementContent(message="Il manque une pièce."),
    "accept": AcceptContent(),
    "refuse": RefuseContent(reason="Document non conforme.", rule="art. D911-2", de_droit=True),
    "uphold": UpholdContent(reason="Le salarié était déjà là."),
    "reopen": ReopenContent(reason="Erreur de lecture."),
    "reinstate": ReinstateContent(ends_on=LATER, reason="Fin saisie par erreur."),
}


SILENT = {"replace", "restore", "date_end", "lapse", "flag_proof", "uphold"}
"""Moves without a mail: what brings them about tells it, the employee has left, or nothing changes for anybody."""


def call(name: str, dispense: Dispense, staff: User) -> Dispense:
    if name == "uphold":
        Dispense.objects.filter(pk=dispense.pk).update(look_on=timezone.localdate())
    if name in DECIDED:
        return decide(DECIDED[name], dispense=dispense, user=staff)
    if name in SILENT:
        move = {"role": Role.SYSTEM, "user": None, "at": timezone.now(), "comment": "N°20001"}
        return transitions.apply(transitions.lock(dispense), name, **move)
    if name == "confirm":
        Dispense.objects.filter(pk=dispense.pk).update(confirm_by=timezone.localdate())
        confirming.confirm(dispense=dispense, user=dispense.employee.user)
        return dispense
    if name == "announce_end":
        day = {"last_day": timezone.localdate(), "cause": EndCause.GIVEN_UP, "reason": changing.GIVEN_UP}
        return changing.announce(dispense=dispense, user=dispense.employee.user, **day)
    if name == "end":
        return ending.end(dispense=dispense, reason="Fin de la couverture.")
    act = {"submit": sending.submit, "complete": sending.complete, "withdraw": sending.withdraw}[name]
    return act(dispense=dispense, user=dispense.employee.user)


@pytest.mark.parametrize(("status", "name"), list(product(Status, TRANSITIONS)))
def test_services_follow_the_process(status: Status, name: str) -> None:
    staff = StaffFactory()
    dispense = DispenseFactory(stage=status, staff=staff)
    events, mails = TimelineEvent.objects.count(), OutgoingEmail.objects.count()
    target = next((t for (s, n, _), t in EXPECTED.items() if (s, n) == (status, name)), None)
    if target is None:
        with refused(TransitionRefused, Code.CHANGED, words="N°"):
            call(name, dispense, staff)
        dispense.refresh_from_db()
        assert dispense.status == status
        assert TimelineEvent.objects.count() == events
        assert OutgoingEmail.objects.count() == mails
    else:
        call(name, dispense, staff)
        dispense.refresh_from_db()
        assert dispense.status == target
        event = dispense.events.first()
        assert (event.transition, event.from_status, event.to_status) == (name, status, target)
        assert event.at == dispense.status_at
        assert (OutgoingEmail.objects.count() > mails) is (name not in SILENT)


@pytest.mark.parametrize(("status", "name", "role"), list(product(Status, TRANSITIONS, Role)))
def test_table_is_the_promised_process(status: Status, name: str, role: Role) -> None:
    target = EXPECTED.get((status.value, name, role.value))
    moves = {move.name: move.target.value for move in allowed(status, role)}
    assert moves.get(name) == target


@pytest.mark.parametrize(("status", "name", "role"), list(product(Status, TRANSITIONS, Role)))
def test_wrong_role_is_refused_by_the_mechanism(status: Status, name: str, role: Role) -> None:
    if TRANSITIONS[name].role is role:
        assert allowed(status, role) == [t for t in allowed(status, role) if status in t.sources]
        return
    dispense = Dispense(number=1, status=status.value)
    with refused(TransitionRefused, Code.NOT_THEIRS):
        transitions.check(dispense, name, role, "raison")


@pytest.mark.parametrize("name", [t.name for t in TRANSITIONS.values() if t.reason_required])
@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_reason_is_required(name: str, reason: str) -> None:
    status = TRANSITIONS[name].sources[0]
    dispense = Dispense(number=1, status=status.value)
    with refused(TransitionRefused, Code.REASON_MISSING):
        transitions.check(dispense, name, TRANSITIONS[name].role, reason)


def test_refusal_needs_the_rule_relied_on() -> None:
    dispense = DispenseFactory(in_progress=True)
    with refused(TransitionRefused, Code.RULE_MISSING, field="rule"):
        decide(RefuseContent(reason="Non conforme", rule=" ", de_droit=True), dispense=dispense, user=StaffFactory())


def test_every_status_is_declared_whole() -> None:
    assert set(STATUSES) == set(Status)
    assert set(OPEN_STATUSES) < set(Status)
    assert STATUS_LABELS[Status.ACCEPTED] == "Traitée"
    for facts in STATUSES.values():
        assert facts.label
        assert facts.meaning
        assert {facts.badge.icon, facts.event_icon} <= ICONS.keys()
    assert len({facts.label for facts in STATUSES.values()}) == len({f.badge.icon for f in STATUSES.values()}) == 7


def test_diagram_shows_every_transition() -> None:
    diagram = mermaid()
    for (source, name, role), target in EXPECTED.items():
        assert f"{source} --> {target} : {name} ({role})" in diagram

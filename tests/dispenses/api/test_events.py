"""Each change of state is written for the employer's software by what changes it, whoever calls."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import services
from accounts.owners import webhook_owner
from accounts.services import departures
from dispenses.api.schemas import END_CAUSES
from dispenses.enums import EndCause
from dispenses.exceptions import Code, TransitionRefused
from dispenses.life import changing, ends
from dispenses.models import Dispense
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.registry import decide
from dispenses.request.webhooks import CAUSES
from dispenses.workflow import Status
from notifications.models import OutgoingCall, WebhookEndpoint
from notifications.models.webhooks import PURPOSE
from notifications.webhooks.signing import mint_secret
from portal.lib.sealing import seal
from tests.factories import (
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    EmployerFactory,
    InvitationFactory,
    StaffFactory,
    UserFactory,
    advance,
)
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def employer():
    """An employer whose software listens."""
    employer = EmployerFactory()
    listen(employer)
    return employer


def listen(employer):
    WebhookEndpoint.objects.create(
        owner=webhook_owner(employer.pk), url="https://sirh.exemple.fr/", sealed_secret=seal(mint_secret(), PURPOSE)
    )


def told():
    return [json.loads(call.body) for call in OutgoingCall.objects.order_by("pk")]


@pytest.mark.parametrize(
    ("stage", "types"),
    [
        (Status.IN_PROGRESS, ["dispense.submitted"]),
        (Status.AWAITING_COMPLEMENT, ["dispense.submitted", "dispense.complement_requested"]),
        (Status.ACCEPTED, ["dispense.submitted", "dispense.accepted"]),
        (Status.REFUSED, ["dispense.submitted", "dispense.refused"]),
        (Status.WITHDRAWN, ["dispense.submitted", "dispense.withdrawn"]),
        (Status.ENDED, ["dispense.submitted", "dispense.accepted", "dispense.ended"]),
    ],
)
def test_moves_of_a_request(employer, stage, types):
    dispense = DispenseFactory(employee__employer=employer)
    advance(dispense, stage)

    assert [event["type"] for event in told()] == types
    states = {"in_progress": "en_cours", "awaiting_complement": "a_completer", "accepted": "dispense"}
    last = told()[-1]["data"]
    assert last["employee"] == {
        "id": dispense.employee_id,
        "matricule": dispense.matricule,
        "state": states.get(stage.value, "a_affilier"),
    }
    assert last["dispense"]["number"] == dispense.number
    assert last["dispense"]["status"] == stage.value


def days(event):
    return [event["data"]["dispense"][name] for name in ("effective_on", "ends_on", "affiliation_due_on")]


def test_days_are_told_once_granted(employer):
    dispense = DispenseFactory(employee__employer=employer, accepted=True)
    dispense.refresh_from_db()
    today = timezone.localdate()
    eve, before = today - timedelta(days=1), today - timedelta(days=30)
    Dispense.objects.update(effective_on=before, ends_on=eve)
    ends.end_dispenses()

    sent, accepted, ended = told()
    assert days(sent) == [None, None, None]
    assert days(accepted) == [dispense.effective_on.isoformat(), None, None]
    assert days(ended) == [before.isoformat(), eve.isoformat(), today.isoformat()]


def test_nobody_is_to_be_affiliated_when_another_dispense_follows(employer):
    today = timezone.localdate()
    former = DispenseFactory(employee__employer=employer, accepted=True)
    Dispense.objects.update(effective_on=today - timedelta(days=30))
    asked = DispenseFactory(employee=former.employee, in_progress=True)
    begins = AcceptContent(effective_on=today + timedelta(days=9), effective_reason="Plus tard.")
    latter = decide(begins, dispense=asked, user=StaffFactory())

    eve = (today + timedelta(days=8)).isoformat()
    *_, replaced, accepted = told()
    assert (replaced["type"], days(replaced)[1:]) == ("dispense.updated", [eve, None])
    assert days(accepted)[0] == latter.effective_on.isoformat()


def cause(event):
    return event["type"], event["data"]["dispense"]["end_cause"], days(event)[2]


@pytest.mark.time_machine("2026-11-23T09:00:00+01:00", tick=False)
def test_an_end_says_why_and_whether_an_affiliation_is_due(employer):
    today = timezone.localdate()
    eve, by = today - timedelta(days=1), CorrespondentFactory(employer=employer).user
    for _ in range(3):
        DispenseFactory(employee__employer=employer, accepted=True)
    Dispense.objects.update(effective_on=today - timedelta(days=30))
    leaver, given_up, affiliated = Dispense.objects.order_by("pk")
    Dispense.objects.filter(pk=affiliated.pk).update(ends_on=eve, end_cause=EndCause.RULE)
    before = len(told())
    departures.declare_departure(employee=leaver.employee, by=by, left_on=eve)
    changing.announce(
        dispense=given_up, user=given_up.employee.user, last_day=eve, cause=EndCause.GIVEN_UP, reason="J’adhère."
    )
    departures.declare_affiliation(employee=affiliated.employee, by=by, affiliated_on=today)
    ends.end_dispenses()
    ended = [cause(event) for event in told()[before:] if event["type"] == "dispense.ended"]
    assert ended == [
        ("dispense.ended", "departure", None),
        ("dispense.ended", "employee", today.isoformat()),
        ("dispense.ended", "rule", None),
    ]


def test_each_cause_has_its_word_and_each_word_is_explained():
    assert set(CAUSES) == set(EndCause)
    assert set(CAUSES.values()) == set(END_CAUSES)


def test_events_say_nothing_of_the_motif(employer):
    dispense = DispenseFactory(employee__employer=employer)
    advance(dispense, Status.REFUSED)

    text = "".join(OutgoingCall.objects.values_list("body", flat=True))
    for secret in ("conjoint", "Mutuelle du Lac", "attestation", "D911-2", dispense.employee.last_name, "@"):
        assert secret not in text


def test_refused_move_says_nothing(employer):
    dispense = DispenseFactory(employee__employer=employer, accepted=True)
    before = OutgoingCall.objects.count()
    with refused(TransitionRefused, Code.CHANGED):
        decide(AcceptContent(), dispense=dispense, user=StaffFactory())

    assert OutgoingCall.objects.count() == before


@pytest.mark.parametrize("way", ["activate", "attach"])
def test_account_activated(employer, way):
    invitation = InvitationFactory(employee=EmployeeFactory(employer=employer))
    services.register(invitation=invitation, personal_email="", marketing_consent=False)
    if way == "activate":
        services.activate(invitation=invitation, password="motdepasse-solide-1", code="")
    else:
        employee = invitation.employee
        user = UserFactory(first_name=employee.first_name, last_name=employee.last_name)
        services.attach(invitation=invitation, user=user)

    (event,) = told()
    assert (event["type"], event["data"]["employee"]["state"]) == ("employee.activated", "active")
    assert event["data"]["dispense"] is None


def test_invitations_expired_are_told_once_to_who_listens(employer):
    mine = [InvitationFactory(employee=EmployeeFactory(employer=employer)) for _ in range(3)]
    InvitationFactory()
    later = timezone.now() + timedelta(days=61)

    assert services.expire_invitations(later) == 4
    assert services.expire_invitations(later) == 0

    assert [event["type"] for event in told()] == ["invitation.expired"] * 3
    assert {event["data"]["employee"]["id"] for event in told()} == {invitation.employee_id for invitation in mine}


def test_employer_without_address_writes_nothing(employer):
    DispenseFactory(accepted=True)

    assert told() == []

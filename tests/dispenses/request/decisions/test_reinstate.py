"""A wrong end, cancelled by the centre with its reason."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dispenses.enums import EndCause
from dispenses.exceptions import Code, TransitionRefused
from dispenses.life.confirmations import flag_proofs
from dispenses.life.ends import end_dispenses
from dispenses.models import Dispense, PendingDecision
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reinstate import ReinstateContent
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.dispenses.life.conftest import _no_worker, clock  # noqa: F401 – its fixtures
from tests.dispenses.life.granted import DAY, LAW, granted, mail, mails
from tests.ending import ending
from tests.factories import DispenseFactory, LeadFactory, StaffFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db
LATER = DAY + timedelta(days=100)


def ended(**fields: Any) -> Dispense:
    dispense = granted(**{"ends_on": DAY - timedelta(days=1), **fields})
    assert end_dispenses() == 1
    OutgoingEmail.objects.all().delete()
    return Dispense.objects.get(pk=dispense.pk)


def reinstate(dispense: Dispense, ends_on: date | None = None, reason: str = "Attestation mal lue.") -> Dispense:
    return decide(ReinstateContent(ends_on=ends_on, reason=reason), dispense=dispense, user=LeadFactory())


def test_it_goes_on_as_if_it_had_not_ended() -> None:
    dispense = reinstate(ended(), LATER)
    assert (dispense.status, dispense.ends_on, dispense.end_cause) == (Status.ACCEPTED, LATER, EndCause.RULE)
    assert (dispense.effective_on, dispense.decided_by is None) == (DAY - timedelta(days=730), False)
    event = dispense.events.first()
    assert (event.label, event.comment) == ("Fin annulée", "Attestation mal lue.")
    assert end_dispenses() == 0


def test_both_are_told_each_time() -> None:
    dispense = reinstate(ended(), LATER)
    assert mails(dispense) == ["dispense_reinstated", "reinstated_to_correspondent"]
    assert "rétablie, jusqu’au 18\xa0juin\xa02027" in mail("dispense_reinstated").text_body
    assert "l’affiliation annoncée n’est pas due" in mail("reinstated_to_correspondent").text_body
    assert "Attestation mal lue" not in mail("reinstated_to_correspondent").text_body
    Dispense.objects.filter(pk=dispense.pk).update(**ending(DAY - timedelta(days=1)))
    assert end_dispenses() == 1
    reinstate(dispense, LATER)
    assert mails(dispense) == [
        "dispense_reinstated",
        "reinstated_to_correspondent",
        "dispense_ended",
        "affiliation_due",
        "dispense_reinstated",
        "reinstated_to_correspondent",
    ]


@pytest.mark.parametrize("own", [None, LATER])
def test_its_own_end_is_given_back(own: date | None) -> None:
    others = {"rule": own} if own else {}
    dispense = reinstate(ended(**ending(DAY - timedelta(days=1), "given_up", **others)))
    assert (dispense.ends_on, dispense.end_cause) == (own, EndCause.RULE if own else "")


def test_a_confirmation_that_is_past_is_asked_again() -> None:
    dispense = reinstate(ended(code=LAW, ends_on=None, confirm_by=DAY - timedelta(days=1)))
    assert (dispense.ends_on, dispense.confirm_by) == (None, DAY + timedelta(days=60))
    assert (end_dispenses(), flag_proofs()) == (0, 0)
    assert "sans date de fin connue" in mail("dispense_reinstated").text_body


@pytest.mark.parametrize(
    ("ends_on", "code"),
    [
        (None, Code.END_IN_THE_PAST),
        (DAY - timedelta(days=1), Code.END_IN_THE_PAST),
        (date(2039, 1, 1), Code.END_TOO_FAR),
    ],
)
def test_an_end_that_cannot_be_is_refused(ends_on: date | None, code: Code) -> None:
    dispense = ended()
    with refused(TransitionRefused, code, field="ends_on"):
        reinstate(dispense, ends_on)
    assert mails(dispense) == []


def test_the_reason_is_asked_for() -> None:
    with refused(TransitionRefused, Code.REASON_MISSING):
        reinstate(ended(), LATER, reason=" ")


def test_refused_while_another_dispense_is_in_force() -> None:
    dispense = ended()
    other = DispenseFactory(employee=dispense.employee, accepted=True)
    with refused(TransitionRefused, Code.ANOTHER_REQUEST, words=f"N°{other.number} est en vigueur"):
        reinstate(dispense, LATER)


def test_an_open_request_goes_on_beside_it() -> None:
    dispense = ended()
    DispenseFactory(employee=dispense.employee, in_progress=True)
    assert reinstate(dispense, LATER).status == Status.ACCEPTED


@pytest.mark.parametrize(("left_in", "field"), [(-1, ""), (10, "ends_on")])
def test_no_dispense_lasts_after_the_last_day_at_work(left_in: int, field: str) -> None:
    dispense = ended()
    dispense.employee.left_on = DAY + timedelta(days=left_in)
    dispense.employee.save()
    with refused(TransitionRefused, Code.END_TOO_FAR if field else Code.END_IN_THE_PAST, field=field):
        reinstate(dispense, LATER)


@pytest.mark.parametrize(("person", "shown"), [(LeadFactory, True), (StaffFactory, False)])
def test_it_is_offered_to_who_may_reopen(client: Client, person: Any, shown: bool, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    dispense = ended()
    client.force_login(person())
    page = client.get(reverse("admin:dispenses_dispense_change", args=[dispense.number])).content.decode()
    assert ("Rétablir la dispense" in page) is shown
    url = reverse("admin:dispenses_dispense_decision", args=[dispense.number, "reinstate"])
    data = {
        "reinstate-seen": dispense.status_at.isoformat(),
        "reinstate-ends_on": LATER.isoformat(),
        "reinstate-reason": "Attestation mal lue.",
    }
    client.post(url, data)
    assert PendingDecision.objects.filter(name="reinstate").exists() is shown

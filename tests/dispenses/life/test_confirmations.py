"""What comes of silence: an end where the law asks, a flag where prudence does; what puts the day off."""

from datetime import timedelta
from typing import Any

import pytest

from dispenses.enums import EndCause
from dispenses.life.confirmations import awaited, deadline, flag_proofs
from dispenses.life.ends import end_dispenses
from dispenses.models import Dispense
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.dispenses.life.granted import DAY, LAW, complement, granted, mail, mails
from tests.dispenses.request.test_races import together
from tests.factories import ActeFactory

pytestmark = pytest.mark.django_db


def days(count: int) -> timedelta:
    return timedelta(days=count)


def run() -> tuple[int, int]:
    """How many were ended, and flagged."""
    return end_dispenses(), flag_proofs()


@pytest.mark.parametrize(("late", "settled"), [(-1, False), (0, False), (1, True), (8, True), (400, True)])
def test_silence_under_the_law_ends_on_the_day_of_the_confirmation(late: int, settled: bool) -> None:
    confirm_by = DAY - days(late)
    dispense = granted(code=LAW, confirm_by=confirm_by)
    assert run() == (int(settled), 0)
    dispense.refresh_from_db()
    if not settled:
        assert (dispense.status, dispense.ends_on) == (Status.ACCEPTED, None)
        return
    assert (dispense.status, dispense.ends_on) == (Status.ENDED, confirm_by)
    assert (dispense.end_cause, dispense.ends.keys()) == (EndCause.UNCONFIRMED, {"unconfirmed"})
    assert mails(dispense) == ["dispense_ended", "affiliation_due"]
    assert run() == (0, 0)


@pytest.mark.parametrize(("late", "settled"), [(-1, False), (0, False), (1, True), (8, True), (400, True)])
def test_silence_under_prudence_flags(late: int, settled: bool) -> None:
    confirm_by = DAY - days(late)
    dispense = granted(confirm_by=confirm_by)
    assert run() == (0, int(settled))
    dispense.refresh_from_db()
    assert (dispense.status, dispense.ends_on) == (Status.ACCEPTED, None)
    assert dispense.unconfirmed_since == (confirm_by + days(1) if settled else None)
    assert mails(dispense) == (["proof_to_renew", "proof_to_check"] if settled else [])
    assert run() == (0, 0)
    if settled:
        event = dispense.events.first()
        assert (event.transition, event.label) == ("flag_proof", "Preuve annuelle à renouveler")


def test_the_mails_of_a_flag_are_of_prudence() -> None:
    granted(confirm_by=DAY - days(1))
    run()
    assert "Votre dispense" in mail("proof_to_renew").text_body
    assert "continue" in mail("proof_to_renew").text_body
    said = mail("proof_to_check").text_body
    assert "demandée par l’assureur, par prudence" in said
    assert "C’est à vous de vérifier" in said
    assert "À prévenir par vous" not in said


def test_a_flag_of_somebody_without_an_account_says_so() -> None:
    dispense = granted(confirm_by=DAY - days(1))
    dispense.employee.user, dispense.employee.activated_at = None, None
    dispense.employee.save()
    run()
    assert mails(dispense) == ["proof_to_check"]
    assert "À prévenir par vous" in mail("proof_to_check").text_body


def test_an_end_that_comes_first_is_the_end(clock: Any) -> None:
    """However late the run: the confirmation of the law came due first, or the end did."""
    silent = granted(code=LAW, confirm_by=DAY + days(10), ends_on=DAY + days(20))
    over = granted(code=LAW, confirm_by=DAY + days(20), ends_on=DAY + days(10))
    both = granted(code=LAW, confirm_by=DAY + days(10), ends_on=DAY + days(10))
    clock.move_to(DAY + days(400))
    assert run() == (3, 0)
    found = {one.pk: (one.ends_on, one.end_cause) for one in Dispense.objects.all()}
    assert found == {
        silent.pk: (DAY + days(10), EndCause.UNCONFIRMED),
        over.pk: (DAY + days(10), EndCause.RULE),
        both.pk: (DAY + days(10), EndCause.RULE),
    }
    assert Dispense.objects.get(pk=silent.pk).ends["rule"] == (DAY + days(20)).isoformat()


def test_what_is_over_is_not_flagged(clock: Any) -> None:
    dispense = granted(confirm_by=DAY + days(10), ends_on=DAY + days(20))
    clock.move_to(DAY + days(400))
    assert (flag_proofs(), end_dispenses()) == (0, 1)
    assert mails(dispense) == ["dispense_ended", "affiliation_due"]


def test_an_acte_that_asks_nothing_flags_nothing() -> None:
    dispense = granted(confirm_by=DAY - days(1))
    ActeFactory(employer=dispense.employee.employer, yearly_policies=["conjoint:nothing"])
    assert run() == (0, 0)


@pytest.mark.parametrize(
    ("asked", "answered", "expected"),
    [
        (-5, 3, 33),  # its day came while the answer was awaited
        (0, 0, 30),
        (-5, 0, 30),
        (-5, -1, 0),
        (1, 9, 0),  # asked once its day was past
        (-5, None, None),
        (1, None, 0),
    ],
)
def test_a_complement_puts_it_off(asked: int, answered: int | None, expected: int | None) -> None:
    dispense = granted(confirm_by=DAY)
    complement(dispense.employee, DAY + days(asked), None if answered is None else DAY + days(answered))
    assert deadline(dispense) == (None if expected is None else DAY + days(expected))


def test_the_law_waits_for_the_complement_too(clock: Any) -> None:
    dispense = granted(code=LAW, confirm_by=DAY)
    asked = complement(dispense.employee, DAY - days(2))
    clock.move_to(DAY + days(20))
    assert run() == (0, 0)
    asked.answered_at = asked.asked_at + days(12)
    asked.save()
    clock.move_to(DAY + days(40))
    assert run() == (0, 0)
    clock.move_to(DAY + days(41))
    assert run() == (1, 0)
    dispense.refresh_from_db()
    assert dispense.ends_on == DAY + days(40)


def test_one_that_gives_way_to_another_is_left_alone() -> None:
    other = granted()
    dispense = granted(code=LAW, confirm_by=DAY - days(3), superseded_by=other, ends_on=DAY + days(5))
    assert run() == (0, 0)
    assert mails(dispense) == []


@pytest.mark.parametrize(("confirm_in", "expected"), [(61, False), (60, True), (-1, True)])
def test_to_confirm_is_a_question_to_the_rows(confirm_in: int, expected: bool) -> None:
    granted(confirm_by=DAY + days(confirm_in))
    assert Dispense.objects.filter(awaited(DAY)).exists() is expected


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_beats_settle_once() -> None:
    granted(confirm_by=DAY - days(1))
    granted(code=LAW, confirm_by=DAY - days(1))
    OutgoingEmail.objects.all().delete()
    together(*[end_dispenses, flag_proofs] * 2)
    assert OutgoingEmail.objects.count() == 4


def test_the_mails_of_a_proof_to_renew_say_until_when_it_was_asked() -> None:
    granted(confirm_by=DAY - days(1))
    assert flag_proofs() == 1
    assert {kind: "9 mars 2027" in mail(kind).text_body for kind in ("proof_to_renew", "proof_to_check")} == {
        "proof_to_renew": True,
        "proof_to_check": True,
    }

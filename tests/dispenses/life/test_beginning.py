"""A dispense granted for a later day that its employee gives up before: it never begins."""

from datetime import date, timedelta

import pytest

from accounts.services import declare_departure
from accounts.states import Standing
from dispenses.enums import EndCause
from dispenses.exceptions import Code, TransitionRefused
from dispenses.life import beginning, changing
from dispenses.life.ends import end_dispenses
from dispenses.life.today import due_on, today_of
from dispenses.models import Dispense
from dispenses.queue import rows, standing
from dispenses.queue.payroll import granted_to, told_on
from dispenses.request import history
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reinstate import ReinstateContent
from notifications.models import OutgoingEmail
from tests.dispenses.life.conftest import Clock
from tests.dispenses.life.granted import DAY, granted, mail, mails
from tests.factories import DispenseFactory, LeadFactory, StaffFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db

BEGINS = DAY + timedelta(days=20)
EVE = BEGINS - timedelta(days=1)
OWN_END = DAY + timedelta(days=200)


def to_come(former: Dispense) -> Dispense:
    """A dispense granted for BEGINS, which takes over from the `former` one."""
    asked = DispenseFactory(employee=former.employee, in_progress=True)
    content = AcceptContent(effective_on=BEGINS, effective_reason="Le jour.")
    latter: Dispense = decide(content, dispense=asked, user=StaffFactory())
    OutgoingEmail.objects.all().delete()
    return latter


def say(dispense: Dispense, last_day: date = EVE, cause: EndCause = EndCause.GIVEN_UP) -> Dispense:
    user = dispense.employee.user
    return changing.announce(dispense=dispense, user=user, last_day=last_day, cause=cause, reason="Je le dis.")


def again(dispense: Dispense) -> Dispense:
    return Dispense.objects.get(pk=dispense.pk)


def end_of(dispense: Dispense) -> tuple[str, date | None, str]:
    found = again(dispense)
    return found.status, found.ends_on, found.end_cause


@pytest.mark.parametrize("cause", [EndCause.GIVEN_UP, EndCause.SITUATION])
def test_it_is_over_at_once_and_both_are_told_by_one_mail(cause: EndCause) -> None:
    dispense = granted(effective_on=BEGINS)
    rows.rebuild()
    say(dispense, cause=cause)
    assert end_of(dispense) == ("ended", EVE, cause)
    assert mails(dispense) == ["never_begins", "never_begins_to_correspondent"]
    for kind in mails(dispense):
        assert "à partir du 30 mars 2027" in mail(kind).text_body
    assert again(dispense).employee.standing == Standing.TO_AFFILIATE
    days = granted_to([dispense.employee_id])[dispense.employee_id]
    assert not told_on(BEGINS, days).dispensed
    assert due_on(again(dispense), DAY) == BEGINS
    assert "ne commence pas" in today_of(again(dispense), DAY).title
    assert (end_dispenses(), rows.differences(), standing.differences()) == (0, [], [])
    assert list(history.verify()) == []


def test_whoever_joins_gives_up_what_it_was_to_replace_from_the_same_day(clock: Clock) -> None:
    former = granted(ends_on=OWN_END)
    latter = to_come(former)
    say(latter)
    assert end_of(latter) == ("ended", EVE, "given_up")
    assert end_of(former) == ("accepted", EVE, "given_up")
    assert again(former).superseded_by is None
    clock.move_to(BEGINS)
    assert end_dispenses() == 1
    assert "affiliation_due" in mails(former)


def test_whoever_changes_keeps_what_still_lets_off() -> None:
    former = granted(ends_on=OWN_END)
    latter = to_come(former)
    say(latter, cause=EndCause.SITUATION)
    assert end_of(former) == ("accepted", OWN_END, "rule")
    assert again(former).superseded_by is None
    assert f"La dispense N°{former.number}, qu’elle devait remplacer, continue." in mail("never_begins").text_body
    assert "affiliation" not in mail("never_begins_to_correspondent").text_body
    assert due_on(again(latter), DAY) is None
    assert again(former).employee.standing == Standing.DISPENSED


def test_what_ends_before_that_day_changes_nothing() -> None:
    former = granted(ends_on=EVE - timedelta(days=3))
    latter = to_come(former)
    say(latter)
    assert end_of(former) == ("accepted", EVE - timedelta(days=3), "rule")
    follows = beginning.what_follows(latter, EndCause.SITUATION)
    assert (follows.goes_on, follows.affiliation_due_on) == (None, BEGINS)


def test_on_its_first_day_it_has_begun(clock: Clock) -> None:
    dispense = granted(effective_on=BEGINS)
    clock.move_to(BEGINS)
    with refused(TransitionRefused, Code.END_BEFORE_START, field="last_day"):
        say(dispense)
    say(dispense, BEGINS)
    assert end_of(dispense) == ("accepted", BEGINS, "given_up")


def test_a_day_before_the_eve_is_no_answer() -> None:
    dispense = granted(effective_on=BEGINS)
    with refused(TransitionRefused, Code.END_BEFORE_START, field="last_day", words="pour qu’elle ne commence pas"):
        say(dispense, EVE - timedelta(days=1))


def test_a_later_day_is_an_end_as_any_other() -> None:
    dispense = granted(effective_on=BEGINS)
    say(dispense, BEGINS)
    assert end_of(dispense) == ("accepted", BEGINS, "given_up")
    say(dispense, EVE)
    assert end_of(dispense) == ("ended", EVE, "given_up")


def test_the_centre_cancels_it_when_it_was_a_slip() -> None:
    dispense = granted(effective_on=BEGINS)
    say(dispense)
    decide(ReinstateContent(reason="Erreur."), dispense=again(dispense), user=LeadFactory())
    assert end_of(dispense) == ("accepted", None, "")


def test_one_whom_a_third_replaces_leaves_it_what_it_was_to_replace() -> None:
    former = granted(ends_on=OWN_END)
    latter = to_come(former)
    asked = DispenseFactory(employee=former.employee, in_progress=True)
    third_begins = BEGINS + timedelta(days=9)
    third = decide(AcceptContent(effective_on=third_begins, effective_reason="x"), dispense=asked, user=StaffFactory())
    say(again(latter), cause=EndCause.SITUATION)
    assert end_of(former) == ("accepted", third_begins - timedelta(days=1), "replaced")
    assert again(former).superseded_by == third


def test_left_on_the_eve_it_never_begins_and_nothing_is_due() -> None:
    dispense = granted(effective_on=BEGINS)
    manager = dispense.employee.employer.correspondents.get().user
    declare_departure(employee=dispense.employee, by=manager, left_on=EVE)
    say(again(dispense))
    assert end_of(dispense) == ("ended", EVE, "departure")
    assert due_on(again(dispense), DAY) is None

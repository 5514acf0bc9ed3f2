"""« Ma situation change », « Je souhaite adhérer »: which days may be given, what follows, who is told."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from dispenses.enums import EndCause, EndRule
from dispenses.exceptions import Code, TransitionRefused
from dispenses.life import changing
from dispenses.life.changing import announce, what_follows
from dispenses.models import Dispense, Motif
from dispenses.request import history
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.ending import ending
from tests.factories import CorrespondentFactory, DispenseFactory, add_file, advance
from tests.refusals import refused

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
BEGAN = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def on_that_day():
    with time_machine.travel("2026-11-30 10:00 +0100", tick=False):
        yield


def granted(**fields: Any) -> Dispense:
    dispense = DispenseFactory(accepted=True)
    ends_on = fields.pop("ends_on", None)
    Dispense.objects.filter(pk=dispense.pk).update(**{"effective_on": BEGAN} | ending(ends_on) | fields)
    dispense.refresh_from_db()
    return dispense


def say(dispense: Dispense, last_day: date, cause: EndCause = EndCause.SITUATION) -> Dispense:
    return announce(
        dispense=dispense, user=dispense.employee.user, last_day=last_day, cause=cause, reason="Ma couverture s’arrête."
    )


@pytest.mark.parametrize("cause", [EndCause.SITUATION, EndCause.GIVEN_UP])
@pytest.mark.parametrize("last_day", [TODAY, TOMORROW, date(2027, 6, 30)])
def test_a_day_to_come_is_written_and_both_are_told(cause: EndCause, last_day: date) -> None:
    dispense = granted()
    correspondent = CorrespondentFactory(employer=dispense.employee.employer)
    OutgoingEmail.objects.all().delete()
    found = say(dispense, last_day, cause)
    assert (found.status, found.ends_on, found.end_cause) == (Status.ACCEPTED, last_day, cause)
    event = found.events.first()
    assert event.transition == "announce_end"
    assert "Ma couverture s’arrête." in event.comment
    assert not history.breaks(found)
    told = {mail.to: mail for mail in OutgoingEmail.objects.all()}
    assert told.keys() == {dispense.employee.user.email, correspondent.user.email}
    due = f"{(last_day + timedelta(days=1)).year}"
    for mail in told.values():
        assert f"{last_day:%d/%m/%Y}" in mail.subject
        assert due in mail.text_body
        assert "conjoint" not in mail.text_body.lower()
        assert "couverture s’arrête" not in mail.text_body


def test_a_day_past_ends_it_at_once_on_that_day() -> None:
    dispense = granted()
    CorrespondentFactory(employer=dispense.employee.employer)
    OutgoingEmail.objects.all().delete()
    found = say(dispense, YESTERDAY)
    assert (found.status, found.ends_on, found.end_cause) == (Status.ENDED, YESTERDAY, EndCause.SITUATION)
    assert [event.transition for event in found.events.all()][:2] == ["end", "announce_end"]
    to_employee = OutgoingEmail.objects.filter(to=dispense.employee.user.email)
    assert [mail.kind for mail in to_employee] == ["dispense_ended"]  # one mail, not two
    assert not history.breaks(found)
    with refused(TransitionRefused, Code.CHANGED):
        say(found, YESTERDAY)


@pytest.mark.parametrize(
    ("last_day", "ends_on", "code"),
    [
        (BEGAN, None, None),
        (BEGAN - timedelta(days=1), None, Code.END_BEFORE_START),
        (date(2029, 11, 30), None, None),
        (date(2029, 12, 1), None, Code.END_TOO_FAR),
        (date(2027, 1, 31), date(2027, 1, 31), None),
        (date(2027, 2, 1), date(2027, 1, 31), Code.END_AFTER_ITS_OWN),
    ],
)
def test_the_days_that_may_be_given(last_day: date, ends_on: date | None, code: Code | None) -> None:
    dispense = granted(ends_on=ends_on)
    if code is None:
        assert what_follows(dispense, last_day, TODAY, EndCause.SITUATION).last_day == last_day
        say(dispense, last_day)
        return
    with refused(TransitionRefused, code, field="last_day"):
        say(dispense, last_day)
    assert not dispense.events.filter(transition="announce_end").exists()


def test_the_day_is_moved_until_it_is_past_and_never_beyond_the_own_end() -> None:
    own = date(2027, 6, 30)
    dispense = granted(ends_on=own)
    say(dispense, date(2026, 12, 31))
    found = say(dispense, date(2027, 3, 31), EndCause.GIVEN_UP)
    assert (found.ends_on, found.end_cause) == (date(2027, 3, 31), EndCause.GIVEN_UP)
    with refused(TransitionRefused, Code.END_AFTER_ITS_OWN, field="last_day"):
        say(dispense, own + timedelta(days=1))
    assert say(dispense, own).ends_on == own
    say(dispense, TODAY)
    with time_machine.travel("2026-12-01 00:30 +0100", tick=False), refused(TransitionRefused, Code.OVER):
        say(dispense, own)


def test_the_same_day_is_written_and_told_once() -> None:
    dispense = granted()
    say(dispense, TOMORROW)
    mails = OutgoingEmail.objects.count()
    say(dispense, TOMORROW)
    assert dispense.events.filter(transition="announce_end").count() == 1
    assert OutgoingEmail.objects.count() == mails
    say(dispense, TODAY)
    say(dispense, TOMORROW)  # moved back: told again
    assert OutgoingEmail.objects.filter(kind="end_announced").count() == 3


def test_a_confirmation_past_the_end_is_not_asked_and_is_asked_again_when_the_day_moves() -> None:
    dispense = granted(confirm_by=date(2027, 11, 30))
    assert say(dispense, date(2027, 11, 30)).confirm_by == date(2027, 11, 30)
    assert say(dispense, date(2027, 11, 29)).confirm_by is None
    assert say(dispense, date(2028, 1, 31)).confirm_by == date(2027, 11, 30)


def test_no_affiliation_where_the_contract_ends_on_that_day() -> None:
    own = date(2027, 1, 31)
    dispense = granted(ends_on=own)
    Motif.objects.filter(pk=dispense.motif_id).update(end_rule=EndRule.CONTRACT_END)
    dispense.motif.refresh_from_db()
    due = {day: what_follows(dispense, day, TODAY, EndCause.GIVEN_UP).affiliation_due_on for day in (own, TOMORROW)}
    assert due == {own: None, TOMORROW: TODAY + timedelta(days=2)}


@pytest.mark.parametrize("cause", [EndCause.DEPARTURE, EndCause.REPLACED])
def test_no_affiliation_on_the_last_day_at_work_nor_on_the_eve_of_another_dispense(cause: EndCause) -> None:
    dispense = granted()
    Dispense.objects.filter(pk=dispense.pk).update(**ending(TOMORROW, cause))
    dispense.refresh_from_db()
    due = {day: what_follows(dispense, day, TODAY, EndCause.SITUATION).affiliation_due_on for day in (TODAY, TOMORROW)}
    assert due == {TODAY: TOMORROW, TOMORROW: None}


def test_what_was_joined_goes_with_it() -> None:
    dispense = granted()
    add_file(dispense, "", "fin-de-couverture.pdf")
    found = say(dispense, TOMORROW)
    assert found.events.first().files == ["fin-de-couverture.pdf"]
    assert not found.justificatifs.filter(sent_at=None).exists()


def test_the_one_that_another_takes_over_ends_sooner_never_later() -> None:
    former = granted()
    later = DispenseFactory(employee=former.employee, in_progress=True)
    eve = TODAY + timedelta(days=20)
    Dispense.objects.filter(pk=former.pk).update(superseded_by=later, **ending(eve, "replaced"))
    former.refresh_from_db()
    with refused(TransitionRefused, Code.END_AFTER_ITS_OWN, field="last_day"):
        say(former, eve + timedelta(days=1))
    found = say(former, TOMORROW)
    assert (found.ends_on, found.end_cause) == (TOMORROW, EndCause.SITUATION)
    assert say(found, eve - timedelta(days=1)).ends_on == eve - timedelta(days=1)


@pytest.mark.parametrize("stage", [status for status in Status if status is not Status.ACCEPTED])
def test_only_a_dispense_in_hand_is_ended(stage: Status) -> None:
    dispense = advance(DispenseFactory(), stage)
    with refused(TransitionRefused, Code.CHANGED):
        say(dispense, TODAY)


def test_every_change_has_its_words() -> None:
    assert changing.CHANGES.keys() == set(changing.Change)

"""What is told before an end or a confirmation: each step on its day, the latest after an outage, none twice."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispenses.enums import EndCause
from dispenses.life import steps as told
from dispenses.life.steps import CONFIRMATION, END, END_OF_C2S, current, tell_steps
from dispenses.models import Dispense, LifeStep, Motif
from notifications import attachments
from notifications.models import OutgoingEmail
from portal.lib.dates import add_months
from tests.dispenses.life.granted import DAY, LAW, complement, granted, mail, mails, steps
from tests.dispenses.request.test_races import together
from tests.factories import ActeFactory

pytestmark = pytest.mark.django_db


def days(count: int) -> timedelta:
    return timedelta(days=count)


@pytest.mark.parametrize(
    ("left", "step"),
    [
        (61, None),
        (60, "end_60"),
        (59, "end_60"),
        (31, "end_60"),
        (30, "end_30"),
        (29, "end_30"),
        (8, "end_30"),
        (7, "end_7"),
        (6, "end_7"),
        (0, "end_7"),
        (-1, None),
    ],
)
def test_an_end_is_told_at_each_step(left: int, step: str | None) -> None:
    dispense = granted(ends_on=DAY + days(left))
    assert tell_steps() == (step is not None)
    assert steps(dispense) == ([(step, DAY + days(left))] if step else [])
    assert mails(dispense) == (["dispense_ends_soon"] if step else [])


@pytest.mark.parametrize(
    ("today", "step"),
    [
        ("2027-02-27", None),
        ("2027-02-28", "c2s_4_months"),
        ("2027-03-01", "c2s_4_months"),
        ("2027-04-29", "c2s_4_months"),
        ("2027-04-30", "c2s_2_months"),
        ("2027-05-01", "c2s_2_months"),
        ("2027-05-30", "c2s_2_months"),
        ("2027-05-31", "end_30"),
        ("2027-06-22", "end_30"),
        ("2027-06-23", "end_7"),
    ],
)
def test_the_renewal_of_c2s_has_its_own_window(clock: Any, today: str, step: str | None) -> None:
    dispense = granted(code="c2s", ends_on=date(2027, 6, 30))
    clock.move_to(date.fromisoformat(today))
    tell_steps()
    assert [name for name, _ in steps(dispense)] == ([step] if step else [])


@pytest.mark.parametrize(
    ("left", "step"),
    [
        (61, None),
        (60, "confirm_60"),
        (31, "confirm_60"),
        (30, "confirm_30"),
        (8, "confirm_30"),
        (7, "confirm_7"),
        (0, "confirm_7"),
        (-1, None),
    ],
)
def test_a_confirmation_is_asked_at_each_step(left: int, step: str | None) -> None:
    dispense = granted(confirm_by=DAY + days(left))
    assert tell_steps() == (step is not None)
    assert steps(dispense) == ([(step, DAY + days(left))] if step else [])
    assert mails(dispense) == (["confirmation_asked"] if step else [])


@pytest.mark.parametrize("fields", [{"ends_on": DAY + days(60)}, {"confirm_by": DAY + days(60)}])
def test_day_after_day_each_step_is_told_once(clock: Any, fields: dict[str, date]) -> None:
    dispense = granted(**fields)
    heard = []
    for passed in range(61):
        clock.move_to(DAY + days(passed))
        heard += [passed] * tell_steps() + [passed] * tell_steps()
    assert heard == [0, 30, 53]
    assert len(mails(dispense)) == 3


@pytest.mark.parametrize("outage", [8, 55])
def test_an_outage_is_followed_by_the_latest_step_alone(clock: Any, outage: int) -> None:
    dispense = granted(ends_on=DAY + days(61))
    assert tell_steps() == 0
    clock.move_to(DAY + days(outage))
    assert tell_steps() == 1
    assert [name for name, _ in steps(dispense)] == [{8: "end_60", 55: "end_7"}[outage]]


def test_400_days_later_no_step_is_told(clock: Any) -> None:
    dispense = granted(ends_on=DAY + days(61), confirm_by=DAY + days(61))
    clock.move_to(DAY + days(400))
    assert tell_steps() == 0
    assert mails(dispense) == []


def test_an_end_that_moves_begins_again() -> None:
    dispense = granted(ends_on=DAY + days(30))
    assert tell_steps() == 1
    Dispense.objects.filter(pk=dispense.pk).update(ends_on=DAY + days(5))
    assert tell_steps() == 1
    assert steps(dispense) == [("end_30", DAY + days(30)), ("end_7", DAY + days(5))]
    Dispense.objects.filter(pk=dispense.pk).update(ends_on=DAY + days(30))
    assert tell_steps() == 0  # it was told of that day


@pytest.mark.parametrize("since", [-1, 0, 1])
def test_the_decision_said_the_end_itself(since: int) -> None:
    """The day of the step is DAY − 5: a dispense granted on that day or after has heard of it already."""
    dispense = granted(ends_on=DAY + days(25))
    at = dispense.decided_at + days(730 - 5 + since)
    Dispense.objects.filter(pk=dispense.pk).update(decided_at=at, submitted_at=at)
    assert tell_steps() == (since < 0)


@pytest.mark.parametrize("cause", [EndCause.DEPARTURE, EndCause.REPLACED])
def test_an_end_that_is_silent_is_not_announced(cause: EndCause) -> None:
    granted(ends_on=DAY + days(30), end_cause=cause.value)
    assert tell_steps() == 0


def test_one_mail_says_both() -> None:
    dispense = granted(ends_on=DAY + days(60), confirm_by=DAY + days(30))
    assert tell_steps() == 1
    assert {name for name, _ in steps(dispense)} == {"end_60", "confirm_30"}
    assert mails(dispense) == ["confirmation_asked"]
    said = mail("confirmation_asked")
    assert "Elle prend fin le 9\xa0mai\xa02027." in said.text_body
    assert said.attachment_maker


def test_a_confirmation_after_the_end_is_not_asked() -> None:
    granted(ends_on=DAY + days(100), confirm_by=DAY + days(101))
    assert tell_steps() == 0


def test_an_acte_that_asks_nothing_asks_nothing() -> None:
    dispense = granted(confirm_by=DAY + days(30))
    ActeFactory(employer=dispense.employee.employer, yearly_policies=["conjoint:nothing"])
    assert tell_steps() == 0
    assert steps(dispense) == []


def test_a_complement_goes_first(clock: Any) -> None:
    dispense = granted(confirm_by=DAY + days(20))
    asked = complement(dispense.employee, DAY - days(3))
    assert tell_steps() == 0
    clock.move_to(DAY + days(25))
    assert tell_steps() == 0
    asked.answered_at = asked.asked_at + days(28)
    asked.save()
    assert tell_steps() == 1
    assert steps(dispense) == [("confirm_30", DAY + days(25 + 30))]
    assert "04/05/2027" in mail("confirmation_asked").subject


# Words


def test_the_mail_of_an_end_says_what_follows_and_joins_the_day() -> None:
    dispense = granted(ends_on=DAY + days(60))
    tell_steps()
    said = mail("dispense_ends_soon")
    assert said.subject == f"Votre dispense N°{dispense.number} prend fin le 09/05/2027"
    for words in (
        "prend fin le 9 mai 2027, ce jour inclus",
        "L’affiliation au contrat de l’entreprise est due à compter du 10\xa0mai\xa02027, sauf nouvelle dispense.",
        "envoyez une nouvelle demande avant cette date",
    ):
        assert words in said.text_body
    made = attachments.make(said.attachment_maker, said.attachment_key)
    assert b"DTSTART;VALUE=DATE:20270509" in made
    assert (said.attachment_name, said.attachment_type) == (f"fin-de-dispense-{dispense.number}.ics", "text/calendar")


def test_the_renewal_is_asked_for_without_naming_the_right() -> None:
    granted(code="c2s", ends_on=add_months(DAY, 4))
    tell_steps()
    said = mail("dispense_ends_soon").text_body
    assert "Demandez dès maintenant ce renouvellement" in said
    assert "solidaire" not in said.lower()


def test_an_end_with_the_contract_says_if_it_goes_on() -> None:
    granted(code="cdd_moins_12_mois", ends_on=DAY + days(7))
    tell_steps()
    said = mail("dispense_ends_soon").text_body
    assert "Elle suit le contrat de travail\xa0: s’il se poursuit, l’affiliation" in said


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            LAW,
            ("La loi demande que vous justifiiez", "joignant un document récent", "prend fin ce jour-là"),
        ),
        ("conjoint", ("par prudence", "il suffit de le confirmer en ligne", "votre dispense continue")),
    ],
)
def test_law_and_prudence_are_told_apart(code: str, words: tuple[str, ...]) -> None:
    granted(code=code, confirm_by=DAY + days(60))
    tell_steps()
    said = mail("confirmation_asked").text_body
    assert [one for one in words if one not in said] == []
    assert ("La loi" in said) is (code == LAW)


@pytest.mark.parametrize("fields", [{"ends_on": DAY + days(30)}, {"confirm_by": DAY + days(30)}])
def test_without_an_account_the_correspondent_is_asked_to_tell(fields: dict[str, date]) -> None:
    dispense = granted(**fields)
    dispense.employee.user, dispense.employee.activated_at = None, None
    dispense.employee.save()
    assert tell_steps() == 1
    assert mails(dispense) == ["employee_to_warn"]
    said = mail("employee_to_warn")
    assert said.to == dispense.employee.employer.correspondents.get().user.email
    assert "à prévenir par vous" in said.text_body
    assert "9\xa0avril\xa02027" in said.text_body


# Random days and outages


@given(
    target=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    outages=st.lists(st.integers(1, 80), min_size=1, max_size=60),
    begins=st.integers(-10, 200),
    matter=st.sampled_from([END, END_OF_C2S, CONFIRMATION]),
)
def test_whatever_the_outages_the_latest_step_is_told_once(
    target: date, outages: list[int], begins: int, matter: tuple[told.Step, ...]
) -> None:
    today, heard = target - days(begins), []
    for outage in outages:
        step = current(matter, target, today)
        if step and step.name not in heard:
            heard.append(step.name)
        passed = [one.name for one in matter if one.day(target) <= today]
        assert heard == [one for one in [step.name for step in matter] if one in heard]
        if today <= target:
            assert not passed or heard[-1] == passed[-1]
        else:
            assert step is None
        today += days(outage)


@given(target=st.dates(date(2024, 1, 1), date(2030, 12, 31)), step=st.sampled_from([*END, *END_OF_C2S, *CONFIRMATION]))
def test_what_a_step_reaches_is_what_it_is_due_for(target: date, step: told.Step) -> None:
    today = step.day(target)
    assert step.reach(today) >= target
    assert step.reach(today - days(1)) < target


def test_no_step_is_told_twice_and_one_run_writes_one_mail(clock: Any) -> None:
    dispense = granted()

    @given(
        ends_in=st.integers(-3, 130),
        confirm_in=st.integers(-3, 130),
        code=st.sampled_from(["conjoint", "c2s", LAW]),
        gaps=st.lists(st.integers(0, 45), min_size=1, max_size=8),
    )
    @settings(max_examples=40)
    def lived(ends_in: int, confirm_in: int, code: str, gaps: list[int]) -> None:
        LifeStep.objects.all().delete()
        OutgoingEmail.objects.all().delete()
        ends_on, today = DAY + days(ends_in), DAY
        motif = Motif.objects.get(code=code)
        changes = {"ends_on": ends_on, "confirm_by": DAY + days(confirm_in), "motif": motif, "end_cause": "rule"}
        Dispense.objects.filter(pk=dispense.pk).update(**changes)
        for gap in gaps:
            today += days(gap)
            clock.move_to(today)
            before = len(mails(dispense))
            tell_steps()
            assert len(mails(dispense)) - before <= 1
            assert tell_steps() == 0
            due = current(END_OF_C2S if code == "c2s" else END, ends_on, today)
            assert due is None or (due.name, ends_on) in steps(dispense)
        assert len(steps(dispense)) == len(set(steps(dispense)))

    lived()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_beats_tell_once() -> None:
    for code in ("conjoint", "c2s", LAW):
        granted(code=code, ends_on=DAY + days(30), confirm_by=DAY + days(7))
    OutgoingEmail.objects.all().delete()
    together(*[tell_steps] * 4)
    assert LifeStep.objects.count() == 5  # nothing is to be confirmed of the second
    assert OutgoingEmail.objects.count() == 3


def test_killed_in_the_middle_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = granted(ends_on=DAY + days(30)), granted(ends_on=DAY + days(30))
    whole = told._tell

    def dying(dispense: Dispense, today: date) -> bool:
        if dispense == second:
            raise KeyboardInterrupt
        return whole(dispense, today)

    monkeypatch.setattr(told, "_tell", dying)
    with pytest.raises(KeyboardInterrupt):
        tell_steps()
    monkeypatch.undo()
    assert tell_steps() == 1
    assert (len(steps(first)), len(steps(second))) == (1, 1)


def test_what_was_told_is_not_read_again_one_by_one(django_assert_num_queries: Any) -> None:
    for _ in range(3):
        granted(ends_on=DAY + days(30))
    assert tell_steps() == 3
    with django_assert_num_queries(len([*END_OF_C2S, *END, *CONFIRMATION, "put off"])):
        assert tell_steps() == 0

"""The bounds of the answers to a motif's questions, dates on the day itself, the eve and the morrow."""

from datetime import date, datetime, timedelta

import pytest
import time_machine

from dispenses.enums import EndRule
from dispenses.law.answers import MAX_EUROS, TEXT_LENGTH, clean_precisions
from dispenses.law.questions import CONTRACT, COVERED_SINCE, END_QUESTIONS, INSURER, SHARE
from dispenses.models import Motif
from portal.lib.dates import end_of_day, start_of_day

TODAY = date(2026, 10, 25)  # of 25 hours
AT = {"first second": start_of_day(TODAY), "last second": end_of_day(TODAY) - timedelta(seconds=1)}
COVERED_UNTIL = END_QUESTIONS[EndRule.COVERED_UNTIL.value]
COVER = (COVERED_SINCE, COVERED_UNTIL)


def wrong(**answers: str) -> set[str]:
    """The questions badly answered; no motif of the law, so that nothing but the bounds speaks."""
    _, errors = clean_precisions(Motif(code="sans", extra_fields=list(answers)), answers)
    return set(errors)


def told(day: date) -> str:
    return f"{day:%d/%m/%Y}"


@pytest.mark.parametrize("at", AT.values(), ids=AT)
@pytest.mark.parametrize("pair", [CONTRACT, COVER], ids=["contract", "cover"])
def test_what_ends_today_is_not_over(pair: tuple[str, str], at: datetime) -> None:
    since, until = pair
    with time_machine.travel(at, tick=False):
        for days, refused in ((-1, {until}), (0, set()), (1, set())):
            assert wrong(**{since: "01/01/2026", until: told(TODAY + timedelta(days=days))}) == refused, days


@pytest.mark.parametrize("pair", [CONTRACT, COVER], ids=["contract", "cover"])
def test_what_begins_and_ends_on_one_day_is_taken(pair: tuple[str, str]) -> None:
    since, until = pair
    day = date(2027, 2, 28)
    with time_machine.travel(AT["first second"], tick=False):
        assert wrong(**{since: told(day), until: told(day)}) == set()
        assert wrong(**{since: told(day + timedelta(days=1)), until: told(day)}) == {until}


@pytest.mark.parametrize(
    ("question", "good", "bad"),
    [
        (INSURER, "M" * TEXT_LENGTH, "M" * (TEXT_LENGTH + 1)),
        (COVERED_SINCE, "01/01/1950", "31/12/1949"),
        (COVERED_UNTIL, "31/12/2100", "01/01/2101"),
        (SHARE[0], f"{MAX_EUROS}", f"{MAX_EUROS},01"),
        (SHARE[0], "0,01", "0,00"),
    ],
    ids=["a text's length", "the first day", "the last day", "the most euros", "the least euros"],
)
def test_the_last_good_answer_and_the_first_bad_one(question: str, good: str, bad: str) -> None:
    assert wrong(**{question: good}) == set()
    assert wrong(**{question: bad}) == {question}


@pytest.mark.parametrize(("paid", "refused"), [("40,00", set()), ("39,99", {SHARE[0]})])
def test_a_tenth_of_the_gross_pay_is_enough(paid: str, refused: set[str]) -> None:
    assert wrong(**dict(zip(SHARE, (paid, "400"), strict=True))) == refused

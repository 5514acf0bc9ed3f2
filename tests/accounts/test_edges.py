"""The bounds of what is typed, found in a file or pushed: each at its last good value and at its first bad one."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from accounts.employee import values
from accounts.employee.values import Code, ValueRefused

TODAY = date(2026, 3, 1)


def on(read: Callable[[str, date], object]) -> Callable[[str], object]:
    return lambda text: read(text, TODAY)


def told(day: date) -> str:
    return f"{day:%d/%m/%Y}"


A_YEAR_ON = TODAY + values.HIRED_AHEAD
LONG_ADDRESS = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.exemple"
BOUNDS = {
    "a name's length": (values.name, "N" * values.NAME_LENGTH, "N" * (values.NAME_LENGTH + 1), Code.TOO_LONG),
    "a matricule's length": (
        values.matricule,
        "7" * values.MATRICULE_LENGTH,
        "7" * (values.MATRICULE_LENGTH + 1),
        Code.TOO_LONG,
    ),
    "a category's length": (
        values.category,
        "C" * values.CATEGORY_LENGTH,
        "C" * (values.CATEGORY_LENGTH + 1),
        Code.TOO_LONG,
    ),
    "an address's length": (
        values.email,
        LONG_ADDRESS[-values.EMAIL_LENGTH :],
        LONG_ADDRESS[-values.EMAIL_LENGTH - 1 :],
        Code.TOO_LONG,
    ),
    "the youngest": (on(values.birth_date), "31/12/2012", "01/01/2013", Code.OUT_OF_RANGE),
    "the oldest": (on(values.birth_date), "01/01/1900", "31/12/1899", Code.OUT_OF_RANGE),
    "the first hire": (on(values.hire_date), "01/01/1940", "31/12/1939", Code.OUT_OF_RANGE),
    "a hire to come": (
        on(values.hire_date),
        told(A_YEAR_ON),
        told(A_YEAR_ON + timedelta(days=1)),
        Code.OUT_OF_RANGE,
    ),
    "the first departure": (on(values.leaving_date), "01/01/1940", "31/12/1939", Code.OUT_OF_RANGE),
    "a departure to come": (
        on(values.leaving_date),
        told(TODAY + values.LEFT_AHEAD),
        told(TODAY + values.LEFT_AHEAD + timedelta(days=1)),
        Code.OUT_OF_RANGE,
    ),
    "an affiliation to come": (
        on(values.affiliation_date),
        told(A_YEAR_ON),
        told(A_YEAR_ON + timedelta(days=1)),
        Code.OUT_OF_RANGE,
    ),
    "the last day of February": (values.end_date, "28/02/2027", "29/02/2027", Code.UNREAL),
    "the leap day": (values.end_date, "29/02/2028", "30/02/2028", Code.UNREAL),
    "a whole share of work": (values.yes_or_no, "100 %", "101 %", Code.NO_ANSWER),
    "the digits of a SIRET": (values.siret, "73282932000074", "7328293200007", Code.DIGITS),
}


@pytest.mark.parametrize(("read", "good", "bad", "code"), BOUNDS.values(), ids=BOUNDS)
def test_the_last_good_value_and_the_first_bad_one(
    read: Callable[[str], object], good: str, bad: str, code: Code
) -> None:
    read(good)
    with pytest.raises(ValueRefused) as caught:
        read(bad)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("digits", "year"), [("12", 2012), ("13", 1913), ("00", 2000), ("99", 1999)], ids=lambda value: str(value)
)
def test_two_digits_of_a_birth_are_a_year_that_has_come(digits: str, year: int) -> None:
    assert values.birth_date(f"01/01/{digits}", TODAY).year == year

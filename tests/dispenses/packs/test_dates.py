"""Until when evidence is kept, which days no yearly proof covers: pure rules."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispenses.law.rules import civil_months, retention_date, unproved
from portal.lib.dates import add_years

DAYS = st.dates(date(2016, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("received", "last", "kept"),
    [
        (date(2020, 5, 4), None, date(2026, 5, 4)),  # refused or withdrawn: six years
        (date(2020, 5, 4), date(2020, 12, 31), date(2026, 5, 4)),
        (date(2020, 5, 4), date(2023, 1, 1), date(2026, 12, 31)),  # three years past the civil year of the end
        (date(2020, 5, 4), date(2022, 12, 31), date(2026, 5, 4)),
        (date(2024, 2, 29), None, date(2030, 2, 28)),  # no 29 February that year: the last day of the month
    ],
)
def test_evidence_is_kept_six_years_and_three_past_the_end(received: date, last: date | None, kept: date) -> None:
    assert retention_date(received_on=received, last_day=last) == kept


def test_no_date_while_it_runs_or_is_held() -> None:
    received = date(2020, 5, 4)
    assert retention_date(received_on=received, in_force=True) is None
    assert retention_date(received_on=received, last_day=date(2021, 1, 1), held=True) is None
    assert retention_date(received_on=received, last_day=date(2031, 1, 1), in_force=True) == date(2034, 12, 31)


@given(DAYS, DAYS)
def test_never_less_than_either_delay(received: date, last: date) -> None:
    kept = retention_date(received_on=received, last_day=last)
    assert kept is not None
    assert kept >= add_years(received, 6)
    assert kept >= date(last.year + 3, 12, 31)


def test_a_proof_holds_to_the_eve_of_the_same_day_a_year_later() -> None:
    span = (date(2024, 3, 1), date(2026, 6, 30))
    assert unproved(span, [date(2024, 3, 1)]) == [(date(2025, 3, 1), date(2026, 6, 30))]
    assert unproved(span, [date(2024, 3, 1), date(2025, 3, 1), date(2026, 2, 28)]) == []
    assert unproved(span, [date(2025, 1, 1)]) == [
        (date(2024, 3, 1), date(2024, 12, 31)),
        (date(2026, 1, 1), date(2026, 6, 30)),
    ]
    assert unproved(span, []) == [span]


@given(DAYS, st.integers(0, 2000), st.lists(DAYS, max_size=6))
def test_gaps_are_exactly_the_days_without_a_recent_proof(first: date, length: int, proofs: list[date]) -> None:
    last = first + timedelta(days=length)
    gaps = unproved((first, last), proofs)
    for offset in range(0, length + 1, 17):
        day = first + timedelta(days=offset)
        covered = any(proof <= day < add_years(proof, 1) for proof in proofs)
        assert any(start <= day <= end for start, end in gaps) is not covered


def test_months_touched() -> None:
    assert civil_months((date(2025, 11, 30), date(2026, 1, 1))) == {(2025, 11), (2025, 12), (2026, 1)}
    assert civil_months((date(2026, 1, 2), date(2026, 1, 2))) == {(2026, 1)}

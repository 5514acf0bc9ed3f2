"""Five years of a company, day by day: hires, dispenses, confirmations, changes, departures, with outages.

The portal and the ledger (ledger.py, written from the rules) live the same days; every date, every mail and every state
is compared each day.
"""

from collections import Counter
from datetime import date, timedelta

import pytest
import time_machine

from dispenses.models import LifeStep
from dispenses.queue import rows, standing
from dispenses.request import history
from portal.lib.dates import instant
from tests.dispenses.life.company import Company, differences, run_jobs, written
from tests.dispenses.life.ledger import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.slow("minutes")]

FIRST, YEARS, SEED = date(2027, 1, 4), 5, 20270104
OUTAGES = ((date(2027, 9, 1), 9), (date(2028, 2, 25), 6), (date(2029, 3, 24), 3), (date(2030, 1, 10), 390))
"""The first day of each, and how many days the jobs did not run: a week, a leap day, a change of hour, a year."""


def is_out(day: date) -> bool:
    return any(first <= day < first + timedelta(days=length) for first, length in OUTAGES)


def test_five_years_of_a_company_are_those_that_the_rules_promise() -> None:
    with time_machine.travel(instant(FIRST, 6), tick=False) as clock:
        company = Company.founded(SEED)
        day, last = FIRST, FIRST.replace(year=FIRST.year + YEARS)
        while day <= last:
            if not is_out(day):
                clock.move_to(instant(day, 6))
                run_jobs(company, day)
            clock.move_to(instant(day, 10))
            company.live(day)
            if day.day == 1 or day == last:
                assert list(differences(company)) == [], f"on {day}"
            day += DAY
        clock.move_to(instant(last, 23))
        assert written() == company.expected
        assert list(history.verify()) == []
        assert standing.differences() == []
        assert rows.differences() == []
        causes = Counter(case.cause for case in company.cases.values() if case.over)
    assert len(company.cases) > 60
    assert {"rule", "situation", "given_up", "departure", "replaced", "unconfirmed"} <= set(causes)
    assert LifeStep.objects.count() > 100

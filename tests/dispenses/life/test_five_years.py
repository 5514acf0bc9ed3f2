"""Five years of a company, day by day: hires, contracts, actes, dispenses, changes, departures, with outages.

The portal and the ledger (ledger.py, written from the rules) live the same days; every date, every mail and every state
is compared each day.
"""

from collections import Counter
from datetime import date, timedelta

import pytest
import time_machine

from accounts.enums import ActeKind
from dispenses.models import LifeStep
from dispenses.queue import rows, standing
from dispenses.request import history
from portal.lib.dates import instant
from tests.dispenses.life.company import AT_ANY_TIME, CDD, Company, differences, run_jobs, written
from tests.dispenses.life.ledger import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.slow("minutes")]

FIRST, YEARS, SEED = date(2027, 1, 4), 5, 5
OUTAGES = ((date(2027, 9, 1), 9), (date(2028, 2, 25), 6), (date(2029, 3, 24), 3), (date(2030, 1, 10), 390))
"""The first day of each, and how many days the jobs did not run: a week, a leap day, a change of hour, a year."""
OTHER_COVER = "conjoint"


def change_the_company(company: Company, day: date) -> None:
    """What is decided on a few days: versions of the acte, told before or after their first day, and the insurer."""
    if day == FIRST:
        company.found_elders(day, 4)
    elif day == date(2027, 11, 15):  # everybody is bound from then on, and asked for a document
        company.write_acte(date(2028, 1, 1), ActeKind.ACCORD, [*CDD, AT_ANY_TIME], {OTHER_COVER: "document"})
    elif day == date(2028, 4, 20):  # closes two motifs, asks for nothing
        company.write_acte(date(2028, 5, 1), ActeKind.ACCORD, [CDD[1]], {OTHER_COVER: "nothing"})
    elif day == date(2028, 12, 10):  # opens them again, since a week; asks as the insurer does
        company.write_acte(date(2028, 12, 3), ActeKind.ACCORD, [*CDD, AT_ANY_TIME])
    elif day == date(2029, 9, 1):  # that very day
        company.write_acte(day, ActeKind.REFERENDUM, [AT_ANY_TIME], {OTHER_COVER: "document"})
    elif day == date(2031, 3, 2):
        company.insure(date(2031, 5, 31), day)
    elif day == date(2031, 8, 20):  # over since eighty days, it goes on
        company.insure(None, day)


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
            change_the_company(company, day)
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
        looked = Counter(what for case in company.cases.values() for what, _ in case.looked)
    assert len(company.cases) > 60
    assert {"rule", "situation", "given_up", "departure", "replaced", "unconfirmed", "contract"} <= set(causes)
    assert {"acte", "card"} <= set(looked)
    assert {kind for _, _, kind in company.expected} >= {"dispense_end_moved", "card_late", "contract_ends"}
    assert LifeStep.objects.count() > 100

"""A correspondent's digest counts what ends within the month and what is to be confirmed within the week."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dispenses.employer import digests
from dispenses.life.steps import tell_steps
from tests.dispenses.life.granted import DAY, granted
from tests.factories import EmployeeFactory, EmployerFactory

pytestmark = pytest.mark.django_db


def test_it_counts_the_last_month_of_a_dispense_and_the_last_week_of_a_confirmation() -> None:
    employer = EmployerFactory()
    since = timezone.now() - timedelta(days=1)
    for fields in (
        {"ends_on": DAY + timedelta(days=30)},
        {"ends_on": DAY + timedelta(days=60)},
        {"confirm_by": DAY + timedelta(days=7)},
        {"confirm_by": DAY + timedelta(days=30)},
    ):
        granted(employee=EmployeeFactory(activated=True, employer=employer), **fields)
    granted(ends_on=DAY + timedelta(days=30))  # of another company
    assert tell_steps() == 5
    news = digests.news(employer, since, timezone.now())
    assert (news.ending, news.unconfirmed) == (1, 1)
    assert news.any
